/**
 * The boundary to expr-eval, which evaluates the lowered expressions.
 *
 * It runs with tables of ours only: of its own operators and functions none is left, so that none of its
 * meanings can be reached. Everything that is called is a prefix operator which the lowering registered for one
 * place of this one expression; several operands are lined up with `+`, which here does just that. (A function
 * call would do, but for each one expr-eval searches the list of registered functions, which costs more than
 * the call.) expr-eval never walks a user's object: it is handed finished values under generated names. `and`,
 * `or` and `?:` are its own, because they alone are lazy; the lowering sees to it that their operands are
 * booleans.
 *
 * What limits the speed: for each variable expr-eval runs a regular expression over the name and looks it up in
 * two tables, for each lazy operand it makes a closure, each evaluation has a stack of its own. Hence one
 * variable for a whole member path, and constants inside the operators.
 */
import { type Expression, Parser } from 'expr-eval';
import type { Frame } from './run.ts';

type Operation = (...args: never[]) => unknown;
type Table = Record<string, unknown>;

/** Keeps expr-eval from seeing what it would take for its own: functions, and maps that look like its closures. */
class Hidden {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** A Go value as expr-eval may hold it. */
export function hide(value: unknown): unknown {
  if (typeof value === 'function') return new Hidden(value);
  if (typeof value !== 'object' || value === null) return value;
  return (value as { type?: unknown }).type === 'IEXPREVAL' ? new Hidden(value) : value;
}

/** The Go value that expr-eval holds. */
const show = (value: unknown): unknown => (value instanceof Hidden ? value.value : value);

/** Operands of one operation, while expr-eval lines them up. */
class Operands {
  readonly values: unknown[];
  constructor(left: unknown, right: unknown) {
    this.values = [left, right];
  }
}

function lineUp(left: unknown, right: unknown): Operands {
  if (!(left instanceof Operands)) return new Operands(left, right);
  left.values.push(right);
  return left;
}

export interface Engine {
  /** The text of an operation on operands, themselves texts; it may stand anywhere. */
  apply(call: (...operands: unknown[]) => unknown, operands: readonly string[]): string;
  /** Parses a lowered text. */
  compile(text: string): (frame: Frame) => unknown;
}

const emptyTable = (): Table => Object.create(null) as Table;

export function createEngine(equal: (left: unknown, right: unknown) => boolean): Engine {
  const parser = new Parser();
  const unaryOps = emptyTable();
  // The parser knows an operator by its entry; `and`, `or` and `?` are evaluated without it.
  const lazy: Operation = () => {
    throw new Error('evaluated lazily');
  };
  const binaryOps = Object.assign(emptyTable(), {
    and: lazy,
    or: lazy,
    '+': lineUp,
    '==': (left: unknown, right: unknown) => equal(show(left), show(right)),
    '!=': (left: unknown, right: unknown) => !equal(show(left), show(right)),
  });
  Object.assign(parser, {
    unaryOps,
    binaryOps,
    ternaryOps: Object.assign(emptyTable(), { '?': lazy }),
    functions: emptyTable(),
    consts: Object.assign(emptyTable(), { true: true, false: false }),
  });
  let registered = 0;
  const register = (call: Operation): string => {
    const name = `u${registered}`;
    registered += 1;
    unaryOps[name] = call;
    return name;
  };
  return {
    apply: (call, operands) => {
      const [first, ...more] = operands;
      if (first === undefined) return `(${register(() => hide(call()))} 0)`;
      if (more.length === 0)
        return `(${register((operand: unknown) => hide(call(show(operand))))} (${first}))`;
      const name = register(({ values }: Operands) => hide(call(...values.map(show))));
      return `(${name} (${operands.map((operand) => `(${operand})`).join(' + ')}))`;
    },
    compile: (text) => {
      const expression: Expression = parser.parse(text);
      return (frame) => show(expression.evaluate(frame as never));
    },
  };
}

const PLAIN_TEXT = /[^A-Za-z0-9 _./:-]/g;

/** A string as a literal of expr-eval. */
export const literal = (text: string): string =>
  `"${text.replace(PLAIN_TEXT, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
