/**
 * The languages of templates, Go's and mustache, compiled and rendered within budgets. Pure; it may import the ground
 * and the schemas of services.
 */

/** One string of a template: dialect, compilation, rendering, and where its errors stand. */
import { toText } from '../go/bytes.ts';
import { localLocation } from '../go/location.ts';
import type { Mistake, Shapes } from '../go/shape.ts';
import { detectDialect } from './dialect.ts';
import { type Execute, executeFiltered } from './filtered.ts';
import { compileGoTemplate } from './gotemplate/engine.ts';
import { inspectGoTemplate } from './gotemplate/inspect.ts';
import { compileMustache, inspectMustache } from './mustache.ts';
import { SPRIG_LIBRARY } from './sprig/functions.ts';
import type { Dialect, TemplateString } from './template.ts';

export interface StringSource {
  /** Name of the template, which its own `{{template}}` may call. */
  name: string;
  path: readonly string[];
  text: string;
  /** Set by the user; otherwise it is recognised. */
  dialect?: Dialect;
  /** Line and column, from 1, of an offset of `text` inside the ConfigMap value. */
  locate(offset: number): { line: number; column: number } | undefined;
}

export type CompiledString =
  | { ok: true; string: TemplateString; usesSecrets: boolean }
  | { ok: false; error: string; at: number };

/** Line and column of an offset inside a text, from 1. */
export function positionIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: offset - lastBreak };
}

export function compileString(source: StringSource): CompiledString {
  const { text } = source;
  if (!text.includes('{{'))
    return compiled(
      source,
      'go',
      () => ({ ok: true, output: text }),
      () => [],
      false,
    );
  const detected =
    source.dialect === undefined ? detectDialect(text) : { ok: true as const, dialect: source.dialect };
  if (!detected.ok) return { ok: false, error: detected.error, at: detected.at };
  return detected.dialect === 'go' ? compileGo(source) : compileMustacheString(source);
}

function compiled(
  source: StringSource,
  dialect: Dialect,
  execute: Execute,
  inspect: (variables: Shapes) => Mistake[],
  usesSecrets: boolean,
): CompiledString {
  const { path, text, locate } = source;
  const string: TemplateString = {
    path,
    source: text,
    dialect,
    locate,
    inspect,
    render(vars, options) {
      const { filterValue: filter } = options;
      const result =
        filter === undefined ? execute(vars, options) : executeFiltered(execute, filter, vars, options);
      if (result.ok) return { ok: true, text: toText(result.output) };
      return { ok: false, error: result.error.message, ...locate(result.error.at) };
    },
  };
  return { ok: true, string, usesSecrets };
}

function compileGo(source: StringSource): CompiledString {
  const compilation = compileGoTemplate(source.name, source.text, SPRIG_LIBRARY);
  if (!compilation.ok) return { ok: false, error: compilation.error.message, at: compilation.error.at };
  const { template } = compilation;
  const execute: Execute = (vars, { allowance, printed, decoded }) =>
    template.execute(vars.values, {
      now: vars.now,
      location: localLocation(),
      ...(allowance === undefined ? {} : { allowance }),
      ...(vars.mention === undefined ? {} : { mention: vars.mention }),
      ...(printed === undefined ? {} : { printed }),
      ...(decoded === undefined ? {} : { decoded }),
    });
  const inspect = (variables: Shapes) =>
    inspectGoTemplate(source.name, source.text, SPRIG_LIBRARY, variables);
  return compiled(source, 'go', execute, inspect, template.roots.has('secrets'));
}

function compileMustacheString(source: StringSource): CompiledString {
  const compilation = compileMustache(source.text);
  if (!compilation.ok) return { ok: false, error: compilation.error.message, at: compilation.error.at };
  const { template } = compilation;
  const execute: Execute = (vars, options) => template.execute(vars.values, options);
  const usesSecrets = template.names.some((name) => name.split('.')[0] === 'secrets');
  const inspect = (variables: Shapes) => inspectMustache(source.text, variables);
  return compiled(source, 'mustache', execute, inspect, usesSecrets);
}
