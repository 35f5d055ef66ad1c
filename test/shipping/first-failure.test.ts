import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Sample } from '../../demo/metrics.ts';
import { application, degraded, healthy, named } from '../bridge/applications.ts';
import { createWorld } from '../bridge/world.ts';
import { embeddedStore } from '../contract/stores.ts';
import { tools } from '../tools.ts';
import { repository } from './kustomize.ts';

const run = promisify(execFile);

const configuration = {
  'trigger.on-broken': `- when: app.status.health.status == 'Degraded'\n  send: [broken]\n`,
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [fine]\n`,
  'trigger.on-healthy': `- when: app.status.health.status == 'Healthy'\n  send: [fine]\n`,
  'template.broken': 'message: "{{ fail .app.metadata.name }}"\n',
  'template.fine': 'message: "{{.app.metadata.name}} is {{.app.status.health.status}}"\n',
};

/** What each of Herald's series was at one scrape and at a later one, as promtool takes it: 30 s apart, the change after 2 minutes. */
function asSeries(before: readonly Sample[], after: readonly Sample[]): { series: string; values: string }[] {
  const nameOf = ({ name, labels }: Sample) =>
    `${name}{${Object.entries(labels)
      .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
      .join(',')}}`;
  const earlier = new Map(before.map((sample) => [nameOf(sample), sample.value]));
  const later = new Map(after.map((sample) => [nameOf(sample), sample.value]));
  const scraped = (value: number | undefined, times: number) =>
    value === undefined ? `_x${times}` : `${value}x${times}`;
  return [...new Set([...earlier.keys(), ...later.keys()])]
    .filter((series) => series.startsWith('herald_'))
    .map((series) => ({
      series,
      values: `${scraped(earlier.get(series), 3)} ${scraped(later.get(series), 120)}`,
    }));
}

test.skipIf(tools.promtool === undefined)(
  'the first failure after a start raises its alert, and ordinary life none',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'herald-first-failure-'));
    const prepared = await embeddedStore().prepare();
    const world = await createWorld({ queue: prepared.url });
    onTestFinished(async () => {
      await world.close();
      await prepared.remove();
      await rm(folder, { recursive: true });
    });
    const file = await readFile(
      join(repository, 'config/components/prometheus-operator/prometheusrule.yaml'),
      'utf8',
    );
    await writeFile(join(folder, 'rules.yaml'), stringify(parse(file).spec));
    const firing = async (before: Sample[], after: Sample[], alerts: Record<string, unknown[]>) => {
      const checks = Object.entries(alerts).map(([alertname, exp_alerts]) => ({
        alertname,
        eval_time: '5m',
        exp_alerts,
      }));
      const tests = [{ interval: '30s', input_series: asSeries(before, after), alert_rule_test: checks }];
      const written = { rule_files: ['rules.yaml'], evaluation_interval: '30s', tests };
      await writeFile(join(folder, 'test.yaml'), stringify(written));
      const { stdout } = await run('promtool', ['test', 'rules', 'test.yaml'], { cwd: folder });
      expect(stdout).toContain('SUCCESS');
    };

    world.configure(configuration);
    await world.start();
    await world.decided();
    const atStart = await world.metrics();
    expect(
      atStart.find(({ name }) => name === 'herald_config_last_load_timestamp_seconds')?.value,
    ).toBeCloseTo(Date.now() / 1000, -2);

    // Born without a status, then healthy.
    const subscriptions = { 'on-broken': 'alerts', 'on-healthy': 'alerts' };
    const { status: _, ...newborn } = application('shop', { subscriptions });
    world.cluster.apply(newborn);
    world.cluster.patch(named('shop'), { status: healthy });
    await world.slack.until(() => world.slack.messages('alerts').length === 1);
    await world.decided();
    const ordinary = await world.metrics();
    await firing(atStart, ordinary, {
      HeraldTriggerErrors: [],
      HeraldTemplateErrors: [],
      HeraldDeliverySlow: [],
    });

    world.cluster.patch(named('shop'), { status: degraded });
    await world.untilMetric('herald_template_render_errors_total', {}, (value) => value > 0);
    const exp_labels = { severity: 'warning', template: 'broken' };
    const exp_annotations = {
      summary: 'Template broken does not render',
      description: "Herald's log has the template, the line and the error.",
      runbook_url: 'https://github.com/OWNER/herald/blob/main/docs/runbooks/HeraldTemplateErrors.md',
    };
    await firing(ordinary, await world.metrics(), {
      HeraldTemplateErrors: [{ exp_labels, exp_annotations }],
      HeraldTriggerErrors: [],
    });
  },
);
