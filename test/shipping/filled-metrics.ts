import type { Metrics } from '../../src/metrics/interface.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Application } from '../../src/model.ts';

export const shop: Application = {
  uid: 'u1',
  namespace: 'argocd',
  name: 'shop',
  project: 'storefront',
  resourceVersion: '1',
  labels: {},
  annotations: {},
  object: {
    status: {
      sync: { status: 'OutOfSync' },
      health: { status: 'Degraded' },
      operationState: { phase: 'Failed', finishedAt: '2026-01-01T00:00:00Z' },
    },
  },
};

/** Metrics with at least one series of each, and names that need escaping. */
export function filledMetrics(): Metrics {
  const metrics = createMetrics({ version: '1.2.3' });
  metrics.setConfigured('argocd', {
    names: {
      triggers: ['on-deployed', 'on-health-degraded'],
      templates: ['a "quoted"\nname \\'],
      services: ['slack'],
    },
    isTenant: false,
  });
  metrics.deliveries.inc({ trigger: 'on-deployed', service: 'slack', succeeded: 'true' });
  metrics.givenUp.inc({ trigger: 'on-deployed', service: 'slack' });
  metrics.evaluations.inc({ name: 'on-deployed', triggered: 'true' });
  metrics.evaluationErrors.inc({ trigger: 'on-deployed' });
  metrics.renderErrors.inc({ template: 'a "quoted"\nname \\' });
  metrics.deliveryLatency.observe({ service: 'slack' }, 0.3);
  metrics.outcomes.inc({ service: 'slack', outcome: 'rejected', reason: 'channel_not_found' });
  metrics.suppressed.inc({ trigger: 'on-deployed', service: 'slack' });
  metrics.unclearAttempts.inc({ service: 'slack', found: 'unreadable' });
  metrics.setReplicas({ members: 2, isLeader: true });
  metrics.setOtherController(true);
  metrics.setBacklog(1);
  metrics.argocdRequests.inc({ function: 'GetCommitMetadata', outcome: 'answered' });
  metrics.watchRestarts.inc({ resource: 'applications', reason: 'expired' });
  metrics.setWatch('applications', { up: true, lastFrameAt: 1_700_000_000_000, lagMs: 0 });
  metrics.setQueue({ counts: { waiting: 1, delayed: 0, active: 2 }, oldestDueAge: 10 });
  metrics.setQueueIsDurable(true);
  metrics.setParked(new Map([['slack', 1]]));
  metrics.setSubscriptionProblems({ namespace: 'argocd', kind: 'Application' }, 1);
  metrics.setConfigLoaded('argocd', [{ key: 'trigger.x', severity: 'error', what: 'w', fix: 'f' }]);
  metrics.setApplication({ ...shop, object: {} }, 0);
  metrics.setApplication(shop, 0);
  metrics.setStuckOperation(shop, '2026-01-01T00:00:00Z');
  metrics.setAlerts(shop, [
    { trigger: 'on-health-degraded', severity: 'critical', since: 1_700_000_000_000 },
  ]);
  metrics.setOngoingAlerts(shop, [
    { trigger: 'on-health-degraded', severity: 'critical', state: 'silenced' },
  ]);
  metrics.alertTransitions.inc({ trigger: 'on-health-degraded', into: 'firing' });
  metrics.notices.inc({ service: 'slack', reason: 'first' });
  metrics.noticeSize.observe(3);
  metrics.setNextDue(1_700_000_000_000);
  metrics.setApplicationSet({
    name: 'shops',
    namespace: 'argocd',
    object: { status: { conditions: [{ type: 'ErrorOccurred', status: 'True', reason: 'Error' }] } },
  });
  return metrics;
}
