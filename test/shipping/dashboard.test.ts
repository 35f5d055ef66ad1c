import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildDashboard } from '../../scripts/dashboard/dashboard.ts';
import { filledMetrics } from './filled-metrics.ts';
import { repository } from './kustomize.ts';

const text = readFileSync(join(repository, 'config/grafana/herald.json'), 'utf8');
const dashboard = buildDashboard();
const panels = dashboard.panels.filter(({ targets }) => targets !== undefined);
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const),
);

/** Labels of each metric that Herald has, by the name that a query reads. */
const labelsOf = await (async () => {
  const found = new Map<string, Set<string>>();
  for (const line of (await filledMetrics().expose()).split('\n')) {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    const names = found.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) names.add(label);
    found.set(name, names);
  }
  return found;
})();
/** What Prometheus adds to each series of a target. */
const ofTheTarget = ['job', 'instance'];

const metricsIn = (expr: string) => expr.match(/\b(?:herald|argocd|process|nodejs)_\w+/g) ?? [];
const labelsIn = (expr: string) => [
  ...[...expr.matchAll(/\b(?:by|on|group_right) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').flatMap((label) => label.trim() || []),
  ),
  ...[...expr.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
];

describe('the dashboard', () => {
  it('is in config/grafana as it is made', () => {
    expect(text).toBe(`${JSON.stringify(dashboard, null, 2)}\n`);
  });

  it('gives each panel a name, a description and a place of its own', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const titles = dashboard.panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const panel of panels) {
      expect(panel['description'], panel.title).toMatch(/\w.*\.$/);
      expect(panel['datasource'], panel.title).toEqual({ type: 'prometheus', uid: '${datasource}' });
    }
    const taken = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken, title).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
    }
  });

  it('asks which Prometheus and which Herald, and each query is of that one alone', () => {
    expect(dashboard['templating']).toMatchObject({
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus' },
        { name: 'job', query: { query: 'label_values(herald_build_info, job)' } },
      ],
    });
    for (const [title, expr] of queries) {
      const selectors = expr.match(/\b(?:herald|process|nodejs)_\w+(?:\{[^}]*\})?/g) ?? [];
      expect(selectors.length, title).toBeGreaterThan(0);
      for (const selector of selectors) expect(selector, title).toContain('job=~"$job"');
    }
  });

  it.each(queries)('%s: %s reads metrics and labels that there are', (_title, expr, legend) => {
    const metrics = metricsIn(expr);
    const labels = new Set(ofTheTarget);
    for (const metric of metrics) {
      expect([...labelsOf.keys()]).toContain(metric);
      for (const label of labelsOf.get(metric) ?? []) labels.add(label);
    }
    const used = [
      ...labelsIn(expr),
      ...[...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
    ];
    for (const label of used) expect([...labels], label).toContain(label);
  });

  it('shows alerts, deliveries, latency, queue, parked, watches, store, leader and configuration problems', () => {
    const read = new Set(queries.flatMap(([, expr]) => metricsIn(expr)));
    for (const metric of [
      'herald_alerts',
      'herald_delivery_outcomes_total',
      'herald_delivery_latency_seconds_bucket',
      'herald_queue_jobs',
      'herald_deliveries_parked',
      'herald_watch_up',
      'herald_queue_up',
      'herald_leader',
      'herald_config_problems',
    ])
      expect(read).toContain(metric);
  });
});

describe("argocd-notifications' own dashboard", () => {
  // Of Argo CD 2.12 to 3.6.
  it.each([
    ['argocd_notifications_trigger_eval_total', 'name'],
    ['argocd_notifications_deliveries_total', 'service'],
  ])('reads %s by %s, which Herald has', (metric, label) => {
    expect([...(labelsOf.get(metric) ?? [])]).toContain(label);
  });
});
