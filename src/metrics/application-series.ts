/**
 * Series of metrics that come and go with what they name, bounded in number. A part of the ground: it may import only
 * others of it.
 */
import type { Histogram } from 'prom-client';
import { operationOf, readTime, statusOf } from '../application.ts';
import type { GoTime } from '../go/time.ts';
import type { Application } from '../model.ts';
import { otherName } from './configured-series.ts';
import type { ManySeries } from './many-series.ts';

const applicationLabels = ['name', 'namespace', 'project'] as const;
export const stuckLabels = applicationLabels;
export const infoLabels = [...applicationLabels, 'sync_status', 'health_status', 'operation_phase'] as const;
export const operationLabels = [...applicationLabels, 'phase'] as const;
export const alertLabels = ['trigger', ...applicationLabels, 'severity'] as const;

type Named = Pick<Application, 'kind' | 'name' | 'namespace'>;
type Labelled = Pick<Application, 'kind' | 'name' | 'namespace' | 'project'>;

export interface AlertSeries {
  trigger: string;
  severity: string;
  /** Unix milliseconds since when the condition has held. */
  since: number;
}

/** The series that name an Application: they come, change and go with it. */
export interface ApplicationSeries {
  /**
   * Sets the status of one Application, and counts an operation that finished since it was last seen. An ApplicationSet
   * has no such series.
   */
  setApplication(application: Application, receivedAt: number): void;
  /** `startedAt` of an operation that is over and has no end; undefined removes its series. */
  setStuckOperation(application: Labelled, startedAt: string | undefined): void;
  /** Replaces the alerts of one Application; none removes its series. */
  setAlerts(application: Labelled, alerts: readonly AlertSeries[]): void;
  /** Removes every series that names the Application. */
  forgetApplication(application: Named): void;
}

export interface ApplicationMetrics {
  info: ManySeries<(typeof infoLabels)[number]>;
  operations: ManySeries<(typeof operationLabels)[number]>;
  operationFinished: ManySeries<(typeof operationLabels)[number]>;
  operationStuck: ManySeries<(typeof stuckLabels)[number]>;
  alertActive: ManySeries<(typeof alertLabels)[number]>;
  alertSince: ManySeries<(typeof alertLabels)[number]>;
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
    const known = applications.get(key) ?? { alerts: [], operations: new Set<string>() };
    applications.set(key, known);
    return known;
  }

  function removeAlerts(known: Seen): void {
    for (const id of known.alerts) {
      metrics.alertActive.remove(id);
      metrics.alertSince.remove(id);
    }
    known.alerts = [];
  }

  return {
    setApplication(application, receivedAt) {
      if (application.kind !== undefined) return;
      const known = seen(application);
      const { before } = known;
      const { sync, health, reconciledAt } = statusOf(application.object);
      const { phase, finishedAt } = operationOf(application.object);
      known.before = { finishedAt, reconciledAt };

      if (known.info !== undefined) metrics.info.remove(known.info);
      known.info = metrics.info.idOf({
        ...labelsOf(application),
        sync_status: sync,
        health_status: health,
        operation_phase: phase,
      });
      metrics.info.set(known.info, 1);

      if (known.finished !== undefined) metrics.operationFinished.remove(known.finished);
      known.finished = undefined;
      const finished = readTime(finishedAt);
      if (finished !== undefined) {
        known.finished = metrics.operationFinished.idOf({ ...labelsOf(application), phase });
        metrics.operationFinished.set(known.finished, secondsOf(finished));
      }

      if (before === undefined) return;
      if (finishedAt !== '' && finishedAt !== before.finishedAt) {
        const id = metrics.operations.idOf({ ...labelsOf(application), phase });
        metrics.operations.add(id, 1);
        known.operations.add(id);
      }
      const reconciled = readTime(reconciledAt);
      if (reconciledAt !== before.reconciledAt && reconciled !== undefined) {
        metrics.eventLag.observe(Math.max(0, receivedAt / 1000 - secondsOf(reconciled)));
      }
    },

    setStuckOperation(application, startedAt) {
      const known = seen(application);
      if (known.stuck !== undefined) metrics.operationStuck.remove(known.stuck);
      known.stuck = undefined;
      const since = Date.parse(startedAt ?? '');
      if (!Number.isFinite(since)) return;
      known.stuck = metrics.operationStuck.idOf(labelsOf(application));
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
        const id = metrics.alertActive.idOf({ trigger, ...labelsOf(application), severity });
        metrics.alertActive.set(id, 1);
        metrics.alertSince.set(id, since / 1000);
        known.alerts.push(id);
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
      for (const id of known.operations) metrics.operations.remove(id);
    },
  };
}

const overflowKey = JSON.stringify([otherName, otherName]);

/** What there is of one Application, by the ids of its series, to be removed again. */
interface Seen {
  before?: { finishedAt: string; reconciledAt: string };
  info?: string;
  finished?: string | undefined;
  stuck?: string | undefined;
  alerts: string[];
  operations: Set<string>;
}

function secondsOf({ seconds, nanosecond }: GoTime): number {
  return seconds + nanosecond / 1e9;
}

/** An ApplicationSet often has the name of an Application. */
function keyOf({ kind, namespace, name }: Named): string {
  return `${kind ?? ''} ${namespace}/${name}`;
}

function labelsOf(application: Labelled): Record<(typeof applicationLabels)[number], string> {
  return { name: application.name, namespace: application.namespace, project: application.project };
}
