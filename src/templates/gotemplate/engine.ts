/** Go's text/template: compile once, run often. */
import type { GoLocation } from '../../go/location.ts';
import type { FunctionTable } from './functions.ts';
import type { Node, Operand, ParsedTemplates } from './ast.ts';
import { BUILTINS } from './builtins.ts';
import { compileTemplates } from './compile.ts';
import { TemplateSyntaxError } from './lexer.ts';
import { parseTemplate } from './parser.ts';
import { DEFAULT_LIMITS, ExecutionError, LimitError, type Limits, type PrintFilter, Run } from './run.ts';

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
  filterValue?: PrintFilter;
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

function parse(name: string, source: string, functions: FunctionTable): Compilation {
  const parsed = parseTemplate(name, source, (wanted) => functions.has(wanted));
  const body = compileTemplates(parsed, functions);
  return { ok: true, template: { roots: rootsOf(parsed), execute: (vars, options) => execute(body, vars, options) } };
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

function execute(body: ReturnType<typeof compileTemplates>, vars: unknown, options: ExecuteOptions): Execution {
  const run = new Run(vars, { ...options, limits: options.limits ?? DEFAULT_LIMITS });
  try {
    body(run, vars);
    return { ok: true, output: run.output };
  } catch (error) {
    if (error instanceof ExecutionError) return { ok: false, error: { message: error.message, at: error.at } };
    if (error instanceof LimitError) return { ok: false, error: { message: error.message, at: 0 } };
    // A stack overflow or a string beyond what the engine holds: the template's doing, not a bug of ours.
    if (error instanceof RangeError) return { ok: false, error: { message: `too large: ${error.message}`, at: 0 } };
    throw error;
  }
}

/** `functions` are added to text/template's own and replace those of the same name. */
export function compileGoTemplate(name: string, source: string, functions: FunctionTable): Compilation {
  if (source.length > MAX_SOURCE) return { ok: false, error: { message: 'the template is longer than 1 MiB', at: 0 } };
  try {
    return parse(name, source, new Map([...BUILTINS, ...functions]));
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return { ok: false, error: { message: error.message, at: error.at } };
    if (error instanceof RangeError) return { ok: false, error: { message: 'the template is nested too deeply', at: 0 } };
    throw error;
  }
}
