import { suggestion } from '../go/did-you-mean.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';

/** Something wrong with the options of a service or a section of a template; `path` is empty for the whole. */
export interface OptionProblem {
  path: (string | number)[];
  what: string;
  fix: string;
  severity: 'error' | 'warning';
  /** It is about the name of the field, whatever its value is. */
  isAboutName?: true;
}

export interface Validated<T> {
  /** Absent when a problem is an error. */
  options?: T;
  problems: OptionProblem[];
}

/**
 * Reads the fields of one object as Go decodes JSON into a struct: keys match without regard to case, the last of
 * several counts, null is the zero value, and YAML scalars are taken as text where text is meant. What does not
 * fit is a problem; so is, as a warning, a key that nobody reads.
 */
export interface OptionReader {
  text(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  value(name: string): Json | undefined;
  /** Known to argocd-notifications, without effect here. */
  ignore(...names: string[]): void;
  problem(name: string, what: string, fix: string, severity?: 'error' | 'warning'): void;
  /** Whether anything is wrong with a field so far. */
  hasProblem(name: string): boolean;
  /** The field as it is written, which may differ in case. */
  nameOf(name: string): string;
  /** To be called last: reports the keys that were not read. */
  problems(): OptionProblem[];
}

export function createOptionReader(source: Json, path: (string | number)[] = []): OptionReader {
  const problems: OptionProblem[] = [];
  const known = new Set<string>();
  const object: JsonObject = isObject(source) ? source : {};
  if (!isObject(source) && source !== null) {
    problems.push({
      path,
      what: `must be a map, not ${kindOf(source)}`,
      fix: 'Write `name: value` lines.',
      severity: 'error',
    });
  }

  const keyOf = (name: string) =>
    Object.keys(object).findLast((key) => key === name || key.toLowerCase() === name.toLowerCase());
  const report: OptionReader['problem'] = (name, what, fix, severity = 'error') => {
    problems.push({ path: [...path, keyOf(name) ?? name], what, fix, severity });
  };

  return {
    value(name) {
      known.add(name);
      const key = keyOf(name);
      const value = key === undefined ? null : object[key];
      return value ?? undefined;
    },
    text(name) {
      const value = this.value(name);
      if (value === undefined || typeof value === 'string') return value;
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      report(name, `${name} must be a string, not ${kindOf(value)}`, `Write ${name} as text.`);
      return undefined;
    },
    flag(name) {
      const value = this.value(name);
      if (value === undefined || typeof value === 'boolean') return value;
      report(
        name,
        `${name} must be true or false, not ${kindOf(value)}`,
        'Write true or false, without quotes.',
      );
      return undefined;
    },
    ignore(...names) {
      for (const name of names) known.add(name);
    },
    problem: report,
    hasProblem: (name) => problems.some((problem) => problem.path[path.length] === (keyOf(name) ?? name)),
    nameOf: (name) => keyOf(name) ?? name,
    problems() {
      const lower = new Set([...known].map((name) => name.toLowerCase()));
      for (const key of Object.keys(object).filter((candidate) => !lower.has(candidate.toLowerCase()))) {
        const fix = `Remove it, or correct its name.${suggestion(key, known)}`;
        problems.push({
          path: [...path, key],
          what: `unknown field ${JSON.stringify(key)}`,
          fix,
          severity: 'warning',
          isAboutName: true,
        });
      }
      return problems;
    },
  };
}

export function hasErrors(problems: readonly OptionProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

export function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}
