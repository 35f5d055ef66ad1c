import { describe, expect, it } from 'vitest';
import type { Metrics } from './metrics/interface.ts';
import { createMetrics } from './metrics.ts';
import type { Application, JsonObject } from './model.ts';

/** With the names that the tests use. */
function metrics(): Metrics {
  const created = createMetrics({ version: '1.2.3', processMetrics: false });
  const names = {
    triggers: ['a', 'b', 'on-deployed', 'on-sync-failed'],
    templates: ['t'],
    services: ['slack'],
  };
  created.setConfigured('argocd', { names, isTenant: false });
  return created;
}

/** The samples of one metric, as the exposition has them. */
async function samples(from: Metrics, name: string): Promise<string[]> {
  const lines = (await from.expose()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

function application(status: JsonObject, over: Partial<Application> = {}): Application {
  return {
    uid: 'u1',
    namespace: 'argocd',
    name: 'shop',
    project: 'storefront',
    resourceVersion: '1',
    labels: {},
    annotations: {},
    object: { status },
    ...over,
  };
}

const finished = (phase: string, finishedAt: string) => ({
  sync: { status: 'OutOfSync' },
  health: { status: 'Degraded' },
  operationState: { phase, finishedAt },
});

describe('metrics of argocd-notifications', () => {
  it('keep their names, help and labels', async () => {
    const subject = metrics();
    subject.deliveries.inc({ trigger: 'on-deployed', service: 'slack', succeeded: 'true' });
    subject.evaluations.inc({ name: 'on-deployed', triggered: 'false' });
    const lines = (await subject.expose()).split('\n');
    for (const line of [
      '# HELP argocd_notifications_deliveries_total Number of delivered notifications.',
      '# TYPE argocd_notifications_deliveries_total counter',
      'argocd_notifications_deliveries_total{trigger="on-deployed",service="slack",succeeded="true"} 1',
      '# HELP argocd_notifications_trigger_eval_total Number of trigger evaluations.',
      '# TYPE argocd_notifications_trigger_eval_total counter',
      'argocd_notifications_trigger_eval_total{name="on-deployed",triggered="false"} 1',
    ]) {
      expect(lines).toContain(line);
    }
  });
});

describe('registries', () => {
  it('are independent of each other', async () => {
    const one = metrics();
    const other = metrics();
    one.renderErrors.inc({ template: 't' });
    expect(await samples(other, 'herald_template_render_errors_total')).toEqual([
      'herald_template_render_errors_total{template="t"} 0',
    ]);
  });

  it('hold process and event-loop metrics unless told not to', async () => {
    const text = await createMetrics({ version: '1' }).expose();
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
    expect(await metrics().expose()).not.toMatch(/^(nodejs|process)_/m);
  });
});

describe('applications', () => {
  it('have one info series, replaced when the status changes', async () => {
    const subject = metrics();
    subject.setApplication(application({}), 0);
    expect(await samples(subject, 'herald_application_info')).toEqual([
      'herald_application_info{name="shop",namespace="argocd",project="storefront",sync_status="Unknown",health_status="Unknown",operation_phase=""} 1',
    ]);
    subject.setApplication(application(finished('Failed', '2026-01-01T00:00:00Z')), 0);
    expect(await samples(subject, 'herald_application_info')).toEqual([
      'herald_application_info{name="shop",namespace="argocd",project="storefront",sync_status="OutOfSync",health_status="Degraded",operation_phase="Failed"} 1',
    ]);
  });

  it('count an operation once, and none that finished before they were first seen', async () => {
    const subject = metrics();
    subject.setApplication(application(finished('Failed', '2026-01-01T00:00:00Z')), 0);
    expect(await samples(subject, 'herald_application_operations_total')).toEqual([]);
    const again = application(finished('Failed', '2026-01-01T00:05:00Z'));
    subject.setApplication(again, 0);
    subject.setApplication(again, 0);
    subject.setApplication(application({ operationState: { phase: 'Running' } }), 0);
    subject.setApplication(application(finished('Succeeded', '2026-01-01T00:10:00Z')), 0);
    expect(await samples(subject, 'herald_application_operations_total')).toEqual([
      'herald_application_operations_total{name="shop",namespace="argocd",project="storefront",phase="Failed"} 1',
      'herald_application_operations_total{name="shop",namespace="argocd",project="storefront",phase="Succeeded"} 1',
    ]);
  });

  it('tell when the last operation finished, also one from before they were first seen', async () => {
    const subject = metrics();
    subject.setApplication(application(finished('Failed', '2026-01-01T00:00:00Z')), 0);
    const name = 'herald_application_operation_finished_timestamp_seconds';
    const labels = 'name="shop",namespace="argocd",project="storefront"';
    expect(await samples(subject, name)).toEqual([`${name}{${labels},phase="Failed"} 1767225600`]);
    subject.setApplication(application({ operationState: { phase: 'Running' } }), 0);
    expect(await samples(subject, name)).toEqual([]);
    subject.setApplication(application(finished('Succeeded', '2026-01-01T00:00:30Z')), 0);
    expect(await samples(subject, name)).toEqual([`${name}{${labels},phase="Succeeded"} 1767225630`]);
  });

  it('measure the lag of a new reconciliation only', async () => {
    const subject = metrics();
    const at = Date.parse('2026-01-01T00:00:00Z');
    subject.setApplication(application({ reconciledAt: '2025-12-31T23:00:00Z' }), at);
    subject.setApplication(application({ reconciledAt: '2026-01-01T00:00:00Z' }), at + 4000);
    subject.setApplication(application({ reconciledAt: '2026-01-01T00:00:00Z' }), at + 60_000);
    expect(await samples(subject, 'herald_application_event_lag_seconds_sum')).toEqual([
      'herald_application_event_lag_seconds_sum 4',
    ]);
    expect(await samples(subject, 'herald_application_event_lag_seconds_count')).toEqual([
      'herald_application_event_lag_seconds_count 1',
    ]);
  });

  it('take all their series with them', async () => {
    const subject = metrics();
    const shop = application(finished('Failed', '2026-01-01T00:00:00Z'));
    subject.setApplication(shop, 0);
    subject.setApplication(application(finished('Error', '2026-01-01T00:01:00Z')), 0);
    subject.setApplication(application(finished('Error', '2026-01-01T00:02:00Z'), { project: 'moved' }), 0);
    subject.setAlerts(shop, [{ trigger: 'on-sync-failed', severity: 'critical', since: 0 }]);
    subject.forgetApplication(shop);
    expect(await subject.expose()).not.toContain('name="shop"');
  });
});

describe('alerts', () => {
  const shop = { name: 'shop', namespace: 'argocd', project: 'storefront' };
  const other = { name: 'other', namespace: 'argocd', project: 'storefront' };

  it('are the set last given for the Application', async () => {
    const subject = metrics();
    subject.setAlerts(other, [{ trigger: 'a', severity: 'warning', since: 1_000 }]);
    subject.setAlerts(shop, [
      { trigger: 'a', severity: 'warning', since: 2_000 },
      { trigger: 'b', severity: 'critical', since: 3_000 },
    ]);
    subject.setAlerts(shop, [{ trigger: 'b', severity: 'critical', since: 3_000 }]);
    expect(await samples(subject, 'herald_alert_active')).toEqual([
      'herald_alert_active{trigger="a",name="other",namespace="argocd",project="storefront",severity="warning"} 1',
      'herald_alert_active{trigger="b",name="shop",namespace="argocd",project="storefront",severity="critical"} 1',
    ]);
    subject.setAlerts(shop, []);
    subject.setAlerts(other, []);
    expect(await samples(subject, 'herald_alert_active')).toEqual([]);
    expect(await samples(subject, 'herald_alert_active_since_timestamp_seconds')).toEqual([]);
  });

  it('of two conditions of one trigger and severity date from the earlier', async () => {
    const subject = metrics();
    subject.setAlerts(shop, [
      { trigger: 'a', severity: 'warning', since: 9_500 },
      { trigger: 'a', severity: 'warning', since: 2_500 },
    ]);
    expect(await samples(subject, 'herald_alert_active_since_timestamp_seconds')).toEqual([
      'herald_alert_active_since_timestamp_seconds{trigger="a",name="shop",namespace="argocd",project="storefront",severity="warning"} 2.5',
    ]);
  });
});

describe('figures that are replaced as a whole', () => {
  it('of the queue vanish while the store does not answer', async () => {
    const subject = metrics();
    expect(await samples(subject, 'herald_queue_oldest_due_job_age_seconds')).toEqual([]);
    subject.setQueue({ counts: { waiting: 3, delayed: 2 }, oldestDueAge: 1_500 });
    expect(await samples(subject, 'herald_queue_up')).toEqual(['herald_queue_up 1']);
    expect(await samples(subject, 'herald_queue_jobs')).toEqual([
      'herald_queue_jobs{state="waiting"} 3',
      'herald_queue_jobs{state="delayed"} 2',
    ]);
    expect(await samples(subject, 'herald_queue_oldest_due_job_age_seconds')).toEqual([
      'herald_queue_oldest_due_job_age_seconds 1.5',
    ]);
    subject.setQueue(undefined);
    expect(await samples(subject, 'herald_queue_up')).toEqual(['herald_queue_up 0']);
    expect(await samples(subject, 'herald_queue_jobs')).toEqual([]);
    expect(await samples(subject, 'herald_queue_oldest_due_job_age_seconds')).toEqual([]);
  });

  it('of the configuration are counted by key, severity and namespace, and leave other namespaces alone', async () => {
    const subject = metrics();
    const problem = (key: string, severity: 'error' | 'warning') => ({ key, severity, what: 'w', fix: 'f' });
    subject.setConfigLoaded('argocd', [
      problem('trigger.a', 'error'),
      problem('trigger.a', 'error'),
      problem('template.b', 'warning'),
    ]);
    subject.setConfigLoaded('team', [problem('trigger.a', 'error')]);
    subject.setConfigLoaded('argocd', [problem('trigger.a', 'error')]);
    expect(await samples(subject, 'herald_config_problems')).toEqual([
      'herald_config_problems{key="trigger.a",severity="error",config_namespace="team"} 1',
      'herald_config_problems{key="trigger.a",severity="error",config_namespace="argocd"} 1',
    ]);
  });

  it('of the configuration that came into force say when, and how many problems it had, from none on', async () => {
    const subject = metrics();
    const before = Date.now() / 1000;
    subject.setConfigLoaded('argocd', []);
    const [loaded = ''] = await samples(subject, 'herald_config_last_load_timestamp_seconds');
    expect(loaded).toMatch(/^herald_config_last_load_timestamp_seconds\{config_namespace="argocd"\} /);
    expect(Number(loaded.split(' ')[1])).toBeGreaterThanOrEqual(before);
    const problems = 'herald_config_last_load_problems{config_namespace="argocd",severity=';
    expect(await samples(subject, 'herald_config_last_load_problems')).toEqual([
      `${problems}"error"} 0`,
      `${problems}"warning"} 0`,
    ]);
    subject.setConfigLoaded('argocd', [{ key: 'trigger.a', severity: 'error', what: 'w', fix: 'f' }]);
    expect(await samples(subject, 'herald_config_last_load_problems')).toContain(`${problems}"error"} 1`);
    subject.forgetConfig('argocd');
    expect((await subject.expose()).match(/^herald_config.*/gm)).toBeNull();
  });

  it('of parked deliveries drop a service that has none left', async () => {
    const subject = metrics();
    subject.setParked(new Map([['slack', 2]]));
    subject.setParked(
      new Map([
        ['mistyped', 1],
        ['removed', 2],
      ]),
    );
    expect(await samples(subject, 'herald_deliveries_parked')).toEqual([
      'herald_deliveries_parked{service="<other>"} 3',
    ]);
  });

  it('of the watch follow its state, and go with it', async () => {
    const subject = metrics();
    subject.setWatch('applications', { up: true, lastFrameAt: 1_700_000_000_500, lagMs: 0 });
    subject.setWatch('applications', { up: false, lastFrameAt: 1_700_000_000_500, lagMs: 2_500 });
    subject.setWatch('secrets', { up: false, lastFrameAt: undefined, lagMs: 0 });
    subject.setWatch('applicationsets', { up: true, lastFrameAt: 0, lagMs: 0 });
    subject.setWatch('applicationsets', undefined);
    expect(await samples(subject, 'herald_watch_up')).toEqual([
      'herald_watch_up{resource="applications"} 0',
      'herald_watch_up{resource="secrets"} 0',
    ]);
    expect(await samples(subject, 'herald_watch_last_frame_timestamp_seconds')).toEqual([
      'herald_watch_last_frame_timestamp_seconds{resource="applications"} 1700000000.5',
    ]);
    expect(await samples(subject, 'herald_watch_lag_seconds')).toEqual([
      'herald_watch_lag_seconds{resource="applications"} 2.5',
      'herald_watch_lag_seconds{resource="secrets"} 0',
    ]);
  });
});

describe('ApplicationSets', () => {
  const withConditions = (conditions: JsonObject[]) => ({
    name: 'shops',
    namespace: 'argocd',
    object: { status: { conditions } },
  });

  it('show the conditions that are true, as long as they are', async () => {
    const subject = metrics();
    const failing = withConditions([
      { type: 'ErrorOccurred', status: 'True', reason: 'ApplicationParamsGenerationError' },
      { type: 'ResourcesUpToDate', status: 'False', reason: 'X' },
    ]);
    subject.setApplicationSet(failing);
    subject.setApplicationSet(failing);
    expect(await samples(subject, 'herald_applicationset_condition')).toEqual([
      'herald_applicationset_condition{name="shops",namespace="argocd",condition="ErrorOccurred",reason="ApplicationParamsGenerationError"} 1',
    ]);
    subject.setApplicationSet(withConditions([{ type: 'ResourcesUpToDate', status: 'True' }]));
    expect(await samples(subject, 'herald_applicationset_condition')).toEqual([
      'herald_applicationset_condition{name="shops",namespace="argocd",condition="ResourcesUpToDate",reason=""} 1',
    ]);
    subject.forgetApplicationSet({ name: 'shops', namespace: 'argocd' });
    subject.setApplicationSet({
      name: 'odd',
      namespace: 'argocd',
      object: { status: { conditions: 'none' } },
    });
    expect(await samples(subject, 'herald_applicationset_condition')).toEqual([]);
  });
});
