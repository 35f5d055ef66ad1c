/**
 * Which language a template string is written in. Go text/template and mustache share `{{ }}`; what stands inside
 * tells them apart: `{{.app.x}}` and `{{if}}` are Go, `{{app.x}}`, `{{#x}}` and `{{/x}}` are mustache.
 */
import { noticeNames } from './notice-values.ts';
import type { Dialect } from './template.ts';

export type Detected =
  | { ok: true; dialect: Dialect }
  /** Both are used: `at` is the offset of the first tag that does not fit the first one. */
  | { ok: false; at: number; error: string };

/** What a mustache template can name at its top; anything else that stands alone is taken for a Go function. */
const ROOTS: ReadonlySet<string> = new Set([
  'app',
  'applicationset',
  'appProject',
  'context',
  'secrets',
  'serviceType',
  'recipient',
  'shared',
  ...noticeNames,
]);

const TAG = /\{\{\{?(?:\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|[^"`{}]|\{(?!\{)|\}(?!\}))*\}\}\}?/g;

type Signal = Dialect | undefined;

function signalOf(tag: string): Signal {
  if (tag.startsWith('{{{')) return /^\{\{\{\s*[\w.-]+\s*\}\}\}$/.test(tag) ? 'mustache' : undefined;
  const inside = tag.slice(2, -2);
  const trimmed = inside.trim();
  if (/^-?\s*\/\*/.test(trimmed)) return 'go';
  if (/^[#^>!&=]/.test(trimmed) || /^\/\s*[\w.-]+$/.test(trimmed)) return 'mustache';
  if (trimmed === '.' || trimmed === '') return undefined;
  const path = /^([A-Za-z_][\w-]*)(?:\.[\w-]+)*$/.exec(trimmed);
  if (path === null) return 'go';
  if (ROOTS.has(path[1] as string)) return 'mustache';
  return undefined;
}

/** Text without tags is Go: both dialects render it alike. */
export function detectDialect(source: string): Detected {
  let found: Signal;
  for (const match of source.matchAll(TAG)) {
    const signal = signalOf(match[0]);
    if (signal === undefined) continue;
    if (found !== undefined && signal !== found) {
      const other = found === 'go' ? 'Go template' : 'mustache';
      return {
        ok: false,
        at: match.index,
        error: `${match[0]} is ${signal === 'go' ? 'Go template' : 'mustache'} syntax in a ${other} text`,
      };
    }
    found = signal;
  }
  return { ok: true, dialect: found ?? 'go' };
}
