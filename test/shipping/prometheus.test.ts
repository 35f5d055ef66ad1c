import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { freePort } from '../../simulator/free-port.ts';
import { createServer } from '../../src/server/server.ts';
import { filledMetrics, shop } from './filled-metrics.ts';
import { repository, succeeds } from './kustomize.ts';

const run = promisify(execFile);
const hasPromtool = succeeds('promtool', ['--version']);
const hasPrometheus = succeeds('prometheus', ['--version']);
if (!hasPromtool) console.log('promtool is not installed: metrics and alert rules are not checked');
if (!hasPrometheus) console.log('prometheus is not installed: nothing scrapes the server');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-prometheus-'));
  const rules = await readFile(
    join(repository, 'config/components/prometheus-operator/prometheusrule.yaml'),
    'utf8',
  );
  await writeFile(join(folder, 'rules.yaml'), stringify(parse(rules).spec));
  await copyFile(
    join(repository, 'test/shipping/prometheusrule.test.yaml'),
    join(folder, 'prometheusrule.test.yaml'),
  );
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

describe('alert rules', () => {
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
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.skipIf(!hasPrometheus)('a Prometheus that scrapes the server', () => {
  it('sees the target up, its series, and the alerts that they raise', async () => {
    const metrics = filledMetrics();
    const server = createServer(
      { metrics, health: { healthz: {}, readyz: {} } },
      { port: 0, host: '127.0.0.1' },
    );
    const target = `127.0.0.1:${await server.open()}`;
    cleanups.push(() => server.close(0));
    const api = await startPrometheus(target);

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
    expect(await query(api, 'herald_alert_active_since_seconds')).toMatchObject([
      { value: [expect.any(Number), '1700000000'] },
    ]);
    expect(await query(api, 'argocd_notifications_deliveries_total')).toMatchObject([
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

/** Starts a server of its own on a free port; answers the address of its API. */
async function startPrometheus(target: string): Promise<string> {
  const port = await freePort();
  const config = join(folder, 'prometheus.yaml');
  await writeFile(
    config,
    stringify({
      global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' },
      rule_files: ['rules.yaml'],
      scrape_configs: [{ job_name: 'herald', static_configs: [{ targets: [target] }] }],
    }),
  );
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  cleanups.push(async () => {
    prometheus.kill('SIGKILL');
    if (prometheus.exitCode === null && prometheus.signalCode === null) await once(prometheus, 'exit');
  });
  const api = `http://127.0.0.1:${port}/api/v1`;
  await until(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok);
  return api;
}

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

async function query(api: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${api}/query?query=${encodeURIComponent(expression)}`);
  expect(response.status).toBe(200);
  const body = (await response.json()) as { data: { result: Sample[] } };
  return body.data.result;
}

/** Prometheus tells nobody when it has scraped, so it is asked, for at most 45 seconds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 45_000;
  for (;;) {
    if (await condition().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`not within 45 seconds: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
