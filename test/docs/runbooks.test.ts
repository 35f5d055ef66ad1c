/** docs/runbooks/: a page for each alert of the shipped rules, which leads to it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderChart } from '../shipping/chart.ts';
import { find, repository } from '../shipping/kustomize.ts';
import { blocksOf, pageOf, pages } from './pages.ts';
import { commandsIn } from './shell.ts';

interface Rule {
  alert: string;
  for?: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

const folder = 'docs/runbooks';
const rulesFile = 'config/components/prometheus-operator/prometheusrule.yaml';
const rulesOf = (spec: { groups: { rules: Rule[] }[] }) => spec.groups.flatMap(({ rules }) => rules);
const rules = rulesOf(parse(readFileSync(join(repository, rulesFile), 'utf8')).spec);
const index = pageOf(`${folder}/README.md`).text;
const runbooks = pages.filter(({ path }) => path.startsWith(folder) && !path.endsWith('/README.md'));

describe('each alert', () => {
  it('has a runbook, and each runbook an alert', () => {
    expect(runbooks.map(({ path }) => path)).toEqual(
      rules.map(({ alert }) => `${folder}/${alert}.md`).toSorted(),
    );
    const listed = [...index.matchAll(/^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|/gm)];
    expect(listed.map(([, alert, severity]) => `${alert} ${severity}`).toSorted()).toEqual(
      rules.map(({ alert, labels }) => `${alert} ${labels.severity}`).toSorted(),
    );
  });

  it.each(rules)('$alert leads to its runbook', ({ alert, annotations }) => {
    const url = new URL(annotations['runbook_url'] ?? '');
    expect(existsSync(join(repository, url.pathname.replace(/^\/OWNER\/herald\/blob\/main\//, '')))).toBe(
      true,
    );
    expect(url.pathname.endsWith(`/${alert}.md`)).toBe(true);
  });

  it('leads to the runbooks of whoever says so in the values of the chart', () => {
    const runbookUrl = 'https://wiki.example.com/herald/';
    const values = { metrics: { rules: { enabled: true, runbookUrl } } };
    const rendered = rulesOf(find(renderChart(values), 'PrometheusRule', 'herald').spec);
    expect(rendered.map(({ annotations }) => annotations['runbook_url'])).toEqual(
      rules.map(({ alert }) => `${runbookUrl}${alert}.md`),
    );
  });
});

/** As the rule has it: `10m` is 10 minutes. */
function duration(given: string | undefined): string {
  if (given === undefined) return 'at once';
  const unit = { m: 'minute', h: 'hour', d: 'day' }[given.slice(-1)];
  const number = Number.parseInt(given, 10);
  return `after ${number} ${unit}${number === 1 ? '' : 's'}`;
}

describe.each(rules)('the runbook of $alert', ({ alert, labels, for: wait }) => {
  const { text } = pageOf(`${folder}/${alert}.md`);

  it('says how bad it is, what it means, what users notice, how to find and mend it, and when it ends', () => {
    expect(text.startsWith(`# ${alert}\n\nSeverity ${labels.severity}, ${duration(wait)}.\n`)).toBe(true);
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([
      'What it means',
      'What users notice',
      'Find the cause',
      'Mend',
      'When it goes away',
    ]);
    for (const section of sections) expect(section.split('\n').slice(1).join('').length).toBeGreaterThan(20);
    expect(sections[2]).toContain('```sh\n');
  });
});

describe('commands', () => {
  const lines = runbooks.flatMap((page) =>
    blocksOf(page, 'sh').flatMap(({ text }) => commandsIn(text).map((command) => command.join(' '))),
  );

  it('name the namespace, the Deployment and the labels that are installed', () => {
    const { metadata, spec } = find(renderChart(), 'Deployment', 'herald');
    expect(metadata.name).toBe('herald');
    const namespaces = lines.flatMap((line) => / -n (\S+)/.exec(line)?.slice(1) ?? []);
    expect(new Set(namespaces)).toEqual(new Set(['argocd']));
    const selectors = lines.flatMap((line) => / -l (\S+)/.exec(line)?.slice(1) ?? []);
    expect(selectors.length).toBeGreaterThan(3);
    for (const selector of selectors) {
      const [label = '', value] = selector.split('=');
      expect(spec.template.metadata.labels[label], selector).toBe(value);
    }
  });
});
