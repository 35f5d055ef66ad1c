/** docs/reference/configmap.md: the keys of the ConfigMap and their fields. Each example is read by the parser. */

import { ruleFields, ruleSpellings } from '../../src/alerts/schema.ts';
import { argocdFields } from '../../src/config/argocd-options.ts';
import { knownKeys, longestKey } from '../../src/config/keys.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { subscriptionFields } from '../../src/subscriptions/schema.ts';
import { ownFields } from '../../src/templates/schema.ts';
import { conditionFields, lifecycleSpellings, mostConditions } from '../../src/triggers/schema.ts';
import { markdownTable } from '../markdown-table.ts';
import {
  argocdMeanings,
  conditionMeanings,
  intervalNote,
  keyExamples,
  keyMeanings,
  ruleMeanings,
  subscriptionMeanings,
  templateMeanings,
} from './configmap-words.ts';
import { block, code, type Page, page } from './markdown.ts';

/** Further spellings of a field, by our own. */
const spellings: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...Object.values(lifecycleSpellings), ...Object.values(ruleSpellings)].map(([own, ...others]) => [
    own,
    others,
  ]),
);

/** A row for each field, none left out and none made up. */
function fieldTable(fields: readonly string[], meanings: Readonly<Record<string, string>>): string {
  const others = new Set(Object.values(spellings).flat());
  const own = fields.filter((field) => !others.has(field));
  checkNames(own, meanings);
  return markdownTable(
    ['field', '', 'also written'],
    own.map((field) => [code(field), meanings[field] ?? '', (spellings[field] ?? []).map(code).join(', ')]),
  );
}

function checkNames(names: readonly string[], meanings: Readonly<Record<string, unknown>>): void {
  const odd = [
    ...names.filter((name) => meanings[name] === undefined),
    ...Object.keys(meanings).filter((name) => !names.includes(name)),
  ];
  if (odd.length > 0)
    throw new Error(`scripts/reference/configmap-words.ts does not fit the code: ${odd.join(', ')}`);
}

/** Keys of the ConfigMap as YAML; throws where they have a problem. */
function example(keys: readonly string[]): string {
  const data = Object.fromEntries(keys.map((key) => [key, keyExamples[key] ?? '']));
  const config = parseConfig({
    configMap: keyExamples,
    secret: { 'slack-token': 'xoxb-0', 'argocd-token': 'token' },
  });
  const [problem] = config.problems;
  if (problem) throw new Error(`the example of ${problem.key}: ${problem.what}`);
  const text = Object.entries(data).map(
    ([key, value]) => `  ${key}: |\n${value.trimEnd().replaceAll(/^(?=.)/gm, '    ')}`,
  );
  return block('yaml', `data:\n${text.join('\n')}`);
}

function ruleSections(): string[] {
  return Object.entries(ruleFields).flatMap(([key, names]) => [
    `### ${code(key)}`,
    fieldTable(
      names.map((name) => ruleSpellings[name][0]),
      ruleMeanings[key] ?? {},
    ),
    ...(key === 'muteTimes' ? [intervalNote] : []),
    example([key]),
  ]);
}

export function configMapPage(): Page {
  checkNames(knownKeys, keyMeanings);
  return page('docs/reference/configmap.md', [
    '# Keys of argocd-notifications-cm',
    `What is not known is passed over, with a warning. A key with an error disables itself only: its last good version stays in
force. A key of a trigger, a template or rules has at most ${longestKey / 1024} KiB, a trigger at most
${mostConditions.toLocaleString('en')} conditions. [config-check.md](../config-check.md) lists what is found to be wrong.`,
    markdownTable(
      ['key', '', 'of Herald'],
      Object.entries(keyMeanings).map(([key, { what, ours }]) => [code(key), what, ours ? 'yes' : '']),
    ),
    '## Services',
    'Options, sections and recipients of each type: [services.md](services.md).',
    example(['service.slack']),
    '## Triggers',
    'A list of conditions, each with these fields. Variables and functions: [conditions.md](conditions.md).',
    fieldTable(conditionFields, conditionMeanings),
    example(['trigger.on-health-degraded']),
    '## Templates',
    'Beside these, a section for each type of service. Variables and functions: [templates.md](templates.md).',
    fieldTable(ownFields, templateMeanings),
    example(['template.app-health-degraded']),
    '## Subscriptions',
    'A list of them; annotations subscribe, too: [annotations.md](annotations.md).',
    fieldTable(subscriptionFields, subscriptionMeanings),
    example(['subscriptions', 'defaultTriggers', 'defaultTriggers.slack']),
    '## Context',
    'Texts for conditions and templates.',
    example(['context']),
    '## Rules',
    'What holds alerts back and puts them together: [alerts.md](../alerts.md#rules).',
    ...ruleSections(),
    "## Argo CD's API",
    'In place of its repo-server: [repo-functions.md](../repo-functions.md).',
    fieldTable(argocdFields, argocdMeanings),
    example(['argocd']),
  ]);
}
