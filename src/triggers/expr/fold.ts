/** Constant folding, as expr-lang's optimizer folds: `true && x` becomes x, whatever x is. */
import { goPow } from '../../go/arithmetic.ts';
import { goFloat, goInt } from '../../go/numbers.ts';
import type { ArrayNode, BinaryNode, BuiltinNode, Node, PredicateNode, UnaryNode } from './ast.ts';
import { CompileError } from './errors.ts';
import { BOOL, FLOAT, INT, LIST, STRING } from './types.ts';

const int = (value: bigint, at: number): Node => ({
  kind: 'integer',
  value: BigInt.asIntN(64, value),
  at,
  type: INT,
});
const float = (value: number, at: number): Node => ({ kind: 'float', value, at, type: FLOAT });
const bool = (value: boolean, at: number): Node => ({ kind: 'bool', value, at, type: BOOL });

/** A node in the place of another: it keeps the other's position and type. */
const inPlaceOf = (node: Node, replacement: Node): Node => ({
  ...replacement,
  at: node.at,
  ...(node.type === undefined ? {} : { type: node.type }),
});

const numberOf = (node: Node): number | undefined =>
  node.kind === 'integer' ? Number(node.value) : node.kind === 'float' ? node.value : undefined;

const boolOf = (node: Node): boolean | undefined => (node.kind === 'bool' ? node.value : undefined);

function foldUnary(node: UnaryNode): Node {
  const { node: operand, at } = node;
  if (operand.kind === 'bool' && (node.operator === '!' || node.operator === 'not'))
    return bool(!operand.value, at);
  if (operand.kind === 'integer' && node.operator === '-') return int(-operand.value, at);
  if (operand.kind === 'integer' && node.operator === '+') return int(operand.value, at);
  if (operand.kind === 'float' && node.operator === '-') return float(-operand.value, at);
  if (operand.kind === 'float' && node.operator === '+') return float(operand.value, at);
  return node;
}

function foldIntegers(operator: string, left: bigint, right: bigint, at: number): Node | undefined {
  switch (operator) {
    case '+':
      return int(left + right, at);
    case '-':
      return int(left - right, at);
    case '*':
      return int(left * right, at);
    case '%':
      if (right === 0n) throw new CompileError('integer divide by zero', at);
      return int(left % right, at);
    case '==':
      return bool(left === right, at);
    default:
      return undefined;
  }
}

function foldFloats(operator: string, left: number, right: number, at: number): Node | undefined {
  switch (operator) {
    case '+':
      return float(left + right, at);
    case '-':
      return float(left - right, at);
    case '*':
      return float(left * right, at);
    case '/':
      return float(left / right, at);
    case '**':
    case '^':
      return float(goPow(left, right), at);
    default:
      return undefined;
  }
}

function foldLogic(node: BinaryNode): Node {
  const [left, right] = [boolOf(node.left), boolOf(node.right)];
  const neutral = node.operator === 'and' || node.operator === '&&';
  // The operand keeps its own place, which says more in an error.
  if (left === neutral) return inPlaceOf({ ...node, at: node.right.at }, node.right);
  if (right === neutral) return inPlaceOf({ ...node, at: node.left.at }, node.left);
  return left === undefined && right === undefined ? node : bool(!neutral, node.at);
}

function foldBinary(node: BinaryNode): Node {
  const { left, right, operator, at } = node;
  if (['and', '&&', 'or', '||'].includes(operator)) return foldLogic(node);
  if (left.kind === 'string' && right.kind === 'string') {
    if (operator === '+') return { kind: 'string', value: left.value + right.value, at, type: STRING };
    if (operator === '==') return bool(left.value === right.value, at);
  }
  if (left.kind === 'bool' && right.kind === 'bool' && operator === '==')
    return bool(left.value === right.value, at);
  if (left.kind === 'integer' && right.kind === 'integer') {
    const folded = foldIntegers(operator, left.value, right.value, at);
    if (folded !== undefined) return folded;
  }
  const [a, b] = [numberOf(left), numberOf(right)];
  return a === undefined || b === undefined ? node : (foldFloats(operator, a, b, at) ?? node);
}

function foldArray(node: ArrayNode): Node {
  if (node.nodes.length === 0) return node;
  const items: unknown[] = [];
  for (const item of node.nodes) {
    if (item.kind === 'integer') items.push(goInt(item.value));
    else if (item.kind === 'float') items.push(goFloat(item.value));
    else if (item.kind === 'string' || item.kind === 'bool') items.push(item.value);
    else return node;
  }
  return { kind: 'constant', value: items, at: node.at, type: LIST };
}

/** `filter(filter(x, a), b)` becomes `filter(x, a && b)`. */
function foldFilters(node: BuiltinNode): Node {
  const [inner, outer] = node.args;
  if (node.name !== 'filter' || inner?.kind !== 'builtin' || inner.name !== 'filter') return node;
  const [list, first] = inner.args as [Node, PredicateNode];
  const both: Node = {
    kind: 'binary',
    operator: '&&',
    left: first.node,
    right: (outer as PredicateNode).node,
    at: node.at,
  };
  const args: Node[] = [list, { kind: 'predicate', node: both, at: node.at }];
  return inPlaceOf(node, { kind: 'builtin', name: 'filter', args, at: node.at });
}

export function fold(node: Node): Node {
  switch (node.kind) {
    case 'unary':
      return foldUnary(node);
    case 'binary':
      return foldBinary(node);
    case 'array':
      return foldArray(node);
    case 'builtin':
      return foldFilters(node);
    default:
      return node;
  }
}

export { inPlaceOf };
