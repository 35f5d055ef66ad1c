import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/config/parse-config.ts';
import { parseServiceKey } from '../../src/config/services.ts';
import { parseYaml } from '../../src/go/yaml.ts';
import type { Problem } from '../../src/model.ts';
import { runs } from '../runs.ts';
import { secret, wholeConfigMap } from './catalogue.ts';
import { type MutatedConfigMap, mutatedConfigMap } from './mutate.ts';
import { unless } from './unless.ts';

const repository = join(import.meta.dirname, '..', '..');

/** Valid ConfigMaps: the catalogue with all else, the bridge tests' one, and those of the vectors. */
function configMaps(): Record<string, string>[] {
  const seed = readFileSync(join(repository, 'test/bridge/fixtures/argocd-notifications-cm.yaml'), 'utf8');
  const { cases } = JSON.parse(readFileSync(join(repository, 'test/conformance/config.json'), 'utf8')) as {
    cases: { data: Record<string, string> }[];
  };
  const { data } = parseYaml(seed).value as { data: Record<string, string> };
  return [
    wholeConfigMap(),
    data,
    ...cases.map((vector) => vector.data).filter((each) => Object.keys(each).length > 0),
  ];
}

const originals = configMaps();
const catalogue = originals[0] ?? {};

/** What is missing in how a problem is told: what to do, and where. */
function faultsOf(problem: Problem, data: Record<string, string>): string[] {
  const { key, line, column, what, fix } = problem;
  const told = JSON.stringify(problem);
  const faults = unless(what.trim() !== '' && fix.trim() !== '', `nothing to read: ${told}`);
  const text = Object.hasOwn(data, key) ? data[key] : undefined;
  // What is missing is named as the key that it would be.
  if (text === undefined) return [...faults, ...unless(key === 'argocd', `no such key: ${told}`)];
  if (line === undefined) return faults;
  const length = text.split('\n')[line - 1]?.length ?? -1;
  const isInside = column !== undefined && column >= 1 && column <= length + 1;
  return [...faults, ...unless(isInside, `no such place: ${told}`)];
}

function errorKeys(config: Config): Set<string> {
  return new Set(config.problems.filter(({ severity }) => severity === 'error').map(({ key }) => key));
}

/** What is in force of one key, in a form that can be compared. */
function inForce(config: Config, key: string): unknown {
  const name = key.slice(key.indexOf('.') + 1);
  if (key.startsWith('trigger.')) {
    return config.triggers
      .get(name)
      ?.conditions.map(({ id, when, oncePer, send, severity }) => ({ id, when, oncePer, send, severity }));
  }
  if (key.startsWith('template.'))
    return config.templates
      .get(name)
      ?.strings.map(({ path, source, dialect }) => ({ path, source, dialect }));
  if (key.startsWith('service.')) return config.services.get(parseServiceKey(key)?.name ?? '');
  if (key.startsWith('defaultTriggers.')) return config.defaultTriggersByService.get(name);
  switch (key) {
    case 'defaultTriggers':
      return config.defaultTriggers;
    case 'context':
      return config.context;
    case 'subscriptions':
      return config.subscriptions.map(({ triggers, destinations }) => ({ triggers, destinations }));
    default:
      return undefined;
  }
}

/** Two services of one name: the first in order counts, whichever was touched. */
function sharesItsName(key: string, data: Record<string, string>): boolean {
  const name = key.startsWith('service.') ? parseServiceKey(key)?.name : undefined;
  return (
    name !== undefined &&
    Object.keys(data).some(
      (other) => other !== key && other.startsWith('service.') && parseServiceKey(other)?.name === name,
    )
  );
}

function expectOthersAsBefore(before: Config, after: Config, { data, touched }: MutatedConfigMap): void {
  // It takes the place of other keys.
  if ('config.yaml' in data || touched.has('config.yaml')) return;
  for (const key of Object.keys(data)) {
    if (touched.has(key) || sharesItsName(key, data)) continue;
    expect(inForce(after, key), key).toEqual(inForce(before, key));
  }
}

describe('a ConfigMap with mistakes', () => {
  it('is read: each mistake has its place, and other keys work as before', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(...originals)
          .chain((original) => fc.tuple(fc.constant(original), mutatedConfigMap(original))),
        ([original, mutated]) => {
          const before = parseConfig({ configMap: original, secret });
          const after = parseConfig({ configMap: mutated.data, secret });
          expect(after.problems.flatMap((problem) => faultsOf(problem, mutated.data))).toEqual([]);
          expectOthersAsBefore(before, after, mutated);
          expect(JSON.stringify(after.problems)).not.toMatch(/-secret-\d/);
        },
      ),
      runs(500),
    );
  });

  it('leaves what was good in force', () => {
    const good = parseConfig({ configMap: catalogue, secret });
    expect(errorKeys(good)).toEqual(new Set());
    fc.assert(
      fc.property(mutatedConfigMap(catalogue), (mutated) => {
        const { data } = mutated;
        const after = parseConfig({ configMap: data, secret, previous: good });
        expect(after.problems.flatMap((problem) => faultsOf(problem, data))).toEqual([]);
        expectOthersAsBefore(good, after, mutated);
        if ('config.yaml' in data) return;
        const wrong = errorKeys(after);
        // That a template is missing is an error of the triggers that send it, which are in force as they are written.
        const missesTemplates = Object.keys(catalogue).some(
          (key) => key.startsWith('template.') && !(key in data),
        );
        for (const key of Object.keys(catalogue)) {
          if (!wrong.has(key) || !(key in data) || sharesItsName(key, data)) continue;
          if (key.startsWith('trigger.') && missesTemplates) continue;
          expect(inForce(after, key), key).toEqual(inForce(good, key));
        }
        const mended = parseConfig({ configMap: catalogue, secret, previous: after });
        expect(mended.problems).toEqual(good.problems);
        for (const key of Object.keys(catalogue))
          expect(inForce(mended, key), key).toEqual(inForce(good, key));
      }),
      runs(250),
    );
  });

  it.each([
    ['a list', '- '.repeat(20_000)],
    ['brackets', '['.repeat(20_000)],
    ['braces', '{a: '.repeat(20_000)],
    ['closed brackets', '['.repeat(9_000) + ']'.repeat(9_000)],
    ['indentation', Array.from({ length: 3_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['quotes', '"'.repeat(900_000)],
    ['line breaks', '\n'.repeat(900_000)],
    ['one line', 'a'.repeat(900_000)],
    ['colons', ':'.repeat(900_000)],
    ['aliases', `a: &a [x]\n${Array.from({ length: 300 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}`],
    [
      'billion laughs',
      Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(i === 0 ? 0 : 9)}x]`).join(
        '\n',
      ),
    ],
    ['a condition of operators', `- when: "${'!'.repeat(60_000)}true"\n  send: [a]`],
    ['a template of braces', `message: "${'{{'.repeat(100_000)}"`],
    ['a template of ifs', `message: "${'{{if true}}'.repeat(20_000)}"`],
    ['NUL', '\0'.repeat(1_000)],
  ])('of %s is read, under every key', (_name, text) => {
    const data = Object.fromEntries(
      [
        'trigger.a',
        'template.a',
        'service.slack',
        'service.webhook.a',
        'subscriptions',
        'defaultTriggers',
        'defaultTriggers.slack',
        'context',
        'argocd',
        'config.yaml',
        'a',
      ].map((key) => [key, text]),
    );
    const healthy = { 'trigger.z': '- when: "true"\n  send: [z]', 'template.z': 'message: z' };
    const config = parseConfig({ configMap: { ...data, ...healthy }, secret });
    expect(config.problems.flatMap((problem) => faultsOf(problem, { ...data, ...healthy }))).toEqual([]);
    expect(config.triggers.get('z')?.conditions).toHaveLength(1);
    expect(config.templates.get('z')?.strings).toHaveLength(1);
  });
});
