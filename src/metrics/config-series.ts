import type { Gauge } from 'prom-client';
import type { Problem } from '../model.ts';
import { otherName } from './configured-series.ts';

export const problemLabels = ['key', 'severity', 'config_namespace'] as const;
type ProblemLabels = Record<(typeof problemLabels)[number], string>;

/** Keys of one ConfigMap whose problems have series of their own; those of the others stand under {@link otherName}. */
export const mostProblemKeys = 50;

/** The configuration of each namespace: when it came into force, and what is wrong in it. */
export interface ConfigSeries {
  /** A configuration comes into force, now. Replaces what is known of the one before. */
  setConfigLoaded(namespace: string, problems: readonly Problem[]): void;
  forgetConfig(namespace: string): void;
}

export function createConfigSeries(gauges: {
  problems: Gauge<(typeof problemLabels)[number]>;
  loadedAt: Gauge<'config_namespace'>;
  loadProblems: Gauge<'config_namespace' | 'severity'>;
}): ConfigSeries {
  const known = new Map<string, ProblemLabels[]>();

  function replace(namespace: string, problems: readonly Problem[]): void {
    for (const labels of known.get(namespace) ?? []) gauges.problems.remove(labels);
    const keys = new Set<string>();
    const series = problems.map(({ key, severity }) => {
      if (keys.size < mostProblemKeys) keys.add(key);
      return { key: keys.has(key) ? key : otherName, severity, config_namespace: namespace };
    });
    for (const labels of series) gauges.problems.inc(labels);
    if (series.length === 0) known.delete(namespace);
    else known.set(namespace, series);
  }

  return {
    setConfigLoaded(namespace, problems) {
      const labels = { config_namespace: namespace };
      replace(namespace, problems);
      gauges.loadedAt.setToCurrentTime(labels);
      for (const severity of ['error', 'warning'] as const) {
        const count = problems.filter((problem) => problem.severity === severity).length;
        gauges.loadProblems.set({ ...labels, severity }, count);
      }
    },

    forgetConfig(namespace) {
      const labels = { config_namespace: namespace };
      replace(namespace, []);
      gauges.loadedAt.remove(labels);
      for (const severity of ['error', 'warning']) gauges.loadProblems.remove({ ...labels, severity });
    },
  };
}
