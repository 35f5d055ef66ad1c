import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noRules } from '../../src/alerts/rules.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { lifecycleSpellings } from '../../src/triggers/schema.ts';
import { type ConfigCase, runConfig } from './run-config.ts';

/** What argocd-notifications makes of the fields and keys that are ours, as its own code says. */
const { cases } = JSON.parse(readFileSync(new URL('herald-fields.json', import.meta.url), 'utf8')) as {
  cases: ConfigCase[];
};
const ofGroup = (...groups: string[]) => cases.filter(({ group }) => groups.includes(group));
const plain = cases.find(({ name }) => name === 'without')?.expect.triggers?.a?.[0];

describe('argocd-notifications passes over what is ours', () => {
  it.each(cases)('$group: $name', ({ expect: engine }) => {
    expect(engine).not.toHaveProperty('parseError');
    expect(engine).not.toHaveProperty('apiError');
    expect(plain).toEqual({
      when: "app.status.health.status == 'Degraded'",
      oncePer: 'app.metadata.uid',
      description: 'degraded',
      send: ['t'],
    });
    expect(engine.triggers?.a?.[0]).toEqual(plain);
  });

  it('in each spelling', () => {
    const all = cases.map(({ data }) => Object.values(data).join('\n')).join('\n');
    const ours = [...Object.values(lifecycleSpellings).flat(), 'labels', 'severity', 'safe'];
    expect(ours.filter((field) => !all.includes(`  ${field}:`))).toEqual([]);
    // Of rules the engine does not see more than the key.
    expect(Object.keys(noRules).filter((key) => !cases.some(({ data }) => key in data))).toEqual([]);
  });
});

describe('Herald reads the same conditions', () => {
  it.each(runConfig({ cases: ofGroup('fields', 'rules') }))('$group: $name', ({ status, detail }) => {
    expect(`${status} ${detail ?? ''}`.trim()).toBe('passed');
  });

  it.each(ofGroup('broken'))('and says what is broken: $name', ({ data }) => {
    const { problems } = parseConfig({ configMap: data, secret: {} });
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems)
      expect(problem).toMatchObject({ severity: 'error', line: expect.any(Number) });
  });
});
