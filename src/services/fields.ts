/** Options of services as data: which there are, how they are read, and the TypeScript type of what comes of it. */

import { isObject } from '../json.ts';
import type { Json } from '../model.ts';
import { createOptionReader, kindOf, type OptionProblem, type OptionReader } from './options.ts';

interface Common {
  /** Nothing can be sent without it: how to mend that. */
  required?: string;
  /** It is no part of what authenticates anybody: a `$key` in it that cannot be resolved is no reason not to send. */
  harmless?: true;
  /** Read by argocd-notifications, without effect here. */
  ignored?: true;
}

/**
 * `token`: a secret that goes into a header or a URL. `password`: any other secret. `url`: http(s), and where the service
 * connects to. `hook`: such a URL that is itself the secret. `host`: a host, with or without a port, that it connects to.
 * `header`: the value of a header, secret too. `servers`: URLs of another protocol, with commas between them; a login in one is
 * secret.
 */
export type TextKind = 'text' | 'token' | 'password' | 'header' | 'url' | 'hook' | 'host' | 'servers';

export type Field =
  | ({ kind: TextKind; default?: string } & Common)
  | ({ kind: 'whole'; default?: number } & Common)
  | ({ kind: 'flag' } & Common)
  | ({ kind: 'list'; of: TextKind; default?: readonly string[] } & Common)
  | ({ kind: 'map'; of: TextKind } & Common)
  | ({ kind: 'object'; fields: Fields } & Common)
  | ({ kind: 'objects'; fields: Fields } & Common);

export interface Fields {
  readonly [name: string]: Field;
}

type ValueOf<F extends Field> = F extends { kind: TextKind }
  ? string
  : F extends { kind: 'whole'; default: number }
    ? number
    : F extends { kind: 'whole' }
      ? number | undefined
      : F extends { kind: 'flag' }
        ? boolean
        : F extends { kind: 'list' }
          ? string[]
          : F extends { kind: 'map' }
            ? Readonly<Record<string, string>>
            : F extends { kind: 'object'; fields: infer Nested extends Fields }
              ? OptionsOf<Nested> | undefined
              : F extends { kind: 'objects'; fields: infer Nested extends Fields }
                ? OptionsOf<Nested>[]
                : never;

/** What `readFields` makes of options: as in Go an absent text is empty, an absent flag false, an absent list empty. */
export type OptionsOf<F extends Fields> = {
  readonly [Name in keyof F as F[Name] extends { ignored: true } ? never : Name]: ValueOf<F[Name]>;
};

/** Of argocd-notifications' HTTP transport; the connections are managed here. */
export const transport = {
  insecureSkipVerify: { kind: 'flag' },
  maxIdleConns: { kind: 'whole', ignored: true },
  maxIdleConnsPerHost: { kind: 'whole', ignored: true },
  maxConnsPerHost: { kind: 'whole', ignored: true },
  idleConnTimeout: { kind: 'text', ignored: true },
} as const satisfies Fields;

/** Reads options by their fields. What does not fit is a problem, and so is, as a warning, a field that is unknown. */
export function readFields<F extends Fields>(
  fields: F,
  source: Json,
  path: (string | number)[] = [],
): { options: OptionsOf<F>; problems: OptionProblem[] } {
  const reader = createOptionReader(source, path);
  const nested: OptionProblem[] = [];
  const options: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = readField(name, field, reader, nested, path);
    if (field.ignored === undefined) options[name] = value;
    if (field.required !== undefined && isMissing(value) && !reader.hasProblem(name)) {
      reader.problem(name, `${name} is missing`, field.required);
    }
  }
  return { options: options as OptionsOf<F>, problems: [...reader.problems(), ...nested] };
}

/** Every text among options, with its field. `path` as in the options as they are written, but for the case of names. */
export function textsIn(
  fields: Fields,
  options: Readonly<Record<string, unknown>>,
  path: (string | number)[] = [],
): { path: (string | number)[]; field: Field; kind: TextKind; text: string }[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = options[name];
    const at = [...path, name];
    switch (field.kind) {
      case 'whole':
      case 'flag':
        return [];
      case 'list':
      case 'map':
        return Object.entries((value ?? {}) as Record<string, string>).map(([key, text]) => ({
          path: [...at, field.kind === 'list' ? Number(key) : key],
          field,
          kind: field.of,
          text,
        }));
      case 'object':
        return isObject(value) ? textsIn(field.fields, value, at) : [];
      case 'objects':
        return (Array.isArray(value) ? value : []).flatMap((item: Record<string, unknown>, index) =>
          textsIn(field.fields, item, [...at, index]),
        );
      default:
        return typeof value === 'string' ? [{ path: at, field, kind: field.kind, text: value }] : [];
    }
  });
}

function readField(
  name: string,
  field: Field,
  reader: OptionReader,
  nested: OptionProblem[],
  path: (string | number)[],
): unknown {
  const severity = field.ignored ? 'warning' : 'error';
  const value = reader.value(name);
  const wrong = (wanted: string, absent: unknown): unknown => {
    const fix =
      wanted === 'a whole number' || wanted === 'true or false'
        ? `Write ${wanted}, without quotes.`
        : `Write ${wanted}.`;
    reader.problem(name, `${name} must be ${wanted}, not ${kindOf(value ?? null)}`, fix, severity);
    return absent;
  };
  const reportAt =
    (item: string | number, weight: OptionProblem['severity'] = severity): Report =>
    (what, fix) =>
      nested.push({ path: [...path, reader.nameOf(name), item], what, fix, severity: weight });
  switch (field.kind) {
    case 'whole': {
      if (value === undefined) return field.default;
      if (typeof value === 'number' && Number.isInteger(value)) return value;
      // A reference to the Secret can only be written as text.
      if (typeof value === 'string' && /^-?\d{1,15}$/.test(value.trim())) return Number(value);
      return wrong('a whole number', field.default);
    }
    case 'flag':
      return value === undefined || typeof value === 'boolean'
        ? (value ?? false)
        : wrong('true or false', false);
    case 'list': {
      if (value === undefined) return [...(field.default ?? [])];
      if (!Array.isArray(value)) return wrong('a list', []);
      return value.map((item, index) => readText(`${name}[${index}]`, field.of, item, reportAt(index)));
    }
    case 'map': {
      if (value === undefined) return {};
      if (!isObject(value)) return wrong('a mapping', {});
      const entries = Object.entries(value).map(([key, item]) => {
        const before = nested.length;
        const report = reportAt(key, 'warning');
        const text = readText(`${name}.${key}`, field.of, item, report);
        if (text === '' && (field.of === 'hook' || field.of === 'token') && nested.length === before) {
          report(`${name}.${key} is empty`, 'Write it, or remove its line.');
        }
        return { key, text, isGood: nested.length === before };
      });
      // What is wrong with one is no reason to do without the others.
      return Object.fromEntries(entries.filter(({ isGood }) => isGood).map(({ key, text }) => [key, text]));
    }
    case 'object': {
      if (value === undefined) return undefined;
      const read = readFields(field.fields, value, [...path, reader.nameOf(name)]);
      nested.push(...read.problems);
      return read.options;
    }
    case 'objects': {
      if (value === undefined) return [];
      if (!Array.isArray(value)) return wrong('a list', []);
      return value.map((item, index) => {
        const read = readFields(field.fields, item, [...path, reader.nameOf(name), index]);
        nested.push(...read.problems);
        return read.options;
      });
    }
    default: {
      const report: Report = (what, fix) => reader.problem(name, what, fix, severity);
      const text = value === undefined ? '' : readText(name, field.kind, value, report);
      return text === '' ? (field.default ?? '') : text;
    }
  }
}

type Report = (what: string, fix: string) => void;

function readText(name: string, kind: TextKind, value: Json, report: Report): string {
  if (typeof value === 'object' && value !== null) {
    report(`${name} must be a string, not ${kindOf(value)}`, `Write ${name} as text.`);
    return '';
  }
  const written = value === null ? '' : String(value);
  // What a Secret holds often ends in a line break that nobody meant.
  const text =
    kind === 'text' ? written : kind === 'password' ? written.replace(/\r?\n$/, '') : written.trim();
  const fault = text === '' ? undefined : faultOf(kind, text);
  if (fault !== undefined) report(`${name} ${fault.what}`, fault.fix);
  return text;
}

function faultOf(kind: TextKind, text: string): { what: string; fix: string } | undefined {
  switch (kind) {
    case 'token':
      if (text.startsWith('$')) {
        return {
          what: 'names a key that the Secret does not have',
          fix: 'Add the key to the Secret, or correct its name.',
        };
      }
      if (/^[\x21-\x7e]+$/.test(text)) return undefined;
      return {
        what: 'holds spaces, line breaks or other characters that no token has',
        fix: 'Store the bare token in the Secret.',
      };
    case 'header':
      if (!/[^\t\x20-\x7e\x80-\xff]/.test(text)) return undefined;
      return {
        what: 'holds line breaks or characters that no header can have',
        fix: 'Store it on one line, without them.',
      };
    case 'url':
    case 'hook':
      if (isHttpUrl(text)) return undefined;
      return { what: 'is no http(s) URL', fix: 'Write one such as https://example.com/path.' };
    case 'host':
      if (/^(?:\[[\da-f:.]+\]|[^\s/:@?#[\]]+)(?::\d{1,5})?$/i.test(text)) return undefined;
      return { what: 'is no host', fix: 'Write a name or an address, with a port where it needs one.' };
    default:
      return undefined;
  }
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/?#\s]/i.test(text) && URL.canParse(text);
}

function isMissing(value: unknown): boolean {
  return (
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}
