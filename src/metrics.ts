import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Application, Json, Problem } from './model.ts';

/**
 * Every metric of Herald, in one list, with docs/metrics.md as its description for users (a test compares the two).
 *
 * - The first two are argocd-notifications' own, name for name and label for label, so that its dashboards go on
 *   working; labels of Applications are named as in Argo CD's `argocd_app_info`.
 * - Reasons and states are short static words. Series that name an Application or a problem exist only while it
 *   does, so cardinality is bounded by what is watched and active, not by what passed through.
 * - Durations are seconds, times Unix seconds; the setters below take JavaScript's milliseconds.
 */
export interface Metrics {
  readonly contentType: string;
  /** The text exposition of all metrics. */
  expose(): Promise<string>;

  /** Attempts whose fate is known: sent, or given up. `succeeded` is 'true' or 'false'. */
  readonly deliveries: Counter<'trigger' | 'service' | 'succeeded'>;
  /** `triggered` is 'true' or 'false'; a failed evaluation counts in `evaluationErrors` instead. */
  readonly evaluations: Counter<'name' | 'triggered'>;
  readonly evaluationErrors: Counter<'trigger'>;
  readonly renderErrors: Counter<'template'>;
  /** From the watch event to the service's answer, in seconds; of sent deliveries. */
  readonly deliveryLatency: Histogram<'service'>;
  /** Every attempt. `outcome` is sent, degraded, retry, rejected or expired. */
  readonly outcomes: Counter<'service' | 'outcome' | 'reason'>;
  readonly suppressed: Counter<'trigger' | 'service'>;
  /** `resource` is applications, appprojects, applicationsets, configmaps or secrets. */
  readonly watchRestarts: Counter<'resource' | 'reason'>;

  /** A frame of the watch arrived: an event, a bookmark or the end of a list. */
  setWatch(resource: string, state: { up: boolean; lastFrameAt: number }): void;
  /** Replaces what is known of the queue; undefined when the store does not answer, so that no stale figure stands. */
  setQueue(queue: QueueFigures | undefined): void;
  /** Replaces the number of parked deliveries by service. */
  setParked(byService: ReadonlyMap<string, number>): void;
  /** Replaces the problems of the ConfigMap in one namespace. */
  setConfigProblems(namespace: string, problems: readonly Problem[]): void;
  /** Sets the series of one Application, counts an operation that finished since it was last seen. */
  setApplication(application: Application, receivedAt: number): void;
  /** Replaces the alerts of one Application; none removes its series. */
  setAlerts(
    application: Pick<Application, 'name' | 'namespace' | 'project'>,
    alerts: readonly AlertSeries[],
  ): void;
  /** Removes every series that names the Application. */
  forgetApplication(application: Pick<Application, 'name' | 'namespace'>): void;
}

export interface QueueFigures {
  counts: Readonly<Record<string, number>>;
  /** Milliseconds. */
  oldestDueAge: number;
}

export interface AlertSeries {
  trigger: string;
  severity: string;
  /** Unix milliseconds since when the condition has held. */
  since: number;
}

export interface MetricsOptions {
  version: string;
  /** Process, garbage collector and event-loop metrics of prom-client. Default true; it installs observers in the process. */
  processMetrics?: boolean;
}

const applicationLabels = ['name', 'namespace', 'project'] as const;
const alertLabels = ['trigger', ...applicationLabels, 'severity'] as const;
type AlertLabels = Record<(typeof alertLabels)[number], string>;
type ApplicationLabels = Record<(typeof applicationLabels)[number], string>;
type InfoLabels = ApplicationLabels & Record<'sync_status' | 'health_status' | 'operation_phase', string>;

/** From a message that leaves at once to one that waited out an outage of an hour. */
const latencyBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
/** Argo CD writes whole seconds, so finer buckets would say nothing. */
const lagBuckets = [1, 2, 5, 10, 30, 60, 300, 900];

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

  const deliveries = counter('argocd_notifications_deliveries_total', 'Number of delivered notifications.', [
    'trigger',
    'service',
    'succeeded',
  ]);
  const evaluations = counter('argocd_notifications_trigger_eval_total', 'Number of trigger evaluations.', [
    'name',
    'triggered',
  ]);
  const evaluationErrors = counter(
    'herald_trigger_eval_errors_total',
    'Conditions that failed at run time; they neither send nor re-arm.',
    ['trigger'],
  );
  const renderErrors = counter('herald_template_render_errors_total', 'Templates that failed to render.', [
    'template',
  ]);

  const deliveryLatency = new Histogram({
    name: 'herald_delivery_latency_seconds',
    help: 'From the watch event to the acceptance by the service.',
    labelNames: ['service'] as const,
    buckets: latencyBuckets,
    registers,
  });
  const outcomes = counter('herald_delivery_outcomes_total', 'Attempts to send, by outcome and its reason.', [
    'service',
    'outcome',
    'reason',
  ]);
  const suppressed = counter(
    'herald_deliveries_suppressed_total',
    'Matches that were not sent because the same episode had been claimed before.',
    ['trigger', 'service'],
  );
  const parked = gauge(
    'herald_deliveries_parked',
    'Deliveries that were rejected, or retried until too old, and wait for a person.',
    ['service'],
  );

  const queueUp = gauge('herald_queue_up', '1 while the store of the queue answers.', []);
  const queueJobs = gauge('herald_queue_jobs', 'Deliveries in the queue, by state.', ['state']);
  const queueAge = gauge(
    'herald_queue_oldest_due_job_age_seconds',
    'How long the oldest job that may run has waited; 0 when none waits.',
    [],
  );
  queueAge.remove();

  const watchUp = gauge('herald_watch_up', '1 while the watch is connected.', ['resource']);
  const watchFrame = gauge(
    'herald_watch_last_frame_timestamp_seconds',
    'When the last event or bookmark of the watch arrived, Unix time.',
    ['resource'],
  );
  const watchRestarts = counter('herald_watch_restarts_total', 'Watches that ended, by reason.', [
    'resource',
    'reason',
  ]);
  const watchLag = new Histogram({
    name: 'herald_watch_lag_seconds',
    help: 'From the reconciliation by Argo CD to the arrival of its event.',
    buckets: lagBuckets,
    registers,
  });

  const configProblems = gauge('herald_config_problems', 'Problems in the configuration, by ConfigMap key.', [
    'key',
    'severity',
    'config_namespace',
  ]);

  const info = gauge('herald_application_info', 'Status of each watched Application, always 1.', [
    ...applicationLabels,
    'sync_status',
    'health_status',
    'operation_phase',
  ]);
  const operations = counter(
    'herald_application_operations_total',
    'Operations that finished while Herald watched, by phase.',
    [...applicationLabels, 'phase'],
  );
  const alertActive = gauge(
    'herald_alert_active',
    '1 while the condition of the trigger holds for a subscribed Application.',
    alertLabels,
  );
  const alertSince = gauge(
    'herald_alert_active_since_seconds',
    'Since when the condition has held, Unix time.',
    alertLabels,
  );

  const applications = new Map<string, SeenApplication>();
  const problemSeries = new Map<string, Record<'key' | 'severity' | 'config_namespace', string>[]>();

  function seen(application: Pick<Application, 'name' | 'namespace'>): SeenApplication {
    const key = `${application.namespace}/${application.name}`;
    let known = applications.get(key);
    if (known === undefined) {
      known = { alerts: [], phases: new Map() };
      applications.set(key, known);
    }
    return known;
  }

  function removeAlerts(known: SeenApplication): void {
    for (const labels of known.alerts) {
      alertActive.remove(labels);
      alertSince.remove(labels);
    }
    known.alerts = [];
  }

  return {
    contentType: registry.contentType,
    expose: () => registry.metrics(),
    deliveries,
    evaluations,
    evaluationErrors,
    renderErrors,
    deliveryLatency,
    outcomes,
    suppressed,
    watchRestarts,

    setWatch(resource, state) {
      watchUp.set({ resource }, state.up ? 1 : 0);
      watchFrame.set({ resource }, state.lastFrameAt / 1000);
    },

    setQueue(queue) {
      queueUp.set(queue === undefined ? 0 : 1);
      if (queue === undefined) {
        queueJobs.reset();
        queueAge.remove();
        return;
      }
      for (const [state, jobs] of Object.entries(queue.counts)) queueJobs.set({ state }, jobs);
      queueAge.set(queue.oldestDueAge / 1000);
    },

    setParked(byService) {
      parked.reset();
      for (const [service, count] of byService) parked.set({ service }, count);
    },

    setConfigProblems(namespace, problems) {
      for (const labels of problemSeries.get(namespace) ?? []) configProblems.remove(labels);
      const series = problems.map(({ key, severity }) => ({ key, severity, config_namespace: namespace }));
      for (const labels of series) configProblems.inc(labels);
      problemSeries.set(namespace, series);
    },

    setApplication(application, receivedAt) {
      const known = seen(application);
      const status = statusOf(application);
      const labels = labelsOf(application);
      if (known.info !== undefined) info.remove(known.info);
      known.info = {
        ...labels,
        sync_status: status.sync,
        health_status: status.health,
        operation_phase: status.phase,
      };
      info.set(known.info, 1);

      const first = known.status === undefined;
      if (!first && status.finishedAt !== '' && status.finishedAt !== known.status?.finishedAt) {
        const series = { ...labels, phase: status.phase };
        operations.inc(series);
        known.phases.set(`${application.project}/${status.phase}`, series);
      }
      const reconciled = Date.parse(status.reconciledAt);
      if (!first && status.reconciledAt !== known.status?.reconciledAt && Number.isFinite(reconciled)) {
        watchLag.observe(Math.max(0, receivedAt - reconciled) / 1000);
      }
      known.status = status;
    },

    setAlerts(application, alerts) {
      const known = seen(application);
      removeAlerts(known);
      const since = new Map<string, AlertSeries>();
      for (const alert of alerts) {
        const key = JSON.stringify([alert.trigger, alert.severity]);
        const earlier = since.get(key);
        if (earlier === undefined || alert.since < earlier.since) since.set(key, alert);
      }
      known.alerts = [...since.values()].map((alert) => {
        const { trigger, severity } = alert;
        const labels = { trigger, ...labelsOf(application), severity };
        alertActive.set(labels, 1);
        alertSince.set(labels, alert.since / 1000);
        return labels;
      });
    },

    forgetApplication(application) {
      const key = `${application.namespace}/${application.name}`;
      const known = applications.get(key);
      if (known === undefined) return;
      applications.delete(key);
      removeAlerts(known);
      if (known.info !== undefined) info.remove(known.info);
      for (const labels of known.phases.values()) operations.remove(labels);
    },
  };
}

/** What stands in the registry for one Application, to be removed again. */
interface SeenApplication {
  info?: InfoLabels;
  status?: ApplicationStatus;
  alerts: AlertLabels[];
  phases: Map<string, ApplicationLabels & { phase: string }>;
}

interface ApplicationStatus {
  sync: string;
  health: string;
  phase: string;
  finishedAt: string;
  reconciledAt: string;
}

function labelsOf(application: Pick<Application, 'name' | 'namespace' | 'project'>): ApplicationLabels {
  return { name: application.name, namespace: application.namespace, project: application.project };
}

/** `Unknown` for a missing sync or health status, as Argo CD's own metric; '' for an Application that never ran an operation. */
function statusOf(application: Application): ApplicationStatus {
  const text = (...path: string[]) => {
    let value: Json | undefined = application.object;
    for (const field of path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
      value = value[field];
    }
    return typeof value === 'string' ? value : '';
  };
  return {
    sync: text('status', 'sync', 'status') || 'Unknown',
    health: text('status', 'health', 'status') || 'Unknown',
    phase: text('status', 'operationState', 'phase'),
    finishedAt: text('status', 'operationState', 'finishedAt'),
    reconciledAt: text('status', 'reconciledAt'),
  };
}
