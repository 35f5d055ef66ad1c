/**
 * The boundary to expr-eval, which evaluates the lowered expressions.
 *
 * It runs with tables of ours only: of its own operators and functions none is left, so that none of its
 * meanings can be reached, and what it calls is what the lowering registered for this one expression. It never
 * walks a user's object: the lowering hands it finished values under generated names. `and`, `or` and `?:` are
 * its own, because they alone are lazy; the lowering sees to it that their operands are booleans.
 *
 * What limits the speed: for each variable expr-eval runs a regular expression over the name and looks it up
 * in two tables (about 60 ns), for each lazy operand it makes a closure, for each function call it lists the
 * registered functions. Hence one variable for a whole member path, and operators (no list) where one operand
 * is enough.
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
export const show = (value: unknown): unknown => (value instanceof Hidden ? value.value : value);

export interface Engine {
  /** Registers a prefix operator of one operand; the name to write before it. */
  operator(call: (operand: unknown) => unknown): string;
  /** Registers a function; the name to call it by. */
  function(call: (...args: unknown[]) => unknown): string;
  /** Parses a lowered text. */
  compile(text: string): (frame: Frame) => unknown;
}

const emptyTable = (): Table => Object.create(null) as Table;

export function createEngine(equal: (left: unknown, right: unknown) => boolean): Engine {
  const parser = new Parser();
  const tables = {
    unaryOps: emptyTable(),
    binaryOps: emptyTable(),
    ternaryOps: emptyTable(),
    functions: emptyTable(),
    consts: emptyTable(),
  };
  Object.assign(parser, tables);
  Object.assign(tables.consts, { true: true, false: false });
  // The parser knows an operator by its entry; `and`, `or` and `?` are evaluated without it.
  const lazy: Operation = () => {
    throw new Error('evaluated lazily');
  };
  Object.assign(tables.binaryOps, {
    and: lazy,
    or: lazy,
    '==': (left: unknown, right: unknown) => equal(show(left), show(right)),
    '!=': (left: unknown, right: unknown) => !equal(show(left), show(right)),
  });
  Object.assign(tables.ternaryOps, { '?': lazy });
  let registered = 0;
  const register = (table: Table, prefix: string, call: unknown): string => {
    const name = `${prefix}${registered}`;
    registered += 1;
    table[name] = call;
    return name;
  };
  return {
    operator: (call) => register(tables.unaryOps, 'u', (operand: unknown) => hide(call(show(operand)))),
    function: (call) => register(tables.functions, 'f', (...args: unknown[]) => hide(call(...args.map(show)))),
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
