import { describe, expect, it } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { tenantNames } from './configured-series.ts';
import type { Metrics } from './interface.ts';

const names = { triggers: ['on-a', 'on-b'], templates: ['t'], services: ['slack'] };

function configured(): Metrics {
  const metrics = createMetrics({ version: '1', processMetrics: false });
  metrics.setConfigured('argocd', { names, isTenant: false });
  return metrics;
}

async function series(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.expose()).split('\n').filter((line) => line.startsWith(`${name}{`));
}

/** Lines that name something, whatever the metric. */
async function naming(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.expose()).split('\n').filter((line) => line.includes(`"${name}"`));
}

describe('what is configured', () => {
  it('has its series at 0 from the start', async () => {
    const lines = (await configured().expose()).split('\n');
    for (const line of [
      'argocd_notifications_trigger_eval_total{name="on-a",triggered="true"} 0',
      'argocd_notifications_trigger_eval_total{name="on-b",triggered="false"} 0',
      'argocd_notifications_deliveries_total{trigger="on-a",service="slack",succeeded="true"} 0',
      'argocd_notifications_deliveries_total{trigger="on-b",service="slack",succeeded="false"} 0',
      'herald_deliveries_given_up_total{trigger="on-a",service="slack"} 0',
      'herald_deliveries_suppressed_total{trigger="on-a",service="slack"} 0',
      'herald_trigger_eval_errors_total{trigger="on-a"} 0',
      'herald_template_render_errors_total{template="t"} 0',
      'herald_unclear_attempts_total{service="slack",found="unreadable"} 0',
      'herald_delivery_latency_seconds_count{service="slack"} 0',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('keeps its counts when the configuration changes, and goes with it', async () => {
    const metrics = configured();
    metrics.evaluationErrors.inc({ trigger: 'on-a' });
    metrics.deliveries.inc({ trigger: 'on-b', service: 'slack', succeeded: 'true' });
    metrics.deliveryLatency.observe({ service: 'slack' }, 1);
    metrics.setConfigured('argocd', { names: { ...names, triggers: ['on-a', 'on-c'] }, isTenant: false });
    expect(await series(metrics, 'herald_trigger_eval_errors_total')).toEqual([
      'herald_trigger_eval_errors_total{trigger="on-a"} 1',
      'herald_trigger_eval_errors_total{trigger="on-c"} 0',
    ]);
    expect(await naming(metrics, 'on-b')).toEqual([]);
    metrics.setConfigured('argocd', {
      names: { triggers: [], templates: [], services: [] },
      isTenant: false,
    });
    for (const name of ['on-a', 't', 'slack']) expect(await naming(metrics, name)).toEqual([]);
  });

  it('stays while another namespace has it', async () => {
    const metrics = configured();
    metrics.setConfigured('team', { names, isTenant: true });
    metrics.renderErrors.inc({ template: 't' });
    metrics.setConfigured('argocd', undefined);
    expect(await series(metrics, 'herald_template_render_errors_total')).toEqual([
      'herald_template_render_errors_total{template="t"} 1',
    ]);
    metrics.setConfigured('team', undefined);
    expect(await series(metrics, 'herald_template_render_errors_total')).toEqual([]);
  });
});

describe('what is not configured', () => {
  it('is counted in one series', async () => {
    const metrics = configured();
    for (const service of ['slak', 'removed'])
      metrics.outcomes.inc({ service, outcome: 'rejected', reason: 'service_not_configured' });
    metrics.deliveries.inc({ trigger: 'on-a', service: 'slak', succeeded: 'false' });
    expect(await series(metrics, 'herald_delivery_outcomes_total')).toEqual([
      'herald_delivery_outcomes_total{service="<other>",outcome="rejected",reason="service_not_configured"} 2',
    ]);
    expect(await series(metrics, 'argocd_notifications_deliveries_total')).toContain(
      'argocd_notifications_deliveries_total{trigger="on-a",service="<other>",succeeded="false"} 1',
    );
  });
});

describe('tenants', () => {
  const many = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(5, '0')}`);

  it('have series for so many names each, and one for the rest', async () => {
    const metrics = configured();
    const before = (await metrics.expose()).split('\n').length;
    const triggers = many('on', 4_000);
    const services = many('hook', 1_000);
    for (const tenant of many('team', 8)) {
      const own = triggers.map((name) => `${tenant}-${name}`);
      metrics.setConfigured(tenant, { names: { triggers: own, templates: own, services }, isTenant: true });
      for (const name of own) metrics.evaluations.inc({ name, triggered: 'false' });
      for (const service of services)
        metrics.deliveries.inc({ trigger: own[0] ?? '', service, succeeded: 'true' });
    }
    const evaluations = await series(metrics, 'argocd_notifications_trigger_eval_total');
    expect(evaluations).toContain(
      `argocd_notifications_trigger_eval_total{name="<other>",triggered="false"} ${8 * (4_000 - tenantNames.triggers)}`,
    );
    expect((await metrics.expose()).split('\n').length - before).toBeLessThan(8 * 700);
    for (const tenant of many('team', 8)) metrics.setConfigured(tenant, undefined);
    expect((await metrics.expose()).split('\n').length - before).toBeLessThan(5);
  });

  it('have no more than so many series together, whatever pairs they make', async () => {
    const metrics = configured();
    const tenants = many('team', 300);
    for (const tenant of tenants) {
      const own = many(`${tenant}-on`, 5);
      metrics.setConfigured(tenant, {
        names: { triggers: own, templates: [], services: [`${tenant}-hook`] },
        isTenant: true,
      });
    }
    for (const tenant of tenants.slice(0, 100)) {
      for (const other of tenants)
        metrics.suppressed.inc({ trigger: `${tenant}-on-00000`, service: `${other}-hook` });
    }
    expect((await series(metrics, 'herald_deliveries_suppressed_total')).length).toBeLessThanOrEqual(10_001);
  });

  it('have so many alerts of one Application, and so many problems', async () => {
    const metrics = configured();
    const shop = { name: 'shop', namespace: 'team', project: 'p' };
    const alerts = many('severity', 500).map((severity) => ({ trigger: 'on-a', severity, since: 1_000 }));
    metrics.setAlerts(shop, alerts);
    expect(await series(metrics, 'herald_alert_active')).toHaveLength(51);
    metrics.setAlerts(shop, []);
    expect(await series(metrics, 'herald_alert_active')).toEqual([]);
    const problems = many('trigger', 500).map((key) => ({
      key,
      severity: 'error' as const,
      what: 'w',
      fix: 'f',
    }));
    metrics.setConfigLoaded('team', problems);
    const shown = await series(metrics, 'herald_config_problems');
    expect(shown).toHaveLength(51);
    expect(shown).toContain(
      'herald_config_problems{key="<other>",severity="error",config_namespace="team"} 450',
    );
  });
});
