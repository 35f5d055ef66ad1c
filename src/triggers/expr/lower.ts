/**
 * A checked tree → an expression of expr-eval. Longer than most files: one case for each kind of node, and each needs
 * the others.
 *
 * - A member path becomes one variable, a getter on the frame that resolves it when it is read.
 * - `==`, `!=`, `and`, `or` and `?:` are written as such; operands of the lazy three are made sure to be boolean.
 * - Every other operator and built-in becomes a prefix operator or function registered for this one place, so
 *   that an error knows its column.
 * - A closure becomes an expression of its own, run on a frame of its own; `let` and parts that are read twice
 *   become slots of the frame.
 *
 * Long, because it has a case for each kind of node; what the operations do is in the files that it imports.
 */
import { add, divide, modulo, multiply, negate, power, subtract, toIndex } from '../../go/arithmetic.ts';
import { callFunction } from '../../go/call.ts';
import { itemsOf, newMap } from '../../go/collections.ts';
import { equal } from '../../go/compare.ts';
import { isNil } from '../../go/nil.ts';
import { goFloat, goInt } from '../../go/numbers.ts';
import { type GoFunction, GoSlice, goTypeOf } from '../../go/typed.ts';
import { GoBytes, GoInt } from '../../go/value.ts';
import type { BinaryNode, BuiltinNode, CallNode, ChainNode, ConstantNode, MemberNode, Node } from './ast.ts';
import { TEXT_BUILTINS } from './builtins-text.ts';
import { before, VALUE_BUILTINS } from './builtins-values.ts';
import { asBool, CLOSURE_BUILTINS, elementOf } from './closures.ts';
import { createEngine, type Engine, hide, literal } from './engine.ts';
import { CompileError, LimitError, RunError } from './errors.ts';
import { contains, fetch, iterate, lengthOf, slice } from './fetch.ts';
import { LIMITS } from './limits.ts';
import { follow, type Path, pathOf, pathText } from './path.ts';
import { compilePattern, createPatternCache, type Pattern } from './patterns.ts';
import { Frame, type FrameClass, Run } from './run.ts';
import { sizeOf } from './walk.ts';

export interface LowerOptions {
  /** Members of nil are nil. */
  safe: boolean;
}

export interface Lowered {
  run: Run;
  /** The text that expr-eval parsed, for tests and debugging. */
  text: string;
  evaluate(env: Readonly<Record<string, unknown>>): unknown;
}

/** A `let` variable: a slot of the frame at that depth. */
interface Variable {
  name: string;
  depth: number;
  slot: number;
}

/** Where a node stands: the frame it reads, and the variables it sees. */
interface Scope {
  frame: FrameClass;
  depth: number;
  variables: readonly Variable[];
  closure: boolean;
}

const ALWAYS_BOOL_OPERATORS: ReadonlySet<string> = new Set([
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  'in',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
]);
const ALWAYS_BOOL_BUILTINS: ReadonlySet<string> = new Set([
  'all',
  'none',
  'any',
  'one',
  'hasPrefix',
  'hasSuffix',
]);

/** Whether a node can only answer a boolean, whatever the variables hold. */
function alwaysBool(node: Node): boolean {
  if (node.kind === 'bool') return true;
  if (node.kind === 'unary') return node.operator === '!' || node.operator === 'not';
  if (node.kind === 'builtin') return ALWAYS_BOOL_BUILTINS.has(node.name);
  if (node.kind !== 'binary') return false;
  return ALWAYS_BOOL_OPERATORS.has(node.operator) || (isLogic(node.operator) && alwaysBool(node.right));
}

const isLogic = (operator: string): boolean => ['and', '&&', 'or', '||'].includes(operator);
const isAnd = (operator: string): boolean => operator === 'and' || operator === '&&';

/** Nodes that may be nil although the checker knows a type: there expr-lang's typed `==` fails. */
function certain(node: Node): boolean {
  if (node.kind === 'binary') return node.operator !== '??';
  if (node.kind === 'builtin')
    return Object.hasOwn(TEXT_BUILTINS, node.name) || ['len', 'count', 'type', 'int'].includes(node.name);
  return ['integer', 'string', 'slice', 'unary'].includes(node.kind);
}

/** The Go type that expr-lang's typed `==` insists on; undefined for the general one. */
function typedEquality(node: BinaryNode): string | undefined {
  const type = node.left.type?.go;
  if (type !== node.right.type?.go || (type !== 'int' && type !== 'string')) return undefined;
  return certain(node.left) && certain(node.right) ? undefined : type;
}

/** The other side of a comparison with the literal nil. */
function comparedWithNil(node: BinaryNode): Node | undefined {
  if (node.right.kind === 'nil') return node.left;
  return node.left.kind === 'nil' ? node.right : undefined;
}

const comparison =
  (test: (left: unknown, right: unknown) => boolean) =>
  (left: unknown, right: unknown): boolean =>
    test(left, right);

/** NaN compares false with everything, so `<=` is no negated `>`. */
const notAfter = (left: unknown, right: unknown): boolean =>
  before(left, right) || (!before(right, left) && equalOrder(left, right));
const equalOrder = (left: unknown, right: unknown): boolean => equal(left, right);

const COMPARISONS: Readonly<Record<string, (left: unknown, right: unknown) => boolean>> = {
  '<': comparison(before),
  '>': comparison((left, right) => before(right, left)),
  '<=': comparison(notAfter),
  '>=': comparison((left, right) => notAfter(right, left)),
};

const ARITHMETIC: Readonly<Record<string, (left: unknown, right: unknown) => unknown>> = {
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '**': power,
  '^': power,
};

const TEXT_TESTS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};

/** A string operand of `contains` and the like. */
function asText(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`a string is needed here, not ${goTypeOf(value)}`);
  return value;
}

/** How much slower a regular expression reads than the other text functions; one of more parts is slower by each. */
const MATCHING = 16;
/** Steps of a call of a method or of a namespace's function, and how many characters of its arguments cost one more. */
const CALL = 10;
const CALL_CHARACTERS = 4;
/** Steps of built-ins that take long however short their arguments are. */
const SLOW: Readonly<Record<string, number>> = {
  date: 100,
  timezone: 4_000,
  duration: 10,
  string: 5,
  toJSON: 20,
  fromJSON: 20,
};
/** How much slower than others some read their texts. */
const READING: Readonly<Record<string, number>> = { toBase64: 8, fromBase64: 8, trim: 4, replace: 4 };
/** How many characters can be read while one element of a list is copied. */
const ELEMENT = 8;

class Lowering {
  readonly run = new Run();
  readonly engine: Engine = createEngine((left, right) => {
    if (typeof left === 'string') this.run.read(left.length);
    return equal(left, right, this.run);
  });
  readonly patterns = createPatternCache(this.run);
  readonly options: LowerOptions;
  names = 0;
  slots = 0;
  depth = 0;

  constructor(options: LowerOptions) {
    this.options = options;
  }

  newScope(parent: Scope | undefined): Scope {
    class OwnFrame extends Frame {}
    Object.defineProperty(OwnFrame.prototype, 'nil', { value: null });
    Object.defineProperty(OwnFrame.prototype, 'self', {
      get(this: Frame) {
        return this;
      },
    });
    return {
      frame: OwnFrame,
      depth: parent === undefined ? 0 : parent.depth + 1,
      variables: parent?.variables ?? [],
      closure: parent !== undefined,
    };
  }

  /** Defines a name whose value is worked out when it is read. */
  variable(scope: Scope, read: (frame: Frame) => unknown): string {
    const name = `v${this.names}`;
    this.names += 1;
    Object.defineProperty(scope.frame.prototype, name, {
      get(this: Frame) {
        return hide(read(this));
      },
    });
    return name;
  }

  constant(scope: Scope, value: unknown): string {
    const name = `c${this.names}`;
    this.names += 1;
    Object.defineProperty(scope.frame.prototype, name, { value });
    return name;
  }

  /** Wraps what may throw, so that the error knows its place. */
  located<T extends readonly unknown[]>(at: number, call: (...args: T) => unknown): (...args: T) => unknown {
    return (...args) => {
      try {
        return call(...args);
      } catch (error) {
        if (error instanceof RunError || error instanceof LimitError || error instanceof RangeError)
          throw error;
        throw new RunError(error instanceof Error ? error.message : String(error), at);
      }
    };
  }

  /** An operation at a place of the source. */
  apply(at: number, call: (...operands: unknown[]) => unknown, ...operands: string[]): string {
    return this.engine.apply(this.located(at, call), operands);
  }

  isNil(operand: string): string {
    return this.engine.apply(isNil, [operand]);
  }

  /** All are evaluated, the last one counts. */
  last(texts: readonly string[]): string {
    return this.engine.apply((...values) => values.at(-1), texts);
  }

  /** Evaluates a text once when `evaluate` is read; `read` answers the value again. */
  slot(scope: Scope, text: string): { evaluate: string; read: string; slot: number } {
    const slot = this.slots;
    this.slots += 1;
    const evaluateText = this.engine.compile(text);
    const evaluate = this.variable(scope, (frame) => {
      const value = evaluateText(frame);
      frame.slots[slot] = value;
      return value;
    });
    return { evaluate, read: this.variable(scope, (frame) => frame.slots[slot]), slot };
  }

  /** The text of a node; safe to stand anywhere. */
  lower(node: Node, scope: Scope): string {
    this.depth += 1;
    if (this.depth > LIMITS.depth) throw new CompileError('nested too deeply', node.at);
    const text = this.text(node, scope);
    this.depth -= 1;
    return text;
  }

  text(node: Node, scope: Scope): string {
    switch (node.kind) {
      case 'nil':
        return 'nil';
      case 'bool':
        return String(node.value);
      case 'string':
        return literal(node.value);
      case 'integer':
        return this.constant(scope, goInt(node.value));
      case 'float':
        return this.constant(scope, goFloat(node.value));
      case 'bytes':
        return this.constant(scope, new GoBytes(node.value));
      case 'constant':
        return this.constant(scope, node.value);
      case 'identifier':
      case 'pointer':
        return this.path({ base: node, steps: [] }, scope);
      case 'member':
        return this.member(node, scope);
      case 'chain':
        return this.chain(node, scope);
      case 'unary':
        if (node.operator === '+') return this.lower(node.node, scope);
        if (node.operator === '-') return this.apply(node.at, negate, this.lower(node.node, scope));
        return this.apply(node.at, (value) => !asBool(value), this.lower(node.node, scope));
      case 'binary':
        return this.binary(node, scope);
      case 'slice': {
        const list = this.lower(node.node, scope);
        const { run } = this;
        const cut = (value: unknown, start: unknown, end: unknown): unknown => {
          const part = slice(value, start, end);
          const length = typeof part === 'string' ? part.length : (itemsOf(part)?.length ?? 0);
          run.read(typeof part === 'string' ? length : length * ELEMENT);
          return part;
        };
        const from = node.from === undefined ? this.constant(scope, goInt(0)) : this.lower(node.from, scope);
        if (node.to === undefined) {
          return this.apply(node.at, (value, start) => cut(value, start, goInt(lengthOf(value))), list, from);
        }
        const to = this.lower(node.to, scope);
        return this.apply(node.at, (value, end, start) => cut(value, start, end), list, to, from);
      }
      case 'call':
        return this.call(
          node,
          this.lower(node.callee, scope),
          node.args.map((arg) => this.lower(arg, scope)),
        );
      case 'builtin':
        return this.builtin(node, scope);
      case 'predicate':
        return this.lower(node.node, scope);
      case 'conditional': {
        const [yes, no] = [this.lower(node.yes, scope), this.lower(node.no, scope)];
        return `(${this.bool(node.condition, scope)} ? ${yes} : ${no})`;
      }
      case 'let': {
        const { evaluate, slot } = this.slot(scope, this.lower(node.value, scope));
        const variable: Variable = { name: node.name, depth: scope.depth, slot };
        const body = this.lower(node.body, { ...scope, variables: [...scope.variables, variable] });
        return this.last([evaluate, body]);
      }
      case 'sequence':
        return this.last(node.nodes.map((each) => this.lower(each, scope)));
      case 'array':
        return this.apply(
          node.at,
          (...items) => {
            this.run.grow(items.length);
            return items;
          },
          ...node.nodes.map((each) => this.lower(each, scope)),
        );
      case 'map':
        return this.apply(
          node.at,
          (...parts) => this.newMap(parts),
          ...node.pairs.flatMap(({ key, value }) => [this.lower(key, scope), this.lower(value, scope)]),
        );
    }
  }

  /** Keys and values in turn; of equal keys the first wins. */
  newMap(parts: readonly unknown[]): Record<string, unknown> {
    this.run.grow(parts.length / 2);
    const map = newMap();
    for (let at = parts.length - 2; at >= 0; at -= 2) map[asText(parts[at])] = parts[at + 1];
    return map;
  }

  /** A condition whose value must be boolean. */
  bool(node: Node, scope: Scope): string {
    const text = this.lower(node, scope);
    return alwaysBool(node) ? text : this.apply(node.at, asBool, text);
  }

  binary(node: BinaryNode, scope: Scope): string {
    const { operator, at } = node;
    if (isLogic(operator)) return this.logic(node, scope);
    if (operator === '??') {
      const { evaluate, read } = this.slot(scope, this.lower(node.left, scope));
      return `(${this.isNil(evaluate)} ? ${this.lower(node.right, scope)} : ${read})`;
    }
    const nil = operator === '==' || operator === '!=' ? comparedWithNil(node) : undefined;
    if (nil !== undefined) {
      const text = this.lower(nil, scope);
      return operator === '==' ? this.isNil(text) : this.engine.apply((value) => !isNil(value), [text]);
    }
    const left = this.lower(node.left, scope);
    if (operator === 'in' && node.right.kind === 'constant' && node.right.set !== undefined) {
      return this.apply(at, membership(node.right.set), left);
    }
    if (operator === 'matches' && node.right.kind === 'string') {
      const pattern = compilePattern(node.right.value);
      if (typeof pattern === 'string') throw new CompileError(pattern, at);
      return this.apply(at, (value) => !isNil(value) && this.matches(value, pattern), left);
    }
    const type = operator === '==' || operator === '!=' ? typedEquality(node) : '';
    if (type === undefined) return `(${left} ${operator} ${this.lower(node.right, scope)})`;
    const call = this.binaryFunction(operator, type);
    if (node.right.kind === 'integer' || node.right.kind === 'float') {
      const constant = node.right.kind === 'integer' ? goInt(node.right.value) : goFloat(node.right.value);
      return this.apply(at, (value) => call(value, constant), left);
    }
    return this.apply(at, call, left, this.lower(node.right, scope));
  }

  /** `type`: what both sides of a typed `==` must be. */
  binaryFunction(operator: string, type: string): (left: unknown, right: unknown) => unknown {
    const { run } = this;
    const comparing = COMPARISONS[operator] ?? ARITHMETIC[operator];
    if (comparing !== undefined) {
      return (left, right) => {
        if (typeof left === 'string' && typeof right === 'string')
          run.read(Math.min(left.length, right.length));
        return comparing(left, right);
      };
    }
    const test = TEXT_TESTS[operator];
    if (test !== undefined) {
      return (left, right) => {
        if (isNil(left) || isNil(right)) return false;
        run.read(asText(left).length);
        return test(asText(left), asText(right));
      };
    }
    switch (operator) {
      case '==':
      case '!=':
        return (left, right) => {
          const wrong = [left, right].find((side) => goTypeOf(side) !== type);
          if (wrong !== undefined)
            throw new Error(`${wrong === null ? 'nil' : goTypeOf(wrong)} cannot be compared as ${type}`);
          return equal(left, right) === (operator === '==');
        };
      case '+':
        return (left, right) => {
          const sum = add(left, right);
          return typeof sum === 'string' ? run.text(sum) : sum;
        };
      case 'in':
        return (left, right) => contains(left, right, run);
      case 'matches':
        return (left, right) => {
          if (isNil(left) || isNil(right)) return false;
          const pattern = this.patterns(asText(right));
          if (typeof pattern === 'string') throw new Error(pattern);
          return this.matches(left, pattern);
        };
      case '..':
        return (left, right) => {
          const [from, to] = [toIndex(left), toIndex(right)];
          const size = Math.max(to - from + 1, 0);
          run.grow(size);
          return new GoSlice(
            'int',
            Array.from({ length: size }, (_, at) => goInt(from + at)),
          );
        };
      default:
        throw new Error(`unknown operator ${operator}`);
    }
  }

  matches(value: unknown, pattern: Pattern): boolean {
    const text = value instanceof GoBytes ? new TextDecoder().decode(value.value) : asText(value);
    this.run.read(text.length * Math.max(MATCHING, pattern.size));
    return pattern.test(text);
  }

  /** A whole chain of `and` (or of `or`): expr-eval's own where all are booleans, else a conditional. */
  logic(node: BinaryNode, scope: Scope): string {
    const and = isAnd(node.operator);
    const operands: Node[] = [node.right];
    let left = node.left;
    while (left.kind === 'binary' && isLogic(left.operator) && isAnd(left.operator) === and) {
      operands.unshift(left.right);
      left = left.left;
    }
    operands.unshift(left);
    const last = operands.pop() as Node;
    const tests = operands.map((operand) => this.bool(operand, scope)).join(and ? ' and ' : ' or ');
    const rest = this.lower(last, scope);
    if (alwaysBool(last)) return `(${tests} ${and ? 'and' : 'or'} ${rest})`;
    return and ? `((${tests}) ? ${rest} : false)` : `((${tests}) ? true : ${rest})`;
  }

  /** A path from a variable, `#`, or `let`: one variable for expr-eval. */
  path(path: Path, scope: Scope): string {
    const { safe } = this.options;
    const start = this.start(path.base, scope);
    if (path.steps.length === 0) return this.variable(scope, start);
    return this.variable(scope, (frame) => follow(start(frame), path, safe, this.run));
  }

  /** How the start of a path is read from the frame. */
  start(base: Node, scope: Scope): (frame: Frame) => unknown {
    if (base.kind === 'pointer') {
      if (!scope.closure) throw new CompileError('# stands for an element inside a closure only', base.at);
      if (base.name === '') return this.located(base.at, elementOf);
      if (base.name === 'index') return (frame) => goInt(frame.index);
      if (base.name === 'acc') return (frame) => frame.acc;
      throw new CompileError(`unknown pointer #${base.name}`, base.at);
    }
    const { name } = base as Extract<Node, { kind: 'identifier' }>;
    const variable = scope.variables.findLast((each) => each.name === name);
    if (variable !== undefined) {
      const up = scope.depth - variable.depth;
      return (frame) => {
        let owner = frame;
        for (let level = 0; level < up; level++) owner = owner.parent as Frame;
        return owner.slots[variable.slot];
      };
    }
    if (name === '$env') return (frame) => frame.env;
    return ({ env }) => (Object.hasOwn(env, name) ? (env[name] ?? null) : null);
  }

  member(node: MemberNode, scope: Scope): string {
    const path = pathOf(node);
    if (path.base.kind === 'identifier' || path.base.kind === 'pointer') return this.path(path, scope);
    const { safe } = this.options;
    if (path.steps.length > 0) {
      return this.apply(
        node.at,
        (value) => follow(value, path, safe, this.run),
        this.lower(path.base, scope),
      );
    }
    return this.index(node, this.lower(node.node, scope), scope);
  }

  /** A member of an already lowered value. */
  index(node: MemberNode, base: string, scope: Scope): string {
    const { safe } = this.options;
    const name = pathText(node.node, []);
    return this.apply(
      node.at,
      (value, key) => (safe && isNil(value) ? null : fetch(value, key, name, this.run)),
      base,
      this.lower(node.property, scope),
    );
  }

  /**
   * A chain with calls or computed keys: each `?.` is a test on a slot, the rest skipped where one is nil.
   * Arguments of calls are evaluated before, as in expr-lang, even if the call is skipped.
   */
  chain(node: ChainNode, scope: Scope): string {
    const path = pathOf(node);
    if (path.base.kind === 'identifier' || path.base.kind === 'pointer') return this.path(path, scope);
    const tests: string[] = [];
    const args: string[] = [];
    const walk = (each: Node): string => {
      if (each.kind === 'call') {
        const slots = each.args.map((arg) => this.slot(scope, this.lower(arg, scope)));
        args.push(...slots.map(({ evaluate }) => evaluate));
        return this.call(
          each,
          walk(each.callee),
          slots.map(({ read }) => read),
        );
      }
      if (each.kind !== 'member') return this.lower(each, scope);
      let base = walk(each.node);
      if (each.optional) {
        const { evaluate, read } = this.slot(scope, base);
        tests.push(evaluate);
        base = read;
      }
      return this.index(each, base, scope);
    };
    const whole = walk(node.node);
    const text = this.apply(node.at, (value) => (isNil(value) ? null : value), whole);
    const tested = tests.reduceRight((rest, test) => `(${this.isNil(test)} ? nil : ${rest})`, text);
    return args.length === 0 ? tested : this.last([...args, tested]);
  }

  /** A call of an already lowered function with already lowered arguments, which are evaluated first. */
  call(node: CallNode, callee: string, args: readonly string[]): string {
    const name = pathText(...calleeName(node.callee));
    return this.apply(
      node.at,
      (...values) => {
        const target = values.pop();
        this.run.spend(CALL);
        for (const value of values) {
          if (typeof value === 'string') this.run.spend(value.length / CALL_CHARACTERS);
          else this.run.walk(value);
        }
        // A function without a Go type is none of ours.
        if (typeof target === 'function' && Object.hasOwn(target, 'goType')) {
          return callFunction(target as GoFunction, values);
        }
        throw new Error(
          target === null ? `there is no function ${name}` : `${name} is ${goTypeOf(target)}, no function`,
        );
      },
      ...args,
      callee,
    );
  }

  builtin(node: BuiltinNode, scope: Scope): string {
    if (Object.hasOwn(CLOSURE_BUILTINS, node.name)) return this.closure(node, scope);
    const call = TEXT_BUILTINS[node.name] ?? VALUE_BUILTINS[node.name];
    if (call === undefined) throw new CompileError(`unknown built-in ${node.name}`, node.at);
    const { run } = this;
    const reading = Object.hasOwn(READING, node.name) ? (READING[node.name] as number) : 1;
    const slow = Object.hasOwn(SLOW, node.name) ? SLOW[node.name] : undefined;
    const invoke = (...args: unknown[]): unknown => {
      if (slow !== undefined) run.spend(slow);
      for (const arg of args) if (typeof arg === 'string') run.read(arg.length * reading);
      const value = call(run, args);
      return typeof value === 'string' ? run.text(value) : value;
    };
    return this.apply(node.at, invoke, ...node.args.map((arg) => this.lower(arg, scope)));
  }

  closure(node: BuiltinNode, scope: Scope): string {
    const [list, predicate, third] = node.args as [Node, Node | undefined, Node | undefined];
    const inner = this.newScope(scope);
    const compile = (part: Node | undefined): ((frame: Frame) => unknown) | undefined =>
      part === undefined ? undefined : this.engine.compile(this.lower(part, inner));
    const body = compile(predicate);
    const map = compile(node.map);
    const extra = compile(third);
    const loop = CLOSURE_BUILTINS[node.name] as (typeof CLOSURE_BUILTINS)[string];
    const { run } = this;
    const weight = [predicate, node.map].reduce(
      (sum, part) => sum + (part === undefined ? 0 : sizeOf(part)),
      0,
    );
    return this.apply(
      node.at,
      (items, outer) => {
        const parent = outer as Frame;
        const frame = new inner.frame(parent.env, parent);
        const { throws = false, threshold } = node;
        const round = { frame, body, map, extra, weight: Math.max(weight, 1), throws, threshold };
        return loop({ run, items: iterate(items, run), ...round });
      },
      this.lower(list, scope),
      'self',
    );
  }
}

/** What a message calls a function. */
function calleeName(callee: Node): [Node, Path['steps']] {
  const { base, steps } = pathOf(callee);
  return [base, steps];
}

/** A constant set: its keys have one type, and nil asks for that type's zero value. */
function membership(set: NonNullable<ConstantNode['set']>): (value: unknown) => boolean {
  const { of, keys } = set;
  return (value) => {
    if (of === 'string' && typeof value === 'string') return keys.has(value);
    if (value === null) return keys.has(of === 'string' ? '' : '0');
    if (of === 'int' && value instanceof GoInt) return keys.has(String(value.value));
    throw new Error(`${goTypeOf(value)} cannot be looked for in a list of ${of}s`);
  };
}

/** Lowers a checked and optimized tree. Throws a CompileError. */
export function lower(node: Node, options: LowerOptions): Lowered {
  const lowering = new Lowering(options);
  const scope = lowering.newScope(undefined);
  const text = lowering.lower(node, scope);
  const evaluate = lowering.engine.compile(text);
  return { run: lowering.run, text, evaluate: (env) => evaluate(new scope.frame(env, undefined)) };
}
