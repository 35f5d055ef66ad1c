import type { Gauge } from 'prom-client';
import type { Application } from '../model.ts';
import { mostAlerts } from './application-series.ts';
import { otherName } from './configured-series.ts';

export const ongoingLabels = ['trigger', 'name', 'namespace', 'project', 'severity', 'state'] as const;

export type OngoingState = 'pending' | 'firing' | 'silenced' | 'inhibited' | 'muted' | 'acknowledged';

export interface OngoingSeries {
  trigger: string;
  severity: string;
  state: OngoingState;
}

type Labels = Record<(typeof ongoingLabels)[number], string>;

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
  gauge: Gauge<(typeof ongoingLabels)[number]>,
  shown: (trigger: string) => string,
): AlertStates {
  const known = new Map<string, { text: string; labels: Labels[] }>();
  return {
    setOngoingAlerts({ kind, name, namespace, project }, alerts) {
      const id = `${kind ?? ''} ${namespace}/${name}`;
      const before = known.get(id);
      if (!before && alerts.length === 0) return;
      const series = new Map<string, Labels>();
      for (const alert of alerts) {
        const trigger = shown(alert.trigger);
        const labels = { trigger, name, namespace, project, severity: alert.severity, state: alert.state };
        const key = JSON.stringify(Object.values(labels));
        const isFolded = series.size >= mostAlerts && !series.has(key);
        if (!isFolded) series.set(key, labels);
        else
          series.set(`${otherName} ${alert.state}`, { ...labels, trigger: otherName, severity: otherName });
      }
      const text = JSON.stringify([...series.values()]);
      if (before?.text === text) return;
      for (const labels of before?.labels ?? []) gauge.remove(labels);
      for (const labels of series.values()) gauge.set(labels, 1);
      if (series.size === 0) known.delete(id);
      else known.set(id, { text, labels: [...series.values()] });
    },
  };
}
