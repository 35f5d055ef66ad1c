/** Matchers as they stand in a ConfigMap: a map of labels, a string of Alertmanager's, or a list of such strings. */
import type { Decoder } from '../go/decode.ts';
import type { YamlPath } from '../go/yaml.ts';
import type { Json } from '../model.ts';
import { createMatcher, type Matcher, matchesNothing, mostMatchers, type Operator } from './matcher.ts';
import { parseMatchers } from './matcher-text.ts';

/** Undefined after an error, which has been reported: a rule with a part of its matchers would hold for too much. */
export function readMatchers(decoder: Decoder, path: YamlPath, value: Json): Matcher[] | undefined {
  const before = errorCount(decoder);
  const matchers = read(decoder, path, value);
  if (errorCount(decoder) > before) return undefined;
  // Source: Alertmanager refuses it in silences, routes may have it (check 40).
  if (matchers.length === 0 || matchesNothing(matchers)) {
    const what = matchers.length === 0 ? 'there are no matchers' : 'the matchers hold for everything';
    decoder.report(path, 'error', what, 'Write what the rule is for, such as match: {severity: warning}.');
    return undefined;
  }
  return matchers;
}

function read(decoder: Decoder, path: YamlPath, value: Json): Matcher[] {
  if (value !== null && typeof value === 'object' && Object.keys(value).length > mostMatchers) {
    const what = `there are more than ${mostMatchers} matchers`;
    decoder.report(path, 'error', what, 'Write values of one label as a list.');
    return [];
  }
  if (typeof value === 'string') return ofText(decoder, path, value);
  if (Array.isArray(value)) {
    return value.flatMap((entry, index) => {
      const at = [...path, index];
      const text = decoder.string(at, entry);
      return text === undefined ? [] : ofText(decoder, at, text);
    });
  }
  const object = decoder.object(path, value) ?? {};
  return Object.entries(object).flatMap(([label, compared]) =>
    ofField(decoder, [...path, label], label, compared),
  );
}

function ofText(decoder: Decoder, path: YamlPath, text: string): Matcher[] {
  const parsed = parseMatchers(text);
  if ('error' in parsed) {
    const what = `the matchers cannot be read: ${parsed.error}`;
    decoder.report(
      path,
      'error',
      what,
      'Write them as in Alertmanager: severity=~"warning|none", project!="sandbox".',
    );
    return [];
  }
  if (parsed.warning !== undefined)
    decoder.report(
      path,
      'warning',
      `the matchers are ambiguous: ${parsed.warning}`,
      'Write values in double quotes.',
    );
  return parsed.matchers;
}

const operators: readonly Operator[] = ['=~', '!~', '!=', '='];

function ofField(decoder: Decoder, path: YamlPath, label: string, value: Json): Matcher[] {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([operator, compared]) => {
      const at = [...path, operator];
      const known = operators.find((candidate) => candidate === operator);
      if (known) return make(decoder, at, label, known, compared);
      decoder.report(at, 'error', `${JSON.stringify(operator)} is no operator`, 'Write =, !=, =~ or !~.');
      return [];
    });
  }
  if (Array.isArray(value)) return make(decoder, path, label, '=', value);
  const text = decoder.string(path, value) ?? '';
  const operator = operators.find((candidate) => text.startsWith(candidate));
  return operator
    ? make(decoder, path, label, operator, text.slice(operator.length).trim())
    : make(decoder, path, label, '=', value);
}

function make(decoder: Decoder, path: YamlPath, label: string, operator: Operator, value: Json): Matcher[] {
  const values = textsOf(decoder, path, value);
  if (values === undefined) return [];
  if (values.length === 0) {
    decoder.report(path, 'error', `${label} has no values`, 'Write at least one.');
    return [];
  }
  if (operator.endsWith('~') && values.length > 1) {
    decoder.report(path, 'error', `${operator} takes one expression, not a list`, 'Write it as a|b.');
    return [];
  }
  const matcher = createMatcher(label, operator, values);
  if (!('error' in matcher)) return [matcher];
  decoder.report(
    path,
    'error',
    `${label}: ${matcher.error}`,
    'Write a regular expression of RE2; it has to match the whole value.',
  );
  return [];
}

function textsOf(decoder: Decoder, path: YamlPath, value: Json): string[] | undefined {
  if (Array.isArray(value)) return decoder.strings(path, value)?.map(({ text }) => text);
  if (typeof value === 'string') return [value];
  const text = decoder.string(path, value);
  return text === undefined ? undefined : [text];
}

function errorCount(decoder: Decoder): number {
  return decoder.problems.filter(({ severity }) => severity === 'error').length;
}
