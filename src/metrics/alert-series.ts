import type { Application } from '../model.ts';
import { mostAlerts } from './application-series.ts';
import { otherName } from './configured-series.ts';
import type { ManySeries } from './many-series.ts';

export const ongoingLabels = ['trigger', 'name', 'namespace', 'project', 'severity', 'state'] as const;

export type OngoingState = 'pending' | 'firing' | 'silenced' | 'inhibited' | 'muted' | 'acknowledged';

export interface OngoingSeries {
  trigger: string;
  severity: string;
  state: OngoingState;
}

/** The alerts that have an end, in the style of Prometheus' `ALERTS`. */
export interface AlertStates {
  /** Replaces those of one Application; none removes its series. */
  setOngoingAlerts(
    application: Pick<Application, 'kind' | 'name' | 'namespace' | 'project'>,
    alerts: readonly OngoingSeries[],
  ): void;
}

/** `shown` gives the name of a trigger as a label's value. */
export function createAlertStates(
  states: ManySeries<(typeof ongoingLabels)[number]>,
  shown: (trigger: string) => string,
): AlertStates {
  const known = new Map<string, ReadonlySet<string>>();
  return {
    setOngoingAlerts({ kind, name, namespace, project }, alerts) {
      const application = `${kind ?? ''} ${namespace}/${name}`;
      const before = known.get(application) ?? new Set();
      if (before.size === 0 && alerts.length === 0) return;
      const series = new Set<string>();
      for (const { trigger, severity, state } of alerts) {
        const labels = { trigger: shown(trigger), name, namespace, project, severity, state };
        const id = states.idOf(labels);
        const isFolded = series.size >= mostAlerts && !series.has(id);
        series.add(isFolded ? states.idOf({ ...labels, trigger: otherName, severity: otherName }) : id);
      }
      for (const id of before) if (!series.has(id)) states.remove(id);
      for (const id of series) states.set(id, 1);
      if (series.size === 0) known.delete(application);
      else known.set(application, series);
    },
  };
}
