import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { createServer } from '../../src/server/server.ts';
import { tools } from '../tools.ts';
import { filledMetrics, shop } from './filled-metrics.ts';
import { repository } from './kustomize.ts';
import { query, startPrometheus, until } from './prometheus.ts';

const run = promisify(execFile);
const hasPromtool = tools.promtool !== undefined;
const hasPrometheus = tools.prometheus !== undefined;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-prometheus-'));
  const rules = await readFile(
    join(repository, 'config/components/prometheus-operator/prometheusrule.yaml'),
    'utf8',
  );
  await writeFile(join(folder, 'rules.yaml'), stringify(parse(rules).spec));
  // Values such as 0x10 are texts.
  const expected: RuleTestFile = parse(
    await readFile(join(repository, 'test/shipping/prometheusrule.test.yaml'), 'utf8'),
    { schema: 'failsafe' },
  );
  for (const { alertname, exp_alerts } of expected.tests.flatMap((test) => test.alert_rule_test))
    for (const alert of exp_alerts) alert.exp_annotations['runbook_url'] = runbook(alertname);
  await writeFile(join(folder, 'prometheusrule.test.yaml'), stringify(expected));
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!hasPromtool)('promtool', () => {
  it('finds nothing wrong with the exposition', async () => {
    const exposition = await filledMetrics().expose();
    const check = run('promtool', ['check', 'metrics']);
    check.child.stdin?.end(exposition);
    expect(await check).toEqual({ stdout: '', stderr: '' });
  });

  it('accepts the alert rules', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', 'rules.yaml'], { cwd: folder });
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('finds that each alert fires when it should', async () => {
    const { stdout } = await run('promtool', ['test', 'rules', 'prometheusrule.test.yaml'], { cwd: folder });
    expect(stdout).toContain('SUCCESS');
  });
});

/**
 * Two replicas, scraped every 30 s for an hour and a half. At 20 minutes the leader is replaced and the other leads; at
 * 50 minutes the store is away for a minute, and what waited is sent late.
 */
const ordinaryDay = {
  'herald_build_info{pod="a"}': '1x40 stale',
  'herald_build_info{pod="b"}': '1x180',
  'herald_build_info{pod="c"}': '_x44 1x140',
  'herald_leader{pod="a"}': '0 1x39 stale',
  'herald_leader{pod="b"}': '0x41 1x140',
  'herald_leader{pod="c"}': '_x44 0x140',
  'herald_queue_up{pod="b"}': '0 1x98 0x2 1x80',
  'herald_queue_up{pod="c"}': '_x44 0 1x54 0x2 1x80',
  'herald_queue_oldest_due_job_age_seconds{pod="b"}': '0x100 90 400 120 0x80',
  'herald_watch_up{resource="applications",pod="a"}': '0 1x39 stale',
  'herald_watch_up{resource="applications",pod="b"}': '_x41 0 1x140',
  'herald_watch_up{resource="configmap",pod="b"}': '0 1x60 0x2 1x120',
  'herald_watch_last_frame_timestamp_seconds{resource="configmap",pod="b"}': '_ 30+30x180',
  // Old, but of before the process: a failure of yesterday, and one that is mended.
  'herald_application_operation_finished_timestamp_seconds{name="shop",namespace="argocd",project="p",phase="Failed",pod="a"}':
    '-86400x40 stale',
  'herald_application_operation_finished_timestamp_seconds{name="shop",namespace="argocd",project="p",phase="Failed",pod="b"}':
    '_x41 -86400x140',
  'herald_application_operations_total{name="cart",namespace="argocd",project="p",phase="Succeeded",pod="b"}':
    '_x50 1+1x130',
  // A deployment: out of sync, then progressing, in turn.
  'herald_application_info{name="cart",namespace="argocd",project="p",sync_status="OutOfSync",health_status="Healthy",pod="a"}':
    '_x10 1x10 stale',
  'herald_application_info{name="cart",namespace="argocd",project="p",sync_status="Synced",health_status="Progressing",pod="a"}':
    '_x20 1x8 stale',
  'herald_application_info{name="cart",namespace="argocd",project="p",sync_status="Synced",health_status="Degraded",pod="a"}':
    '_x28 1x4 stale',
  'herald_application_info{name="cart",namespace="argocd",project="p",sync_status="Synced",health_status="Healthy",pod="a"}':
    '_x32 1x8 stale',
  'herald_applicationset_condition{name="shops",namespace="argocd",condition="ResourcesUpToDate",reason="ok",pod="a"}':
    '1x40 stale',
  'herald_config_problems{key="template.x",severity="warning",config_namespace="argocd",pod="b"}': '1x180',
  'herald_config_problems{key="trigger.y",severity="error",config_namespace="argocd",pod="b"}':
    '_x20 1x6 stale',
  'herald_deliveries_parked{service="slack",pod="b"}': '_x20 1x6 stale',
  // An alert that ends within the hour, one that is silenced for a night, and a due time that is always met.
  'herald_alerts{trigger="on-degraded",name="cart",namespace="argocd",project="p",severity="critical",state="firing",pod="b"}':
    '_x50 1x100 stale',
  'herald_alerts{trigger="on-degraded",name="shop",namespace="argocd",project="p",severity="critical",state="silenced",pod="b"}':
    '_x50 1x130',
  'herald_next_due_timestamp_seconds{pod="a"}': '10+30x40 stale',
  'herald_next_due_timestamp_seconds{pod="b"}': '_x41 1250+30x140',
  // Once in a while something fails that does not fail again.
  'herald_trigger_eval_errors_total{trigger="on-deployed",pod="a"}': '0x20 1x20 stale',
  'herald_trigger_eval_errors_total{trigger="on-deployed",pod="b"}': '0x100 1x80',
  'herald_template_render_errors_total{template="app-deployed",pod="a"}': '3x40 stale',
  'herald_template_render_errors_total{template="app-deployed",pod="b"}': '0x180',
  'herald_delivery_latency_seconds_bucket{service="slack",le="1",pod="b"}': '0x10 1+1x90 91x80',
  'herald_delivery_latency_seconds_bucket{service="slack",le="60",pod="b"}': '0x10 1+1x90 91x80',
  'herald_delivery_latency_seconds_bucket{service="slack",le="300",pod="b"}': '0x10 1+1x90 131x80',
  'herald_delivery_latency_seconds_bucket{service="slack",le="+Inf",pod="b"}': '0x10 1+1x90 131x80',
  'herald_delivery_latency_seconds_bucket{service="unused",le="60",pod="b"}': '0x180',
  'herald_delivery_latency_seconds_bucket{service="unused",le="+Inf",pod="b"}': '0x180',
};

describe('alert rules', () => {
  it.skipIf(!hasPromtool)('are silent on an ordinary day, and right after a restart', async () => {
    const rules: RuleFile = parse(await readFile(join(folder, 'rules.yaml'), 'utf8'));
    const alerts = rules.groups.flatMap((group) => group.rules.map(({ alert }) => alert));
    const written = {
      rule_files: ['rules.yaml'],
      evaluation_interval: '30s',
      tests: [
        {
          interval: '30s',
          input_series: Object.entries(ordinaryDay).map(([series, values]) => ({ series, values })),
          alert_rule_test: alerts.flatMap((alertname) =>
            Array.from({ length: 90 }, (_, minute) => ({
              alertname,
              eval_time: `${minute}m`,
              exp_alerts: [],
            })),
          ),
        },
      ],
    };
    await writeFile(join(folder, 'ordinary.yaml'), stringify(written));
    const { stdout } = await run('promtool', ['test', 'rules', 'ordinary.yaml'], { cwd: folder });
    expect(stdout).toContain('SUCCESS');
  });

  it('read only metrics that exist, and each is shown to fire', async () => {
    const rules: RuleFile = parse(await readFile(join(folder, 'rules.yaml'), 'utf8'));
    const alerts = rules.groups.flatMap((group) => group.rules);
    const exposition = await filledMetrics().expose();
    for (const name of alerts.flatMap(({ expr }) => expr.match(/herald_\w+/g) ?? [])) {
      expect(exposition).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
    }

    const file: RuleTestFile = parse(await readFile(join(folder, 'prometheusrule.test.yaml'), 'utf8'));
    const fired = file.tests.flatMap((test) => test.alert_rule_test.filter((it) => it.exp_alerts.length > 0));
    expect(new Set(fired.map((it) => it.alertname))).toEqual(new Set(alerts.map((it) => it.alert)));
  });
});

interface RuleFile {
  groups: { rules: { alert: string; expr: string }[] }[];
}

interface RuleTestFile {
  tests: {
    alert_rule_test: { alertname: string; exp_alerts: { exp_annotations: Record<string, string> }[] }[];
  }[];
}

/** Every alert has it, so that it is not written at each. */
const runbook = (alert: string) => `https://github.com/OWNER/herald/blob/main/docs/runbooks/${alert}.md`;

describe.skipIf(!hasPrometheus)('a Prometheus that scrapes the server', () => {
  it('sees the target up, its series, and the alerts that they raise', async () => {
    const metrics = filledMetrics();
    const server = createServer(
      { version: '1', metrics, health: { healthz: {}, readyz: {} } },
      { port: 0, host: '127.0.0.1' },
    );
    const target = `127.0.0.1:${await server.open()}`;
    onTestFinished(() => server.close(0));
    const api = await startPrometheus(target, { rules: join(folder, 'rules.yaml') });

    await until(async () => (await query(api, 'up')).some((it) => it.value[1] === '1'));
    expect(await query(api, 'herald_alert_active')).toMatchObject([
      {
        metric: {
          trigger: 'on-health-degraded',
          name: 'shop',
          namespace: 'argocd',
          project: 'storefront',
          severity: 'critical',
        },
        value: [expect.any(Number), '1'],
      },
    ]);
    expect(await query(api, 'herald_alert_active_since_timestamp_seconds')).toMatchObject([
      { value: [expect.any(Number), '1700000000'] },
    ]);
    expect(await query(api, 'argocd_notifications_deliveries_total > 0')).toMatchObject([
      { metric: { trigger: 'on-deployed', service: 'slack', succeeded: 'true' } },
    ]);
    expect(await query(api, 'herald_template_render_errors_total')).toMatchObject([
      { metric: { template: 'a "quoted"\nname \\' } },
    ]);
    expect((await query(api, 'nodejs_eventloop_lag_p99_seconds')).length).toBe(1);

    // The rules evaluate on real series: Degraded and OutOfSync are pending, as their `for` has not passed.
    await until(async () => {
      const pending = await query(api, 'ALERTS{alertstate="pending"}');
      const names = new Set(pending.map((it) => it.metric['alertname']));
      return names.has('ArgoCDAppDegraded') && names.has('ArgoCDAppOutOfSync');
    });

    // A series that goes away is gone at the next scrape, not five minutes later.
    metrics.setAlerts(shop, []);
    await until(async () => (await query(api, 'herald_alert_active')).length === 0);
  });
});
