/** A syntax tree as text of expr-lang again: for messages, and to run a part of an expression by itself. */
import { quote } from '../../go/strconv.ts';
import type { MemberNode, Node } from './ast.ts';

const NAME = /^[\p{L}_$][\p{L}\p{Nd}_$]*$/u;

/** Text that may stand as an operand of anything. */
function operand(node: Node): string {
  const compound = ['unary', 'binary', 'conditional', 'let', 'sequence'].includes(node.kind);
  return compound ? `(${print(node)})` : print(node);
}

/** The base of a member: a number or literal needs parentheses before a dot. */
const base = (node: Node): string =>
  ['integer', 'float', 'bool', 'nil'].includes(node.kind) ? `(${print(node)})` : operand(node);

function member(node: MemberNode): string {
  const { property } = node;
  if (property.kind === 'string' && NAME.test(property.value)) {
    const dot = node.optional ? '?.' : '.';
    return node.node.kind === 'pointer' && node.node.name === '' && !node.optional
      ? `.${property.value}`
      : `${base(node.node)}${dot}${property.value}`;
  }
  return `${base(node.node)}${node.optional ? '?.' : ''}[${print(property)}]`;
}

const list = (nodes: readonly Node[]): string => nodes.map(print).join(', ');

/** `not (a in b)` reads `a not in b`. */
const NEGATABLE: ReadonlySet<string> = new Set(['in', 'contains', 'matches', 'startsWith', 'endsWith']);

export function print(node: Node): string {
  switch (node.kind) {
    case 'nil':
      return 'nil';
    case 'identifier':
      return node.name;
    case 'integer':
      return String(node.value);
    case 'float':
      return Number.isInteger(node.value) ? node.value.toExponential() : String(node.value);
    case 'bool':
      return String(node.value);
    case 'string':
      return quote(node.value);
    case 'bytes':
      return `b"${Array.from(node.value, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
    case 'constant':
      return '…';
    case 'unary':
      if (node.operator === 'not' && node.node.kind === 'binary' && NEGATABLE.has(node.node.operator)) {
        const { left, operator, right } = node.node;
        return `${operand(left)} not ${operator} ${operand(right)}`;
      }
      return `${node.operator}${node.operator === 'not' ? ' ' : ''}${operand(node.node)}`;
    case 'binary':
      return `${operand(node.left)} ${node.operator} ${operand(node.right)}`;
    case 'chain':
      return print(node.node);
    case 'member':
      return member(node);
    case 'slice':
      return `${base(node.node)}[${node.from === undefined ? '' : print(node.from)}:${node.to === undefined ? '' : print(node.to)}]`;
    case 'call':
      return `${print(node.callee)}(${list(node.args)})`;
    case 'builtin':
      return `${node.name}(${list(node.args)})`;
    case 'predicate':
      return ['sequence', 'let'].includes(node.node.kind) ? `{${print(node.node)}}` : print(node.node);
    case 'pointer':
      return `#${node.name}`;
    case 'conditional':
      return `${operand(node.condition)} ? ${operand(node.yes)} : ${operand(node.no)}`;
    case 'let':
      return `let ${node.name} = ${operand(node.value)}; ${print(node.body)}`;
    case 'sequence':
      return node.nodes.map(print).join('; ');
    case 'array':
      return `[${list(node.nodes)}]`;
    case 'map': {
      const pairs = node.pairs.map(({ key, value }) => {
        return `${key.kind === 'string' ? quote(key.value) : `(${print(key)})`}: ${print(value)}`;
      });
      return `{${pairs.join(', ')}}`;
    }
  }
}
