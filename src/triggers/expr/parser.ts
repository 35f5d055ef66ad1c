/** Tokens of expr-lang → syntax tree, by precedence climbing. One file, because it is one grammar read from top to bottom. */
import type { Node } from './ast.ts';
import { CompileError } from './errors.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';
import { LIMITS } from './limits.ts';
import { isBuiltin } from './signatures.ts';

const UNARY: Readonly<Record<string, number>> = { not: 50, '!': 50, '-': 90, '+': 90 };

const BINARY: Readonly<Record<string, number>> = {
  '|': 0,
  or: 10,
  '||': 10,
  and: 15,
  '&&': 15,
  '==': 20,
  '!=': 20,
  '<': 20,
  '>': 20,
  '>=': 20,
  '<=': 20,
  in: 20,
  matches: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  '..': 25,
  '+': 30,
  '-': 30,
  '*': 60,
  '/': 60,
  '%': 60,
  '**': 100,
  '^': 100,
  '??': 500,
};

const NEGATABLE: ReadonlySet<string> = new Set(['contains', 'matches', 'startsWith', 'endsWith', 'in']);
const COMPARISONS: ReadonlySet<string> = new Set(['<', '>', '>=', '<=']);

type ArgumentKind = 'expression' | 'predicate';

/** Built-ins with a closure: what each argument is, and how many are needed. */
const CLOSURES: Readonly<Record<string, { args: readonly ArgumentKind[]; least: number }>> = {
  all: { args: ['expression', 'predicate'], least: 2 },
  none: { args: ['expression', 'predicate'], least: 2 },
  any: { args: ['expression', 'predicate'], least: 2 },
  one: { args: ['expression', 'predicate'], least: 2 },
  filter: { args: ['expression', 'predicate'], least: 2 },
  map: { args: ['expression', 'predicate'], least: 2 },
  count: { args: ['expression', 'predicate'], least: 1 },
  sum: { args: ['expression', 'predicate'], least: 1 },
  find: { args: ['expression', 'predicate'], least: 2 },
  findIndex: { args: ['expression', 'predicate'], least: 2 },
  findLast: { args: ['expression', 'predicate'], least: 2 },
  findLastIndex: { args: ['expression', 'predicate'], least: 2 },
  groupBy: { args: ['expression', 'predicate'], least: 2 },
  sortBy: { args: ['expression', 'predicate', 'expression'], least: 2 },
  reduce: { args: ['expression', 'predicate', 'expression'], least: 2 },
};

const precedenceOf = (operator: string): number | undefined =>
  Object.hasOwn(BINARY, operator) ? BINARY[operator] : undefined;

class Parser {
  readonly tokens: readonly Token[];
  position = 0;
  /** Closures around the current token. */
  closures = 0;
  nesting = 0;
  nodes = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get current(): Token {
    return this.tokens[this.position] as Token;
  }

  is(kind: TokenKind, value?: string): boolean {
    return this.current.kind === kind && (value === undefined || this.current.value === value);
  }

  next(): void {
    if (this.current.kind !== 'eof') this.position += 1;
  }

  accept(kind: TokenKind, value: string): boolean {
    if (!this.is(kind, value)) return false;
    this.next();
    return true;
  }

  expect(kind: TokenKind, value?: string): Token {
    const token = this.current;
    if (!this.is(kind, value)) this.unexpected(value === undefined ? `a ${kind}` : JSON.stringify(value));
    this.next();
    return token;
  }

  unexpected(wanted?: string): never {
    const token = this.current;
    const open = token.kind === 'eof' ? this.unclosed() : undefined;
    if (open) throw new CompileError(`${JSON.stringify(open.value)} is not closed`, open.at);
    const found = token.kind === 'eof' ? 'end of the expression' : JSON.stringify(token.value);
    throw new CompileError(
      `unexpected ${found}${wanted === undefined ? '' : `, ${wanted} expected`}`,
      token.at,
    );
  }

  /** The innermost bracket that nothing closes. */
  unclosed(): Token | undefined {
    const open: Token[] = [];
    for (const token of this.tokens) {
      if (token.kind !== 'bracket') continue;
      if ('([{'.includes(token.value)) open.push(token);
      else open.pop();
    }
    return open.at(-1);
  }

  node<N extends Node>(node: N): N {
    this.nodes += 1;
    if (this.nodes > LIMITS.nodes) throw new CompileError(`more than ${LIMITS.nodes} parts`, node.at);
    return node;
  }

  nested<T>(parse: () => T): T {
    this.nesting += 1;
    if (this.nesting > LIMITS.nesting) throw new CompileError('nested too deeply', this.current.at);
    const result = parse();
    this.nesting -= 1;
    return result;
  }

  sequence(): Node {
    const nodes = [this.expression(0)];
    while (this.accept('operator', ';')) {
      if (this.is('eof')) break;
      nodes.push(this.expression(0));
    }
    const first = nodes[0] as Node;
    return nodes.length === 1 ? first : this.node({ kind: 'sequence', nodes, at: first.at });
  }

  expression(precedence: number): Node {
    return this.nested(() => {
      if (precedence === 0 && this.is('operator', 'let')) return this.declaration();
      if (precedence === 0 && this.is('operator', 'if')) return this.ifElse();
      const left = this.operators(this.primary(), precedence);
      return precedence === 0 ? this.ternary(left) : left;
    });
  }

  operators(first: Node, least: number): Node {
    let left = first;
    let previous = '';
    while (this.is('operator')) {
      let token = this.current;
      const start = this.position;
      const negated = token.value === 'not';
      if (negated) {
        this.next();
        token = this.current;
        if (!NEGATABLE.has(token.value)) this.unexpected();
      }
      const precedence = precedenceOf(token.value);
      if (precedence === undefined || precedence < least) {
        this.position = start;
        break;
      }
      this.next();
      if (token.value === '|') {
        const name = this.expect('identifier');
        left = this.call(name, [left]);
      } else if (previous === '??' && token.value !== '??') {
        const message = `${token.value} and ?? cannot be mixed without parentheses`;
        throw new CompileError(message, token.at);
      } else if (COMPARISONS.has(token.value)) {
        left = this.comparison(left, token, precedence);
      } else {
        const rightAssociative = precedence === 100;
        const right = this.expression(rightAssociative ? precedence : precedence + 1);
        left = this.node({ kind: 'binary', operator: token.value, left, right, at: token.at });
        if (negated) left = this.node({ kind: 'unary', operator: 'not', node: left, at: token.at });
      }
      previous = token.value;
    }
    return left;
  }

  /** `1 < x < 5` compares each neighbouring pair. */
  comparison(first: Node, operator: Token, precedence: number): Node {
    let left = first;
    let token = operator;
    let root: Node | undefined;
    for (;;) {
      const right = this.expression(precedence + 1);
      const pair: Node = this.node({ kind: 'binary', operator: token.value, left, right, at: token.at });
      root =
        root === undefined
          ? pair
          : this.node({ kind: 'binary', operator: '&&', left: root, right: pair, at: token.at });
      left = right;
      token = this.current;
      if (token.kind !== 'operator' || !COMPARISONS.has(token.value)) return root;
      this.next();
    }
  }

  declaration(): Node {
    this.next();
    const name = this.expect('identifier');
    this.expect('operator', '=');
    const value = this.expression(0);
    this.expect('operator', ';');
    const body = this.sequence();
    return this.node({ kind: 'let', name: name.value, value, body, at: name.at });
  }

  ifElse(): Node {
    const { at } = this.expect('operator', 'if');
    const condition = this.expression(0);
    this.expect('bracket', '{');
    const yes = this.sequence();
    this.expect('bracket', '}');
    this.expect('operator', 'else');
    if (this.is('operator', 'if'))
      return { kind: 'conditional', condition, yes, no: this.nested(() => this.ifElse()), at };
    this.expect('bracket', '{');
    const no = this.sequence();
    this.expect('bracket', '}');
    return { kind: 'conditional', condition, yes, no, at };
  }

  ternary(first: Node): Node {
    let node = first;
    while (this.is('operator', '?')) {
      const { at } = this.current;
      this.next();
      let yes = node;
      if (!this.accept('operator', ':')) {
        yes = this.expression(0);
        this.expect('operator', ':');
      }
      const no = this.expression(0);
      node = this.node({ kind: 'conditional', condition: node, yes, no, at });
    }
    return node;
  }

  primary(): Node {
    const token = this.current;
    if (token.kind === 'operator' && Object.hasOwn(UNARY, token.value)) {
      this.next();
      const operand = this.expression(UNARY[token.value] as number);
      const operator = token.value as '!' | 'not' | '-' | '+';
      return this.postfix(this.node({ kind: 'unary', operator, node: operand, at: token.at }));
    }
    if (this.accept('bracket', '(')) {
      const node = this.sequence();
      this.expect('bracket', ')');
      return this.postfix(node);
    }
    if (this.closures > 0 && (this.is('operator', '#') || this.is('operator', '.'))) {
      let name = '';
      if (this.accept('operator', '#') && this.is('identifier')) {
        name = this.current.value;
        this.next();
      }
      return this.postfix(this.node({ kind: 'pointer', name, at: token.at }));
    }
    if (this.accept('operator', '::')) return this.postfix(this.call(this.expect('identifier'), []));
    return this.secondary();
  }

  secondary(): Node {
    const token = this.current;
    const { at } = token;
    switch (token.kind) {
      case 'identifier':
        this.next();
        if (token.value === 'true' || token.value === 'false') {
          return this.node({ kind: 'bool', value: token.value === 'true', at });
        }
        if (token.value === 'nil') return this.node({ kind: 'nil', at });
        if (this.is('bracket', '(')) return this.postfix(this.call(token, []));
        return this.postfix(this.node({ kind: 'identifier', name: token.value, at }));
      case 'number':
        this.next();
        return this.node(numberNode(token));
      case 'string':
        this.next();
        return this.postfix(this.node({ kind: 'string', value: token.value, at }));
      case 'bytes': {
        this.next();
        const value = Uint8Array.from(token.value, (byte) => byte.charCodeAt(0));
        return this.postfix(this.node({ kind: 'bytes', value, at }));
      }
      default:
        if (this.is('bracket', '[')) return this.postfix(this.array());
        if (this.is('bracket', '{')) return this.postfix(this.map());
        return this.unexpected();
    }
  }

  /** `given`: the argument that a pipe passes in. */
  call(name: Token, given: Node[]): Node {
    const { at } = name;
    if (Object.hasOwn(CLOSURES, name.value)) {
      return this.node({
        kind: 'builtin',
        name: name.value,
        args: this.closureArguments(name.value, given),
        at,
      });
    }
    if (isBuiltin(name.value)) {
      return this.node({ kind: 'builtin', name: name.value, args: this.arguments(given), at });
    }
    const callee = this.node({ kind: 'identifier', name: name.value, at } as const);
    return this.node({ kind: 'call', callee, args: this.arguments(given), at });
  }

  closureArguments(name: string, given: Node[]): Node[] {
    this.expect('bracket', '(');
    const { args, least } = CLOSURES[name] as (typeof CLOSURES)[string];
    const out = [...given];
    for (let at = given.length; at < args.length; at++) {
      if (this.is('bracket', ')')) {
        if (at >= least) break;
        throw new CompileError(`${name} needs at least ${least} arguments`, this.current.at);
      }
      if (at > given.length) this.expect('operator', ',');
      out.push(args[at] === 'predicate' ? this.predicate() : this.expression(0));
    }
    this.accept('operator', ',');
    this.expect('bracket', ')');
    return out;
  }

  arguments(given: Node[]): Node[] {
    const out = [...given];
    this.expect('bracket', '(');
    while (!this.is('bracket', ')')) {
      if (out.length > given.length) {
        this.expect('operator', ',');
        if (this.is('bracket', ')')) break;
      }
      out.push(this.expression(0));
    }
    this.expect('bracket', ')');
    return out;
  }

  predicate(): Node {
    const { at } = this.current;
    const braced = this.accept('bracket', '{');
    this.closures += 1;
    const node = braced ? this.sequence() : this.expression(0);
    if (!braced && this.is('operator', ';')) {
      throw new CompileError('put a closure with ; between { and }', this.current.at);
    }
    this.closures -= 1;
    if (braced) this.expect('bracket', '}');
    return this.node({ kind: 'predicate', node, at });
  }

  array(): Node {
    const { at } = this.expect('bracket', '[');
    const nodes: Node[] = [];
    while (!this.is('bracket', ']')) {
      if (nodes.length > 0) {
        this.expect('operator', ',');
        if (this.is('bracket', ']')) break;
      }
      nodes.push(this.expression(0));
    }
    this.expect('bracket', ']');
    return this.node({ kind: 'array', nodes, at });
  }

  map(): Node {
    const { at } = this.expect('bracket', '{');
    const pairs: { key: Node; value: Node }[] = [];
    while (!this.is('bracket', '}')) {
      if (pairs.length > 0) {
        this.expect('operator', ',');
        if (this.is('bracket', '}')) break;
      }
      const key = this.mapKey();
      this.expect('operator', ':');
      pairs.push({ key, value: this.expression(0) });
      this.nodes += 1;
    }
    this.expect('bracket', '}');
    return this.node({ kind: 'map', pairs, at });
  }

  mapKey(): Node {
    const token = this.current;
    if (token.kind === 'number' || token.kind === 'string' || token.kind === 'identifier') {
      this.next();
      return this.node({ kind: 'string', value: token.value, at: token.at });
    }
    if (this.is('bracket', '(')) return this.expression(0);
    return this.unexpected('a name, string, number or (expression) as the key');
  }

  postfix(start: Node): Node {
    let node = start;
    for (;;) {
      const token = this.current;
      if (token.kind !== 'operator' && token.kind !== 'bracket') return node;
      const optional = token.value === '?.';
      if (token.value === '.' || optional) {
        this.next();
        node = optional && this.is('bracket', '[') ? this.index(node, true) : this.member(node, optional);
      } else if (token.value === '[') {
        node = this.index(node, false);
      } else {
        return node;
      }
    }
  }

  member(base: Node, optional: boolean): Node {
    const name = this.current;
    const { at } = name;
    // Words that are operators elsewhere are fine as names of fields and methods.
    if (name.kind !== 'identifier' && (name.kind !== 'operator' || !/^\p{L}/u.test(name.value))) {
      this.unexpected('a name');
    }
    this.next();
    const property = this.node({ kind: 'string', value: name.value, at } as const);
    const inChain = base.kind === 'chain';
    const inner = inChain ? base.node : base;
    const method = this.is('bracket', '(');
    let node: Node = this.node({ kind: 'member', node: inner, property, optional, method, at });
    if (method) node = this.node({ kind: 'call', callee: node, args: this.arguments([]), at });
    return inChain || optional ? this.node({ kind: 'chain', node, at }) : node;
  }

  index(base: Node, optional: boolean): Node {
    const { at } = this.expect('bracket', '[');
    const from = this.is('operator', ':') ? undefined : this.expression(0);
    let node: Node;
    if (this.accept('operator', ':')) {
      const to = this.is('bracket', ']') ? undefined : this.expression(0);
      node = this.node({ kind: 'slice', node: base, from, to, at });
    } else {
      const property = from as Node;
      node = this.node({ kind: 'member', node: base, property, optional, method: false, at });
      if (optional) node = this.node({ kind: 'chain', node, at });
    }
    this.expect('bracket', ']');
    return node;
  }
}

function numberNode(token: Token): Node {
  const text = token.value.replaceAll('_', '');
  const { at } = token;
  const radix = /^0([xXbBoO])/.exec(text)?.[1]?.toLowerCase();
  if (radix !== 'x' && /[.eE]/.test(text)) {
    const value = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) || !Number.isFinite(value)) {
      throw new CompileError(`bad number ${token.value}`, at);
    }
    return { kind: 'float', value, at };
  }
  const digits = { x: /^0x[0-9a-f]+$/i, b: /^0b[01]+$/i, o: /^0o[0-7]+$/i }[radix ?? ''] ?? /^\d+$/;
  const value = digits.test(text) ? BigInt(text.toLowerCase()) : undefined;
  if (value === undefined || value >= 2n ** 63n) throw new CompileError(`bad number ${token.value}`, at);
  return { kind: 'integer', value, at };
}

export function parse(source: string): Node {
  const parser = new Parser(tokenize(source));
  const node = parser.sequence();
  if (!parser.is('eof')) parser.unexpected();
  return node;
}
