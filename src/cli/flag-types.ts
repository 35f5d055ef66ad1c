import { parseMoment } from '../alerts/moment.ts';
import { parseDuration } from '../go/duration.ts';
import { parsePrometheusDuration } from '../go/durations.ts';
import type { Flag, Parsed } from './flags.ts';

type Described<T> = Omit<Flag<T>, 'parse' | 'default' | 'placeholder'> & { placeholder?: string };

export function textFlag(flag: Described<string> & { default?: string }): Flag<string> {
  return {
    placeholder: 'text',
    ...withDefault(flag, flag.default ?? ''),
    parse: (texts) => ({ ok: true, value: texts.at(-1) ?? '' }),
  };
}

/** Each occurrence is one element, taken as it is. */
export function textsFlag(flag: Described<string[]> & { default?: string[] }): Flag<string[]> {
  return {
    placeholder: 'text',
    list: true,
    ...flag,
    default: flag.default ?? [],
    parse: (texts) => ({ ok: true, value: [...texts] }),
  };
}

export function integerFlag(
  flag: Described<number> & { default: number; min: number; max: number },
): Flag<number> {
  const { min, max, ...described } = flag;
  return {
    placeholder: 'number',
    ...withDefault(described, flag.default),
    parse(texts) {
      const text = texts.at(-1) ?? '';
      const value = /^\+?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return { ok: true, value };
      const problem = `is not a whole number from ${min} to ${max}`;
      return { ok: false, problem, fix: `use one, such as ${flag.default}` };
    },
  };
}

/** As Go reads booleans: `--flag`, `--flag=true`, `--flag=0` … but never `--flag false`. */
export function booleanFlag(
  flag: Omit<Described<boolean>, 'placeholder'> & { default?: boolean },
): Flag<boolean> {
  return {
    ...flag,
    default: flag.default ?? false,
    ...(flag.default ? { defaultText: 'true' } : {}),
    parse(texts) {
      const text = texts.at(-1) ?? '';
      if (/^(1|t|true)$/i.test(text)) return { ok: true, value: true };
      if (/^(0|f|false)$/i.test(text)) return { ok: true, value: false };
      return { ok: false, problem: 'is not a boolean', fix: 'use true or false' };
    },
  };
}

export function choiceFlag<T extends string>(
  flag: Described<T> & { default: T; choices: readonly T[]; aliases?: Readonly<Record<string, T>> },
): Flag<T> {
  const { choices, aliases, ...described } = flag;
  return {
    placeholder: choices.join('|'),
    ...withDefault(described, flag.default),
    parse(texts): Parsed<T> {
      const text = (texts.at(-1) ?? '').toLowerCase();
      const value =
        choices.find((choice) => choice === text) ??
        (aliases && Object.hasOwn(aliases, text) ? aliases[text] : undefined);
      if (value !== undefined) return { ok: true, value };
      return { ok: false, problem: 'is not known', fix: `use one of ${choices.join(', ')}` };
    },
  };
}

/** Milliseconds from a Go duration (`20s`, `1m30s`); a bare number is refused but for 0, as Go does. */
export function durationFlag(
  flag: Described<number> & { default: number; defaultText: string },
): Flag<number> {
  return {
    placeholder: 'duration',
    ...flag,
    parse(texts) {
      const value = milliseconds(texts.at(-1) ?? '');
      if (value !== undefined) return { ok: true, value };
      return {
        ok: false,
        problem: 'is not a duration',
        fix: 'use a number with its unit, such as 20s or 1m30s',
      };
    },
  };
}

/** Milliseconds from a duration as Prometheus writes it (`2h`, `1d12h`); absent without one. */
export function spanFlag(flag: Described<number | undefined>): Flag<number | undefined> {
  return {
    placeholder: 'duration',
    ...flag,
    default: undefined,
    parse(texts) {
      const value = parsePrometheusDuration(texts.at(-1) ?? '');
      if (value !== undefined && value > 0) return { ok: true, value };
      return { ok: false, problem: 'is no duration', fix: 'write it as Prometheus does: 30m, 2h, 1d12h' };
    },
  };
}

/** Unix milliseconds of a time as RFC 3339 writes it; absent without one. */
export function momentFlag(flag: Described<number | undefined>): Flag<number | undefined> {
  return {
    placeholder: 'time',
    ...flag,
    default: undefined,
    parse(texts) {
      const value = parseMoment(texts.at(-1) ?? '');
      if (value !== undefined) return { ok: true, value };
      return { ok: false, problem: 'is no time', fix: 'write it with its zone, as in 2026-12-01T00:00:00Z' };
    },
  };
}

/** A flag whose value has to pass a further test; `problemOf` answers a sentence, or undefined. */
export function checkedFlag<T>(flag: Flag<T>, problemOf: (value: T) => string | undefined): Flag<T> {
  return {
    ...flag,
    parse(texts) {
      const parsed = flag.parse(texts);
      const error = parsed.ok ? problemOf(parsed.value) : undefined;
      return error === undefined ? parsed : { ok: false, error };
    },
  };
}

/** Of a Go duration that is not negative. */
export function milliseconds(text: string): number | undefined {
  const duration = parseDuration(text);
  return duration && duration.nanoseconds >= 0n ? Number(duration.nanoseconds) / 1e6 : undefined;
}

/** Elements separated by commas; blanks and quotes around them and empty ones do not count. A `/regex/` may hold commas. */
export function listFlag(flag: Described<string[]>): Flag<string[]> {
  return {
    placeholder: 'list',
    list: true,
    ...flag,
    default: [],
    parse: (texts) => ({ ok: true, value: texts.flatMap(splitList) }),
  };
}

function splitList(text: string): string[] {
  const elements = text.match(/\s*(?:\/(?:[^/\\]|\\.)*\/(?=\s*(?:,|$))|[^,]*)\s*/g) ?? [];
  return elements
    .map((element) => element.trim().replace(/^"(.*)"$/, '$1'))
    .filter((element) => element !== '');
}

function withDefault<T extends string | number, D extends Described<T>>(
  flag: D,
  value: T,
): D & { default: T; defaultText?: string } {
  const text = flag.defaultText ?? String(value);
  return { ...flag, default: value, ...(text === '' ? {} : { defaultText: text }) };
}
