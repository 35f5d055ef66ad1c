import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Clock, systemClock } from './clock.ts';
import { createAlertStates } from './metrics/alert-series.ts';
import { createApplicationMetrics } from './metrics/application-metrics.ts';
import { createApplicationSeries } from './metrics/application-series.ts';
import { applicationSetLabels, createApplicationSetSeries } from './metrics/application-set-series.ts';
import { createConfigSeries, problemLabels } from './metrics/config-series.ts';
import { createConfiguredSeries } from './metrics/configured-series.ts';
import { createFigureSeries } from './metrics/figure-series.ts';
import type { Metrics } from './metrics/interface.ts';
import { exposeMany } from './metrics/many-series.ts';

export interface MetricsOptions {
  version: string;
  /** Process, garbage collector and event-loop metrics of prom-client. Default true; it installs observers in the process. */
  processMetrics?: boolean;
  /** Other work gets its turn while they are exposed. @defaultValue systemClock */
  clock?: Pick<Clock, 'turn' | 'monotonic'>;
}

/** From a message that leaves at once to one that waited out an outage of an hour. */
const latencyBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
/** Argo CD writes whole seconds, so finer buckets would say nothing. */
const lagBuckets = [1, 2, 5, 10, 30, 60, 300, 900];
const sizeBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics ?? true) {
    collectDefaultMetrics({ register: registry });
    // Gauges whose names end like a counter's; the same figures by type stay.
    for (const kind of ['handles', 'requests', 'resources']) {
      registry.removeSingleMetric(`nodejs_active_${kind}_total`);
    }
  }
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames, registers });

  gauge('herald_build_info', 'Version of Herald and of Node.js, always 1.', ['version', 'node_version']).set(
    { version: options.version, node_version: process.versions.node },
    1,
  );

  const configured = createConfiguredSeries();
  const destination = { trigger: 'triggers', service: 'services' } as const;
  const deliveries = configured.counter(
    counter('argocd_notifications_deliveries_total', 'Number of delivered notifications.', [
      'trigger',
      'service',
      'succeeded',
    ]),
    { names: destination, start: { succeeded: ['true', 'false'] } },
  );
  const settled = counter(
    'herald_deliveries_settled_total',
    'Deliveries whose fate is known, by what it is.',
    ['outcome'],
  );
  for (const outcome of ['sent', 'given_up']) settled.inc({ outcome }, 0);
  const givenUp = configured.counter(
    counter('herald_deliveries_given_up_total', 'Deliveries that were rejected, or retried until too old.', [
      'trigger',
      'service',
    ]),
    { names: destination, start: {} },
  );
  const evaluations = configured.counter(
    counter('argocd_notifications_trigger_eval_total', 'Number of trigger evaluations.', [
      'name',
      'triggered',
    ]),
    { names: { name: 'triggers' }, start: { triggered: ['true', 'false'] } },
  );
  const evaluationErrors = configured.counter(
    counter(
      'herald_trigger_eval_errors_total',
      'Conditions that failed at run time; they neither send nor re-arm.',
      ['trigger'],
    ),
    { names: { trigger: 'triggers' }, start: {} },
  );
  const renderErrors = configured.counter(
    counter('herald_template_render_errors_total', 'Templates that failed to render.', ['template']),
    { names: { template: 'templates' }, start: {} },
  );

  const deliveryLatency = configured.histogram(
    new Histogram({
      name: 'herald_delivery_latency_seconds',
      help: 'From the watch event to the acceptance by the service.',
      labelNames: ['service'] as const,
      buckets: latencyBuckets,
      registers,
    }),
    { names: { service: 'services' }, start: {} },
  );
  const outcomes = configured.counter(
    counter('herald_delivery_outcomes_total', 'Attempts to send, by outcome and its reason.', [
      'service',
      'outcome',
      'reason',
    ]),
    { names: { service: 'services' } },
  );
  const suppressed = configured.counter(
    counter(
      'herald_deliveries_suppressed_total',
      'Matches that were not sent because the same episode had been claimed before.',
      ['trigger', 'service'],
    ),
    { names: destination, start: {} },
  );
  const unclearAttempts = configured.counter(
    counter(
      'herald_unclear_attempts_total',
      'Attempts whose answer was lost, by what was found of them before the message was sent again.',
      ['service', 'found'],
    ),
    { names: { service: 'services' }, start: { found: ['found', 'absent', 'unreadable'] } },
  );
  const alertTransitions = configured.counter(
    counter('herald_alert_transitions_total', 'Alerts with an end that changed their state, by what into.', [
      'trigger',
      'into',
    ]),
    { names: { trigger: 'triggers' }, start: { into: ['pending', 'firing', 'recovered'] } },
  );
  const notices = configured.counter(
    counter('herald_notices_total', 'Messages of alerts with an end, by why they are sent.', [
      'service',
      'reason',
    ]),
    { names: { service: 'services' }, start: { reason: ['first', 'all resolved'] } },
  );
  const noticeSize = new Histogram({
    name: 'herald_notice_alerts',
    help: 'How many alerts a message tells of.',
    buckets: sizeBuckets,
    registers,
  });
  const nextDue = gauge(
    'herald_next_due_timestamp_seconds',
    'When an alert, a group or an evaluation is looked at next, Unix time.',
    [],
  );
  nextDue.remove();
  const argocdRequests = counter(
    'herald_argocd_requests_total',
    "Requests to Argo CD's repo-server or API for repo functions, by outcome.",
    ['function', 'outcome'],
  );
  const watchRestarts = counter('herald_watch_restarts_total', 'Watches that ended, by reason.', [
    'resource',
    'reason',
  ]);

  const figures = createFigureSeries(
    {
      parked: gauge(
        'herald_deliveries_parked',
        'Deliveries that were rejected, or retried until too old, and wait for a person.',
        ['service'],
      ),
      otherController: gauge(
        'herald_other_controller_active',
        'Whether another controller has notified of the same Applications within the last hour.',
        [],
      ),
      replicas: gauge('herald_replicas', 'Processes that share the store.', []),
      leader: gauge('herald_leader', '1 in the process that watches Applications and decides.', []),
      unevaluated: gauge('herald_evaluation_backlog', 'Events of the watches that wait to be evaluated.', []),
      backlog: gauge('herald_ledger_backlog', 'Changes that wait in memory for the store.', []),
      queueUp: gauge('herald_queue_up', '1 while the store of the queue answers.', []),
      queueDurable: gauge('herald_queue_durable', '1 where the store of the queue outlives the process.', []),
      queueJobs: gauge('herald_queue_jobs', 'Deliveries in the queue, by state.', ['state']),
      queueAge: gauge(
        'herald_queue_oldest_due_job_age_seconds',
        'How long the oldest job that may run has waited; 0 when none waits.',
        [],
      ),
      watchUp: gauge('herald_watch_up', '1 while the watch is connected.', ['resource']),
      watchFrame: gauge(
        'herald_watch_last_frame_timestamp_seconds',
        'When the last event or bookmark of the watch arrived, Unix time.',
        ['resource'],
      ),
      watchLag: gauge('herald_watch_lag_seconds', 'For how long changes may have gone unseen.', ['resource']),
      subscriptionProblems: gauge(
        'herald_subscription_problems',
        'Problems in annotations that subscribe, by the namespace and kind of the object.',
        ['namespace', 'kind'],
      ),
    },
    (service) => configured.shown('services', service),
  );

  const config = createConfigSeries({
    problems: gauge(
      'herald_config_problems',
      'Problems in the configuration, by ConfigMap key.',
      problemLabels,
    ),
    loadedAt: gauge(
      'herald_config_last_load_timestamp_seconds',
      'When the last configuration came into force, Unix time.',
      ['config_namespace'],
    ),
    loadProblems: gauge(
      'herald_config_last_load_problems',
      'Problems in the last configuration that came into force, by severity.',
      ['config_namespace', 'severity'],
    ),
  });

  const ofApplications = createApplicationMetrics();
  const eventLag = new Histogram({
    name: 'herald_application_event_lag_seconds',
    help: 'From the reconciliation of an Application by Argo CD to the arrival of its event.',
    buckets: lagBuckets,
    registers,
  });
  const applicationSets = gauge(
    'herald_applicationset_condition',
    'Conditions of ApplicationSets that are true, always 1.',
    applicationSetLabels,
  );

  async function exposeBytes(): Promise<Buffer> {
    // Of one moment: no turn of the event loop passes before the second is taken, too.
    const [few, each] = await Promise.all([
      registry.metrics(),
      exposeMany(Object.values(ofApplications), options.clock ?? systemClock),
    ]);
    return Buffer.concat([Buffer.from(`${few}\n`), each]);
  }

  return {
    contentType: registry.contentType,
    expose: async () => (await exposeBytes()).toString(),
    exposeBytes,
    deliveries,
    settled,
    givenUp,
    evaluations,
    evaluationErrors,
    renderErrors,
    deliveryLatency,
    outcomes,
    suppressed,
    unclearAttempts,
    argocdRequests,
    alertTransitions,
    notices,
    noticeSize,
    setNextDue(at) {
      if (at === undefined) nextDue.remove();
      else nextDue.set(at / 1000);
    },
    watchRestarts,

    ...figures,
    setConfigured: configured.setConfigured,
    ...config,
    ...createApplicationSeries({ ...ofApplications, eventLag }, (trigger) =>
      configured.shown('triggers', trigger),
    ),
    ...createApplicationSetSeries(applicationSets),
    ...createAlertStates(ofApplications.alerts, (trigger) => configured.shown('triggers', trigger)),
  };
}
