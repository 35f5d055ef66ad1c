/** Go's text/template: compile once, run often. */
import { suggestion } from '../../go/did-you-mean.ts';
import type { GoLocation } from '../../go/location.ts';
import { quote } from '../../go/strconv.ts';
import { isPlainMap } from '../../go/typed.ts';
import type { Node, Operand, ParsedTemplates } from './ast.ts';
import { compileTemplates } from './compile.ts';
import type { FunctionTable } from './functions.ts';
import { TemplateSyntaxError } from './lexer.ts';
import { parseTemplate } from './parser.ts';
import {
  type Allowance,
  createAllowance,
  DEFAULT_LIMITS,
  ExecutionError,
  LimitError,
  type Limits,
  type Printed,
  Run,
} from './run.ts';

/** `at` is an offset in the source of the template. */
export interface TemplateError {
  message: string;
  at: number;
}

export interface ExecuteOptions {
  /** Unix milliseconds. */
  now: number;
  /** What `Local` means. */
  location: GoLocation;
  limits?: Readonly<Limits>;
  /** Shared with other executions. @defaultValue all that the limits give */
  allowance?: Allowance;
  /** What stands for a mention. */
  mention?: (name: string) => string;
  printed?: Printed;
  decoded?: (text: string) => string;
}

export type Execution = { ok: true; output: string } | { ok: false; error: TemplateError };

export interface GoTemplate {
  /** Top-level names that the template reads: `.app.x` and `$.app.x` read `app`. */
  readonly roots: ReadonlySet<string>;
  /** The output as a Go string (bytes.ts): `toText` gives what a reader sees. */
  execute(vars: Readonly<Record<string, unknown>>, options: ExecuteOptions): Execution;
}

export type Compilation = { ok: true; template: GoTemplate } | { ok: false; error: TemplateError };

/** Longest source: a ConfigMap holds at most 1 MiB. */
const MAX_SOURCE = 1_048_576;

export interface Library {
  /** Every function, text/template's own (`BUILTINS`) included. */
  functions: FunctionTable;
  /** Functions that are not available, and why. */
  refused?: ReadonlyMap<string, string>;
  /** Functions that change their arguments: a template that uses one runs on a copy of the variables. */
  changing?: ReadonlySet<string>;
}

function parse(name: string, source: string, { functions, refused, changing }: Library): Compilation {
  let changes = false;
  const parsed = parseTemplate(name, source, (wanted) => {
    if (changing?.has(wanted) === true) changes = true;
    const reason = refused?.get(wanted);
    if (reason !== undefined) return `function ${quote(wanted)} is not available: ${reason}`;
    return functions.has(wanted)
      ? undefined
      : `function ${quote(wanted)} not defined${suggestion(wanted, functions.keys())}`;
  });
  const body = compileTemplates(parsed, functions);
  return {
    ok: true,
    template: { roots: rootsOf(parsed), execute: (vars, options) => execute(body, vars, options, changes) },
  };
}

/** Over-approximated: inside `with` and `range` the dot is another value. */
function rootsOf(parsed: ParsedTemplates): Set<string> {
  const roots = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name !== undefined) roots.add(name);
  };
  const operand = (node: Operand): void => {
    if (node.type === 'field') add(node.path[0]);
    else if (node.type === 'variable' && node.name === '$') add(node.path[0]);
    else if (node.type === 'chain') operand(node.operand);
    else if (node.type === 'pipe') for (const command of node.commands) command.args.forEach(operand);
  };
  const walk = (node: Node): void => {
    if ('pipe' in node && node.pipe !== undefined) operand(node.pipe);
    if ('list' in node) for (const inner of [...node.list, ...(node.elseList ?? [])]) walk(inner);
  };
  for (const nodes of parsed.named.values()) nodes.forEach(walk);
  return roots;
}

/** Plain maps and lists all the way down; every other value is immutable. */
function copyMaps(run: Run, value: unknown): unknown {
  run.spend(1);
  if (Array.isArray(value)) return value.map((item) => copyMaps(run, item));
  if (!isPlainMap(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: copyMaps(run, item),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

function execute(
  body: ReturnType<typeof compileTemplates>,
  vars: unknown,
  options: ExecuteOptions,
  changes: boolean,
): Execution {
  const limits = options.limits ?? DEFAULT_LIMITS;
  function finished(run: Run, dot: unknown): Execution {
    body(run, dot);
    return { ok: true, output: run.output };
  }
  try {
    const allowance = options.allowance ?? createAllowance(limits);
    const given = new Run(vars, { ...options, limits, allowance });
    if (!changes) return finished(given, vars);
    const copy = copyMaps(given, vars);
    return finished(new Run(copy, { ...options, limits, allowance }), copy);
  } catch (error) {
    if (error instanceof ExecutionError)
      return { ok: false, error: { message: error.message, at: error.at } };
    if (error instanceof LimitError) return { ok: false, error: { message: error.message, at: 0 } };
    // A stack overflow or a string beyond what the engine holds: the template's doing, not a bug of ours.
    if (error instanceof RangeError)
      return { ok: false, error: { message: `too large: ${error.message}`, at: 0 } };
    throw error;
  }
}

/** `name` is what the template itself is called, for `{{template}}`. */
export function compileGoTemplate(name: string, source: string, library: Library): Compilation {
  if (source.length > MAX_SOURCE)
    return { ok: false, error: { message: 'the template is longer than 1 MiB', at: 0 } };
  try {
    return parse(name, source, library);
  } catch (error) {
    if (error instanceof TemplateSyntaxError)
      return { ok: false, error: { message: error.message, at: error.at } };
    if (error instanceof RangeError)
      return { ok: false, error: { message: 'the template is nested too deeply', at: 0 } };
    throw error;
  }
}
