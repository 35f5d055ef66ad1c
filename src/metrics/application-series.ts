import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Application, Json } from '../model.ts';
import { otherName } from './configured-series.ts';

const applicationLabels = ['name', 'namespace', 'project'] as const;
export const stuckLabels = applicationLabels;
export const infoLabels = [...applicationLabels, 'sync_status', 'health_status', 'operation_phase'] as const;
export const operationLabels = [...applicationLabels, 'phase'] as const;
export const alertLabels = ['trigger', ...applicationLabels, 'severity'] as const;

type Labels<Names extends readonly string[]> = Record<Names[number], string>;
type Named = Pick<Application, 'name' | 'namespace'>;
type Labelled = Pick<Application, 'name' | 'namespace' | 'project'>;

export interface AlertSeries {
  trigger: string;
  severity: string;
  /** Unix milliseconds since when the condition has held. */
  since: number;
}

/** The series that name an Application: they come, change and go with it. */
export interface ApplicationSeries {
  /** Sets the status of one Application, and counts an operation that finished since it was last seen. */
  setApplication(application: Application, receivedAt: number): void;
  /** `startedAt` of an operation that is over and has no end; undefined removes its series. */
  setStuckOperation(application: Labelled, startedAt: string | undefined): void;
  /** Replaces the alerts of one Application; none removes its series. */
  setAlerts(application: Labelled, alerts: readonly AlertSeries[]): void;
  /** Removes every series that names the Application. */
  forgetApplication(application: Named): void;
}

export interface ApplicationMetrics {
  info: Gauge<(typeof infoLabels)[number]>;
  operations: Counter<(typeof operationLabels)[number]>;
  operationFinished: Gauge<(typeof operationLabels)[number]>;
  operationStuck: Gauge<(typeof stuckLabels)[number]>;
  alertActive: Gauge<(typeof alertLabels)[number]>;
  alertSince: Gauge<(typeof alertLabels)[number]>;
  eventLag: Histogram;
}

/** Pairs of trigger and severity that have series of their own, of one Application: both are free text of a tenant's. */
export const mostAlerts = 50;

/** `shown` gives the name of a trigger as a label's value. */
export function createApplicationSeries(
  metrics: ApplicationMetrics,
  shown: (trigger: string) => string,
): ApplicationSeries {
  const applications = new Map<string, Seen>();

  function seen(application: Named): Seen {
    const key = keyOf(application);
    const known = applications.get(key) ?? { alerts: [], operations: new Map() };
    applications.set(key, known);
    return known;
  }

  function removeAlerts(known: Seen): void {
    for (const labels of known.alerts) {
      metrics.alertActive.remove(labels);
      metrics.alertSince.remove(labels);
    }
    known.alerts = [];
  }

  return {
    setApplication(application, receivedAt) {
      const known = seen(application);
      const before = known.status;
      const status = statusOf(application);
      known.status = status;

      if (known.info !== undefined) metrics.info.remove(known.info);
      known.info = {
        ...labelsOf(application),
        sync_status: status.sync,
        health_status: status.health,
        operation_phase: status.phase,
      };
      metrics.info.set(known.info, 1);

      if (known.finished !== undefined) metrics.operationFinished.remove(known.finished);
      known.finished = undefined;
      const finishedAt = Date.parse(status.finishedAt);
      if (Number.isFinite(finishedAt)) {
        known.finished = { ...labelsOf(application), phase: status.phase };
        metrics.operationFinished.set(known.finished, finishedAt / 1000);
      }

      if (before === undefined) return;
      if (status.finishedAt !== '' && status.finishedAt !== before.finishedAt) {
        const labels = { ...labelsOf(application), phase: status.phase };
        metrics.operations.inc(labels);
        known.operations.set(`${application.project}/${status.phase}`, labels);
      }
      const reconciledAt = Date.parse(status.reconciledAt);
      if (status.reconciledAt !== before.reconciledAt && Number.isFinite(reconciledAt)) {
        metrics.eventLag.observe(Math.max(0, receivedAt - reconciledAt) / 1000);
      }
    },

    setStuckOperation(application, startedAt) {
      const known = seen(application);
      if (known.stuck !== undefined) metrics.operationStuck.remove(known.stuck);
      known.stuck = undefined;
      const since = Date.parse(startedAt ?? '');
      if (!Number.isFinite(since)) return;
      known.stuck = labelsOf(application);
      metrics.operationStuck.set(known.stuck, since / 1000);
    },

    setAlerts(application, alerts) {
      const known = seen(application);
      removeAlerts(known);
      const earliest = new Map<string, AlertSeries>();
      const keep = (alert: AlertSeries) => {
        const key = JSON.stringify([alert.trigger, alert.severity]);
        if (earliest.size >= mostAlerts && !earliest.has(key)) return false;
        if (alert.since < (earliest.get(key)?.since ?? Number.POSITIVE_INFINITY)) earliest.set(key, alert);
        return true;
      };
      for (const { trigger, ...alert } of alerts) {
        if (keep({ ...alert, trigger: shown(trigger) })) continue;
        const folded = earliest.get(overflowKey) ?? {
          trigger: otherName,
          severity: otherName,
          since: alert.since,
        };
        earliest.set(overflowKey, { ...folded, since: Math.min(folded.since, alert.since) });
      }
      for (const { trigger, severity, since } of earliest.values()) {
        const labels = { trigger, ...labelsOf(application), severity };
        metrics.alertActive.set(labels, 1);
        metrics.alertSince.set(labels, since / 1000);
        known.alerts.push(labels);
      }
    },

    forgetApplication(application) {
      const known = applications.get(keyOf(application));
      if (known === undefined) return;
      applications.delete(keyOf(application));
      removeAlerts(known);
      if (known.info !== undefined) metrics.info.remove(known.info);
      if (known.finished !== undefined) metrics.operationFinished.remove(known.finished);
      if (known.stuck !== undefined) metrics.operationStuck.remove(known.stuck);
      for (const labels of known.operations.values()) metrics.operations.remove(labels);
    },
  };
}

const overflowKey = JSON.stringify([otherName, otherName]);

/** What stands in the registry for one Application, to be removed again. */
interface Seen {
  status?: Status;
  info?: Labels<typeof infoLabels>;
  finished?: Labels<typeof operationLabels> | undefined;
  stuck?: Labels<typeof stuckLabels> | undefined;
  alerts: Labels<typeof alertLabels>[];
  operations: Map<string, Labels<typeof operationLabels>>;
}

interface Status {
  sync: string;
  health: string;
  phase: string;
  finishedAt: string;
  reconciledAt: string;
}

/** Missing sync and health status read `Unknown`, as in `argocd_app_info`; the phase is '' before the first operation. */
function statusOf(application: Application): Status {
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

function keyOf(application: Named): string {
  return `${application.namespace}/${application.name}`;
}

function labelsOf(application: Labelled): Labels<typeof applicationLabels> {
  return { name: application.name, namespace: application.namespace, project: application.project };
}
