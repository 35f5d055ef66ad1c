import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mostMatchers } from '../../src/alerts/matcher.ts';
import { mostRules, ruleSpellings } from '../../src/alerts/schema.ts';
import { silenceOfAnnotations, silenceProblems } from '../../src/alerts/silence-annotations.ts';
import { commandSpecs } from '../../src/cli/commands.ts';
import { checkConfig } from '../../src/config/check.ts';
import { longestKey } from '../../src/config/keys.ts';
import { reservedLabels } from '../../src/model.ts';
import { severities } from '../../src/severities.ts';
import { lifecycleSpellings } from '../../src/triggers/schema.ts';
import { repository } from '../shipping/kustomize.ts';

const page = await readFile(join(repository, 'docs/alerts.md'), 'utf8');
const text = page.replaceAll(/\s+/g, ' ');
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, example = '']) => example);

/** What the examples name and do not define. */
const around = {
  'service.slack': 'token: x',
  ...Object.fromEntries(
    ['app-health-degraded', 'app-health-recovered', 'sync-failed-digest'].map((name) => [
      `template.${name}`,
      'message: x',
    ]),
  ),
  ...Object.fromEntries(
    [
      ['on-sync-failed', 'warning'],
      ['on-sync-running', 'info'],
      ['on-down', 'critical'],
    ].map(([name, severity]) => [
      `trigger.${name}`,
      JSON.stringify([
        { when: 'true', send: ['app-health-degraded'], severity, labels: { team: 'payments' } },
      ]),
    ]),
  ),
};

describe('the examples of docs/alerts.md', () => {
  it('are some', () => expect(examples.length).toBeGreaterThanOrEqual(5));

  it.each(examples.filter((example) => example.startsWith('data:')))('%s', (example) => {
    const { data } = parse(example) as { data: Record<string, string> };
    const file = JSON.stringify({
      kind: 'ConfigMap',
      metadata: { name: 'argocd-notifications-cm' },
      data: { ...around, ...data },
    });
    const now = Date.parse('2026-11-28T00:00:00Z');
    const { problems, configs } = checkConfig({ files: [{ name: 'cm.yaml', text: file }], now });
    expect(problems).toEqual([]);
    const rules = Object.entries(configs[0]?.rules ?? {});
    for (const [key, read] of rules) expect(read.length > 0, key).toBe(Object.hasOwn(data, key));
    const conditions = configs[0]?.triggers.get('on-health-degraded')?.conditions ?? [];
    expect(conditions.every(({ lifecycle }) => lifecycle !== undefined)).toBe(true);
  });

  it.each(examples.filter((example) => example.startsWith('metadata:')))('%s', (example) => {
    const { metadata } = parse(example) as { metadata: { annotations: Record<string, string> } };
    expect(silenceProblems({ ...metadata, labels: {} })).toEqual([]);
    expect(silenceOfAnnotations(metadata.annotations, 'x').silence?.until).toBe(Date.parse('2026-12-01'));
  });
});

describe('docs/alerts.md names', () => {
  it.each([
    ...Object.values(lifecycleSpellings).flat(),
    ...Object.values(ruleSpellings).flat(),
    ...reservedLabels,
    ...severities,
  ])('%s', (name) => {
    expect(text).toContain(`\`${name}\``);
  });

  it('the bounds as they are', () => {
    expect(text).toContain(
      `at most ${mostRules.toLocaleString('en')} rules of ${mostMatchers} matchers each, and ${longestKey / 1024} KiB`,
    );
  });

  it('each of the 52 lines of what Prometheus and Alertmanager do, as same or different', () => {
    const table = page.slice(page.indexOf('## If you know Alertmanager'));
    const rows = [...table.matchAll(/^\| (\d+) \| .+? \| (.+?) \|$/gm)];
    expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
    const saying = rows.filter(([, , herald]) => /^(same|differs)/.test(herald ?? ''));
    expect(saying.length).toBe(50);
  });
});

describe('the commands of docs/alerts.md', () => {
  it('are all there are, with every flag', () => {
    const specs = commandSpecs.filter(({ path: [first] }) => first === 'alerts' || first === 'silence');
    for (const { path, flags } of specs) {
      expect(text).toMatch(new RegExp(`\`(herald ${path.join(' ')}|${path.at(-1)}) ?[^a-z]`));
      for (const { name, short } of Object.values(flags)) {
        if (['limit', 'worker', 'queue'].includes(name)) continue;
        expect(text, name).toMatch(new RegExp(`--${name}\\b|\`-${short}\\b`));
      }
    }
  });
});
