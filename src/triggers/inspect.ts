/**
 * What compiles and cannot be meant: fields and functions that nothing has, words that a value never is, `/` and `-`
 * in a name. Long, because each kind of node has its rule.
 */
import { likeliest, suggestion } from '../go/did-you-mean.ts';
import {
  ANY,
  goShape,
  joined,
  listOf,
  type Mistake,
  memberOf,
  SCALAR,
  type Shape,
  type Shapes,
  TEXT,
  wordMistake,
} from '../go/shape.ts';
import type { BinaryNode, BuiltinNode, CallNode, MemberNode, Node } from './expr/ast.ts';
import { CompileError } from './expr/errors.ts';
import { parse } from './expr/parser.ts';
import { print } from './expr/print.ts';
import { builtinNames, isBuiltin } from './expr/signatures.ts';

const TIME = goShape('time.Time');
const DURATION = goShape('time.Duration');

const RESULTS: Readonly<Record<string, Shape>> = {
  now: TIME,
  date: TIME,
  duration: DURATION,
  timezone: goShape('*time.Location'),
  string: TEXT,
  trim: TEXT,
  upper: TEXT,
  lower: TEXT,
  replace: TEXT,
  join: TEXT,
  toJSON: TEXT,
  split: listOf(TEXT),
  len: SCALAR,
  int: SCALAR,
  float: SCALAR,
};

/** What they answer is a list as the one they are given. */
const SAME_LIST: ReadonlySet<string> = new Set(['filter', 'sort', 'sortBy', 'reverse', 'uniq', 'take']);
const ELEMENT: ReadonlySet<string> = new Set(['find', 'findLast', 'first', 'last']);

/** What other languages have as methods, by their names in lower case; `x` stands for the value. */
const INSTEAD_OF_METHODS: ReadonlyMap<string, string> = new Map([
  ['startswith', 'x startsWith …'],
  ['hasprefix', 'x startsWith …'],
  ['endswith', 'x endsWith …'],
  ['hassuffix', 'x endsWith …'],
  ['contains', 'x contains …'],
  ['includes', 'x contains …'],
  ['matches', 'x matches …'],
  ['match', 'x matches …'],
  ['len', 'len(x)'],
  ['length', 'len(x)'],
  ['size', 'len(x)'],
  ['toupper', 'upper(x)'],
  ['upper', 'upper(x)'],
  ['tolower', 'lower(x)'],
  ['lower', 'lower(x)'],
  ['trim', 'trim(x)'],
  ['split', 'split(x, …)'],
  ['replace', 'replace(x, …, …)'],
  ['replaceall', 'replace(x, …, …)'],
]);

/** Mistakes in an expression that compiles; none in one that does not. */
export function inspectExpression(source: string, variables: Shapes): Mistake[] {
  try {
    const inspector = new Inspector(source, variables);
    inspector.visit(parse(source));
    return inspector.mistakes;
  } catch (error) {
    if (error instanceof CompileError || error instanceof RangeError) return [];
    throw error;
  }
}

class Inspector {
  readonly mistakes: Mistake[] = [];
  private readonly source: string;
  private readonly variables: Shapes;
  private readonly locals: { name: string; shape: Shape }[] = [];
  /** What `#` stands for, in the closures around the node. */
  private readonly elements: Shape[] = [];

  constructor(source: string, variables: Shapes) {
    this.source = source;
    this.variables = variables;
  }

  private report(at: number, mistake: Omit<Mistake, 'at'> | undefined): void {
    if (mistake !== undefined) this.mistakes.push({ at, ...mistake });
  }

  private isKnown(name: string): boolean {
    return (
      name === '$env' ||
      // What nobody defines is nil, so that these do what they seem to.
      name === 'null' ||
      name === 'undefined' ||
      this.variables.has(name) ||
      this.locals.some((local) => local.name === name) ||
      isBuiltin(name)
    );
  }

  visit(node: Node): Shape {
    switch (node.kind) {
      case 'identifier':
        return this.identifier(node.name, node.at);
      case 'string':
      case 'bytes':
        return TEXT;
      case 'integer':
      case 'float':
      case 'bool':
        return SCALAR;
      case 'unary':
        this.visit(node.node);
        return SCALAR;
      case 'binary':
        return this.binary(node);
      case 'chain':
        return this.visit(node.node);
      case 'member':
        return this.member(node);
      case 'slice': {
        for (const bound of [node.from, node.to]) if (bound) this.visit(bound);
        return this.visit(node.node);
      }
      case 'call':
        return this.call(node);
      case 'builtin':
        return this.builtin(node);
      case 'predicate':
        return this.visit(node.node);
      case 'pointer':
        return node.name === '' ? (this.elements.at(-1) ?? ANY) : ANY;
      case 'let': {
        this.locals.push({ name: node.name, shape: this.visit(node.value) });
        const shape = this.visit(node.body);
        this.locals.pop();
        return shape;
      }
      case 'sequence':
        return node.nodes.map((each) => this.visit(each)).at(-1) ?? ANY;
      case 'conditional':
        this.visit(node.condition);
        return joined(this.visit(node.yes), this.visit(node.no));
      case 'array': {
        const shapes = node.nodes.map((each) => this.visit(each));
        return listOf(shapes.length === 0 ? ANY : shapes.reduce(joined));
      }
      case 'map':
        for (const { key, value } of node.pairs) {
          this.visit(key);
          this.visit(value);
        }
        return ANY;
      case 'nil':
      case 'constant':
        return ANY;
    }
  }

  private identifier(name: string, at: number): Shape {
    const local = this.locals.findLast((each) => each.name === name);
    if (local) return local.shape;
    const shape = this.variables.get(name);
    if (shape) return shape;
    if (!this.isKnown(name)) {
      const meant = suggestion(name, this.variables.keys());
      const fix = `Write a text in quotes; variables are ${[...this.variables.keys()].join(', ')}.${meant}`;
      this.report(at, { what: `there is no variable ${JSON.stringify(name)}`, fix });
    }
    return ANY;
  }

  private member(node: MemberNode): Shape {
    if (node.node.kind === 'identifier' && node.node.name === '$env') {
      return node.property.kind === 'string' ? this.identifier(node.property.value, node.at) : ANY;
    }
    const base = this.visit(node.node);
    if (node.property.kind !== 'string') {
      this.visit(node.property);
      return base.kind === 'list' || base.kind === 'map' ? base.element : ANY;
    }
    return this.field(base, node.property.value, node.node, node.at);
  }

  private field(base: Shape, name: string, of: Node, at: number): Shape {
    const { shape, mistake } = memberOf(base, name, print(of));
    this.report(at, mistake && { ...mistake, ...this.inBrackets(of, name) });
    return shape;
  }

  /** `labels.app.kubernetes`: a name with dots. */
  private inBrackets(of: Node, name: string): { fix: string } | undefined {
    if (of.kind !== 'member' || of.property.kind !== 'string') return undefined;
    const silent = new Inspector(this.source, this.variables);
    if (silent.visit(of.node).kind !== 'map') return undefined;
    const whole = JSON.stringify(`${of.property.value}.${name}`);
    return { fix: `A name with a dot is written in brackets: ${print(of.node)}[${whole}].` };
  }

  private call(node: CallNode): Shape {
    const { callee } = node;
    const unknown = callee.kind === 'identifier' && !this.isKnown(callee.name) ? callee.name : undefined;
    if (unknown !== undefined) this.report(callee.at, this.unknownFunction(unknown));
    const found = this.mistakes.length;
    const shape = unknown === undefined ? this.visit(callee) : ANY;
    const last = this.mistakes.at(-1);
    if (this.mistakes.length > found && callee.kind === 'member' && last?.at === callee.at && !last.fails)
      this.mistakes.splice(-1, 1, { at: callee.at, ...this.unknownMethod(callee, last.what) });
    for (const argument of node.args) this.visit(argument);
    if (shape.kind === 'function') return shape.result;
    if (shape.kind !== 'any') {
      const what = `${print(callee)} is no function`;
      this.report(callee.at, { what, fix: 'Leave out the parentheses.', fails: true });
    }
    return ANY;
  }

  /** Values of an Application have no methods. `what` says of the name that it is no field. */
  private unknownMethod(callee: MemberNode, what: string): Omit<Mistake, 'at'> {
    const name = callee.property.kind === 'string' ? callee.property.value.toLowerCase() : '';
    const instead = INSTEAD_OF_METHODS.get(name)?.replace('x', () => print(callee.node));
    return {
      what: what.replace(/has no field (?=\S*$)/, 'has no method '),
      fix: `Write ${instead ?? 'what it does with the functions of docs/languages.md'}.`,
      fails: true,
    };
  }

  private unknownFunction(name: string): Omit<Mistake, 'at'> {
    const functions = [...this.variables].flatMap(([variable, shape]): [string, string][] => {
      if (shape.kind === 'function') return [[variable, variable]];
      if (shape.kind !== 'object') return [];
      const members = [...shape.fields].filter(([, { kind }]) => kind === 'function');
      return members.map(([member]) => [member, `${variable}.${member}`]);
    });
    const qualified = functions.find(([member]) => member.toLowerCase() === name.toLowerCase())?.[1];
    const meant = qualified ?? likeliest(name, [...builtinNames(), ...functions.map(([, path]) => path)]);
    return {
      what: `there is no function ${JSON.stringify(name)}`,
      fix:
        meant === undefined
          ? 'Remove it, or write what it does with the functions of docs/languages.md.'
          : `Did you mean ${JSON.stringify(meant)}?`,
      fails: true,
    };
  }

  private builtin(node: BuiltinNode): Shape {
    const [first, ...others] = node.args;
    if (first === undefined) return RESULTS[node.name] ?? ANY;
    const given = this.visit(first);
    const element = given.kind === 'list' ? given.element : ANY;
    const [second] = others;
    if (node.name === 'get' && second?.kind === 'string')
      return this.field(given, second.value, first, second.at);
    this.elements.push(element);
    const shapes = others.map((argument) => this.visit(argument));
    this.elements.pop();
    if (SAME_LIST.has(node.name)) return given;
    if (ELEMENT.has(node.name)) return element;
    if (node.name === 'map') return listOf(shapes[0] ?? ANY);
    return Object.hasOwn(RESULTS, node.name) ? (RESULTS[node.name] as Shape) : ANY;
  }

  private binary(node: BinaryNode): Shape {
    if (this.isName(node)) return ANY;
    const left = this.visit(node.left);
    const right = this.visit(node.right);
    switch (node.operator) {
      case '==':
      case '!=':
        this.word(left, node.left, node.right);
        this.word(right, node.right, node.left);
        return SCALAR;
      case 'in':
        if (node.right.kind === 'array')
          for (const item of node.right.nodes) this.word(left, node.left, item);
        if (node.left.kind === 'string') {
          if (right.kind === 'list') this.word(right.element, node.right, node.left);
          if (right.kind === 'object') this.field(right, node.left.value, node.right, node.left.at);
        }
        return SCALAR;
      case '??':
        return joined(left, right);
      case '-':
        if (isGo(left, TIME)) return isGo(right, TIME) ? DURATION : isGo(right, DURATION) ? TIME : ANY;
        return ANY;
      case '+':
        return isGo(left, TIME) && isGo(right, DURATION) ? TIME : ANY;
      default:
        return ANY;
    }
  }

  private word(shape: Shape, of: Node, literal: Node): void {
    if (literal.kind === 'string') this.report(literal.at, wordMistake(shape, literal.value, print(of)));
  }

  /** `app.metadata.annotations.team/on-call`: a division and a subtraction, where a name is meant. */
  private isName(node: BinaryNode): boolean {
    const [first, ...others] = leaves(node);
    if (first?.kind !== 'member' || others.length === 0 || this.source[first.at - 1] !== '.') return false;
    const roots = others.map(rootOf);
    if (!roots.every(({ kind }) => kind === 'identifier' || kind === 'integer')) return false;
    const isUnknown = (root: Node) => root.kind === 'identifier' && !this.isKnown(root.name);
    // A text of a map (a label) can be neither divided nor subtracted from.
    if (!roots.some(isUnknown) && !this.isEntry(first)) return false;
    const base = this.mapBelow(first);
    const end = endOf(others.at(-1) as Node);
    const path = print(base.node);
    const name = this.source.slice(base.nameAt, end);
    this.report(base.nameAt, {
      what: `"/" divides and "-" subtracts, so ${path}.${name} is no name`,
      fix: `Write ${path}[${JSON.stringify(name)}].`,
    });
    return true;
  }

  private isEntry(member: MemberNode): boolean {
    const base = new Inspector(this.source, this.variables).visit(member.node);
    return base.kind === 'map' && base.element.kind === 'text';
  }

  /** The map that a path of names goes into (`labels`), or what stands before its last name. */
  private mapBelow(member: MemberNode): { node: Node; nameAt: number } {
    const silent = new Inspector(this.source, this.variables);
    for (let node: Node = member; node.kind === 'member'; node = node.node) {
      const isDotted = this.source[node.at - 1] === '.';
      if (isDotted && silent.visit(node.node).kind === 'map') return { node: node.node, nameAt: node.at };
    }
    return { node: member.node, nameAt: member.at };
  }
}

function isGo(shape: Shape, wanted: Shape): boolean {
  return shape.kind === 'go' && wanted.kind === 'go' && shape.type === wanted.type;
}

/** Operands of a chain of `/` and `-`, from left to right. */
function leaves(node: Node): Node[] {
  if (node.kind === 'chain') return leaves(node.node);
  if (node.kind !== 'binary' || (node.operator !== '/' && node.operator !== '-')) return [node];
  return [...leaves(node.left), ...leaves(node.right)];
}

function rootOf(node: Node): Node {
  return node.kind === 'member' ? rootOf(node.node) : node;
}

function endOf(node: Node): number {
  if (node.kind === 'identifier') return node.at + node.name.length;
  if (node.kind === 'integer') return node.at + String(node.value).length;
  return node.kind === 'member' && node.property.kind === 'string'
    ? node.at + node.property.value.length
    : node.at;
}
