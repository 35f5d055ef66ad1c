import type { Gauge } from 'prom-client';
import { objectsAt, textOf } from '../json.ts';
import type { JsonObject } from '../model.ts';

export const applicationSetLabels = ['name', 'namespace', 'condition', 'reason'] as const;
type Labels = Record<(typeof applicationSetLabels)[number], string>;

export interface NamedObject {
  name: string;
  namespace: string;
  object: JsonObject;
}

/** Conditions of ApplicationSets: Argo CD tells of their errors nowhere else. */
export interface ApplicationSetSeries {
  /** Replaces the conditions of one ApplicationSet by those that are true now. */
  setApplicationSet(applicationSet: NamedObject): void;
  forgetApplicationSet(applicationSet: Pick<NamedObject, 'name' | 'namespace'>): void;
}

export function createApplicationSetSeries(
  conditions: Gauge<(typeof applicationSetLabels)[number]>,
): ApplicationSetSeries {
  const known = new Map<string, Labels[]>();

  function replace({ name, namespace }: Pick<NamedObject, 'name' | 'namespace'>, series: Labels[]): void {
    const key = `${namespace}/${name}`;
    for (const labels of known.get(key) ?? []) conditions.remove(labels);
    for (const labels of series) conditions.set(labels, 1);
    if (series.length === 0) known.delete(key);
    else known.set(key, series);
  }

  return {
    setApplicationSet({ name, namespace, object }) {
      const series = objectsAt(object, 'status', 'conditions')
        .filter((it) => it.status === 'True')
        .map((it) => ({ name, namespace, condition: textOf(it.type), reason: textOf(it.reason) }));
      replace({ name, namespace }, series);
    },
    forgetApplicationSet: (applicationSet) => replace(applicationSet, []),
  };
}
