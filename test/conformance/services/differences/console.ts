import { parseYaml } from '../../../../src/go/yaml.ts';
import { isObject } from '../../../../src/json.ts';
import type { Json, JsonObject } from '../../../../src/model.ts';
import { schemaOf } from '../../../../src/services/schemas.ts';
import { type Difference, expecting } from '../difference.ts';

const services = ['console'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'A message with a control character cannot be printed.',
    herald: 'It is printed, with the character escaped.',
    instead(step) {
      if (step.expect.error !== 'content') return undefined;
      return expecting(step, null, ({ stdout = '' }) => {
        const printed = parseYaml(stdout).value;
        const message = isObject(printed) ? printed.message : undefined;
        if (typeof message !== 'string' || message === '') return 'no message is printed';
        return /[^\P{Cc}\t\n]/u.test(stdout) ? 'a control character reaches the terminal' : undefined;
      });
    },
  },
  {
    services,
    engine:
      'Prints the sections with all that the services fill in: empty fields, a tag in a comment, text of templates that is not rendered.',
    herald: 'Prints what the templates say: the fields that they have, or that have a default, rendered.',
    instead(step, { templates }) {
      const { stdout } = step.expect;
      if (stdout === undefined) return undefined;
      const [text = ''] = step.send.map((name) => templates[name] ?? '');
      const expected = parseYaml(stdout).value;
      const said = withDefaults(expected, within(expected, parseYaml(text).value));
      if (JSON.stringify(said) === JSON.stringify(expected)) return undefined;
      const { stdout: _, ...expect } = step.expect;
      return { ...step, expect: { ...expect, check: (seen) => printed(said, seen.stdout) } };
    },
  },
];

function printed(said: Json, stdout = ''): string | undefined {
  const value = sorted(parseYaml(stdout).value);
  const actual = JSON.stringify(value);
  const wanted = JSON.stringify(rendered(sorted(said), value));
  return actual === wanted ? undefined : `printed ${actual}, and not ${wanted}`;
}

/** With what was rendered in place of text of a template. */
function rendered(said: Json, actual: Json): Json {
  if (typeof said === 'string') {
    return said.includes('{{') && typeof actual === 'string' && !actual.includes('{{') ? actual : said;
  }
  if (!isObject(said) || !isObject(actual)) return said;
  return Object.fromEntries(
    Object.entries(said).map(([name, field]) => [name, rendered(field, actual[name] ?? null)]),
  );
}

/** What of `value` the template has a field for; texts to which something was added are cut to what it says. */
function within(value: Json, template: Json): Json {
  if (Array.isArray(value) && Array.isArray(template)) {
    return value.map((item, index) => within(item, template[index] ?? null));
  }
  if (typeof value === 'string' && typeof template === 'string' && value.startsWith(`${template}\n<!--`)) {
    return template;
  }
  if (!isObject(value) || !isObject(template)) return value;
  const fields = Object.entries(template).map(([name, field]): [string, Json] => {
    const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    return key === undefined ? [name, field] : [key, within(value[key] ?? null, field)];
  });
  return Object.fromEntries(fields);
}

/** With what the schemas of the sections fill in, as it is expected. */
function withDefaults(expected: Json, said: Json): Json {
  if (!isObject(expected) || !isObject(said)) return said;
  const sections = Object.entries(said).map(([type, section]): [string, Json] => {
    const { defaults = {}, templateName } = schemaOf(type)?.section ?? {};
    const whole = expected[type];
    if (!isObject(section) || !isObject(whole)) return [type, section];
    const filled = Object.entries(whole).filter(([field]) => field in defaults && !(field in section));
    const complete: JsonObject = { ...section, ...Object.fromEntries(filled) };
    const [mapping = '', name = ''] = templateName ?? [];
    const [named, like] = [complete[mapping], whole[mapping]];
    const isNamed = isObject(named) && isObject(like) && like[name] !== undefined;
    return [type, isNamed ? { ...complete, [mapping]: { ...named, [name]: like[name] ?? null } } : complete];
  });
  return Object.fromEntries(sections);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
