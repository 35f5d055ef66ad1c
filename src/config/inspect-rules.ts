import type { AlertRules } from '../alerts/rules.ts';
import { inspectRules as inspect } from '../alerts/schema.ts';
import { parseYaml } from '../go/yaml.ts';
import type { Problem } from '../model.ts';
import { knownValues } from './check-rules.ts';
import type { Definitions, TextOf } from './references.ts';

/** Rules that can be read and hardly be meant. `now`: Unix milliseconds. */
export function inspectRules(
  {
    rules,
    textOf,
    ...definitions
  }: Pick<Definitions, 'triggers' | 'triggerNames' | 'serviceNames'> & {
    rules: AlertRules;
    textOf: TextOf;
  },
  now: number,
): Problem[] {
  const known = [...knownValues(definitions)].map(([label, { names }]) => [label, names] as const);
  const found = inspect(rules, new Map(known), now);
  return [...Map.groupBy(found, ({ key }) => key)].flatMap(([key, all]) => {
    const document = parseYaml(textOf(key) ?? '');
    return all.map(({ entry, what, fix }) => ({
      key,
      severity: 'warning',
      ...document.at([entry - 1]),
      what,
      fix,
    }));
  });
}
