/** expr-lang 1.17.8: compile once, run often. */
import type { ConditionVars } from '../trigger.ts';
import type { Node } from './ast.ts';
import { check } from './check.ts';
import { readsClock } from './clock.ts';
import { AllowanceError, CompileError, LimitError, type Place, placeOf, RunError } from './errors.ts';
import { lower } from './lower.ts';
import { optimize } from './optimize.ts';
import { parse } from './parser.ts';
import { print } from './print.ts';
import { type ReadPath, readPaths } from './read-paths.ts';
import { nameTracked } from './tracked.ts';
import { sizeOf, some } from './walk.ts';

export interface CompileOptions {
  /** Ours: members of nil are nil rather than an error. Default false, as expr-lang. */
  safe?: boolean;
}

export type Compiled = { ok: true; program: Program } | { ok: false; error: ExpressionError };

export interface ExpressionError extends Place {
  message: string;
}

/** `value` is a Go value, see src/go/value.ts. `error` ends with its place in the expression. */
export type RunResult = { ok: true; value: unknown } | { ok: false; error: string };

export interface Program {
  readonly source: string;
  /** The answer depends on the clock. */
  readonly timeDependent: boolean;
  /** What it reads of its variables. */
  readonly paths: readonly ReadPath[];
  /** Every name that stands for itself: variables, of the environment and of its own. */
  readonly names: ReadonlySet<string>;
  /** The texts in it: what it compares with. */
  readonly texts: ReadonlySet<string>;
  /** Values whose past it asks for, by name; each is an expression of its own. */
  readonly tracked: ReadonlyMap<string, Program>;
  /** What expr-eval runs. */
  readonly lowered: string;
  /** Not to be called again from within itself (a function among the variables): it keeps its budget in one place. */
  run(vars: ConditionVars): RunResult;
}

const TOO_DEEP = 'nested too deeply';

function placeText(source: string, at: number): string {
  const { line, column } = placeOf(source, at);
  return source.includes('\n') ? `(line ${line}, column ${column})` : `(column ${column})`;
}

function failure(error: unknown, source: string): string {
  if (error instanceof RunError) return `${error.message} ${placeText(source, error.at)}`;
  if (error instanceof AllowanceError) return error.message;
  if (error instanceof LimitError) return `the expression needs ${error.message}: that is over its budget`;
  if (error instanceof RangeError && /call stack/.test(error.message)) return TOO_DEEP;
  return error instanceof Error ? error.message : String(error);
}

function textsOf(tree: Node): ReadonlySet<string> {
  const texts = new Set<string>();
  some(tree, (node) => {
    if (node.kind === 'string') texts.add(node.value);
    return false;
  });
  return texts;
}

function namesOf(tree: Node): ReadonlySet<string> {
  const names = new Set<string>();
  some(tree, (node) => {
    if (node.kind === 'identifier') names.add(node.name);
    return false;
  });
  return names;
}

/** Compiles a tree that `parse` made. Throws a CompileError. */
function compileTree(tree: Node, source: string, options: CompileOptions = {}): Program {
  const tracked = new Map(
    [...nameTracked(tree)].map(([name, value]) => [name, compileTree(parse(print(value)), name, options)]),
  );
  check(tree);
  const timeDependent = readsClock(tree);
  const paths = readPaths(tree);
  const names = namesOf(tree);
  const texts = textsOf(tree);
  const size = sizeOf(tree);
  const lowered = lower(optimize(tree), { safe: options.safe ?? false });
  return {
    source,
    timeDependent,
    paths,
    names,
    texts,
    tracked,
    lowered: lowered.text,
    run: (vars) => {
      lowered.run.reset(vars.now, vars.allowance);
      try {
        lowered.run.spend(size);
        return { ok: true, value: lowered.evaluate(vars.values) };
      } catch (error) {
        return { ok: false, error: failure(error, source) };
      }
    },
  };
}

/** Compiles a part of an expression, whose errors have their places in the whole. The tree is left as it is. */
export function compilePart(part: Node, source: string, options: CompileOptions = {}): Compiled {
  return compiled(source, () => compileTree(structuredClone(part), source, options));
}

/** Compiles an expression; the error is the first one that expr-lang would find too. */
export function compileExpression(source: string, options: CompileOptions = {}): Compiled {
  return compiled(source, () => compileTree(parse(source), source, options));
}

function compiled(source: string, compile: () => Program): Compiled {
  try {
    return { ok: true, program: compile() };
  } catch (error) {
    if (error instanceof CompileError) {
      return { ok: false, error: { message: error.message, ...placeOf(source, error.at) } };
    }
    if (error instanceof RangeError) return { ok: false, error: { message: TOO_DEEP, line: 1, column: 1 } };
    throw error;
  }
}
