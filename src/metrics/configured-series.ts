import type { Counter, Histogram } from 'prom-client';

/** What a configuration names, by the label that it becomes. */
export interface ConfiguredNames {
  triggers: Iterable<string>;
  templates: Iterable<string>;
  services: Iterable<string>;
}

export type NameKind = keyof ConfiguredNames;

/** Stands for names that are not configured, or beyond the bounds. No key of a ConfigMap can be so called. */
export const otherName = '<other>';

/** How many names of one tenant's ConfigMap have series of their own, the first by the alphabet. */
export const tenantNames: Readonly<Record<NameKind, number>> = { triggers: 20, templates: 20, services: 5 };

/** How many series one metric has at most, whoever named them; beyond, all names read {@link otherName}. */
const mostSeries = 10_000;

/** A counter whose series come, at 0, and go with the configurations that name them. */
export interface NamedCounter<L extends string> {
  inc(labels: Record<L, string>, value?: number): void;
}

export interface NamedHistogram<L extends string> {
  observe(labels: Record<L, string>, value: number): void;
}

export interface ConfiguredSeries {
  /** Replaces what the configuration of a namespace names; undefined when it is gone. */
  setConfigured(
    namespace: string,
    configured: { names: ConfiguredNames; isTenant: boolean } | undefined,
  ): void;
  /** The name as a label's value: itself while a configuration has it. */
  shown(kind: NameKind, name: string): string;
  counter<L extends string>(counter: Counter<L>, plan: SeriesPlan<L>): NamedCounter<L>;
  histogram<L extends string>(histogram: Histogram<L>, plan: SeriesPlan<L>): NamedHistogram<L>;
}

export interface SeriesPlan<L extends string> {
  /** Labels that hold configured names. */
  names: Partial<Record<L, NameKind>>;
  /** Series at 0 from the start: for each name, with these values of the other labels. Absent: none. */
  start?: Partial<Record<L, readonly string[]>>;
}

/** One metric, as the registry of names sees it. */
interface Tracked {
  /** Series at 0 for what one configuration names. */
  begin(names: Names): void;
  /** Removes the series of names that are gone. */
  forget(kind: NameKind, gone: ReadonlySet<string>): void;
}

type Names = Readonly<Record<NameKind, readonly string[]>>;

const kinds: readonly NameKind[] = ['triggers', 'templates', 'services'];

/**
 * Names in labels come from ConfigMaps, under self-service from those of tenants: without a bound one tenant could
 * fill the memory of Herald and of Prometheus, and without an end each renamed trigger would leave its series behind.
 */
export function createConfiguredSeries(): ConfiguredSeries {
  const byNamespace = new Map<string, Names>();
  const known: Record<NameKind, Map<string, number>> = {
    triggers: new Map(),
    templates: new Map(),
    services: new Map(),
  };
  const metrics: Tracked[] = [];

  const shown = (kind: NameKind, name: string) => (known[kind].has(name) ? name : otherName);

  function track<L extends string>(
    metric: { zero(labels: Record<L, string>): void; remove(labels: Record<L, string>): void },
    { names, start }: SeriesPlan<L>,
  ): (labels: Record<L, string>) => Record<L, string> {
    const series = new Map<string, Record<L, string>>();
    let order: readonly L[] | undefined;

    function keyOf(labels: Readonly<Record<L, string>>): string {
      order ??= (Object.keys(labels) as L[]).toSorted();
      return JSON.stringify(order.map((label) => labels[label]));
    }

    const named = Object.entries(names) as [L, NameKind][];

    function admit(given: Record<L, string>): Record<L, string> {
      const folded = { ...given };
      for (const [label, kind] of named) folded[label] = shown(kind, given[label]);
      const key = keyOf(folded);
      const held = series.get(key);
      if (held) return held;
      if (series.size >= mostSeries) for (const [label] of named) folded[label] = otherName;
      series.set(keyOf(folded), folded);
      return folded;
    }

    metrics.push({
      begin(configured) {
        if (!start) return;
        const fixed = Object.entries(start) as [L, readonly string[]][];
        for (const labels of product<L>([
          ...named.map(([label, kind]) => [label, configured[kind]] as const),
          ...fixed,
        ])) {
          if (series.size >= mostSeries) return;
          if (!series.has(keyOf(labels))) metric.zero(admit(labels));
        }
      },
      forget(kind, gone) {
        const labels = named.filter(([, it]) => it === kind).map(([label]) => label);
        for (const [key, it] of series) {
          if (!labels.some((label) => gone.has(it[label]))) continue;
          series.delete(key);
          metric.remove(it);
        }
      },
    });
    return admit;
  }

  return {
    shown,

    setConfigured(namespace, configured) {
      const before = byNamespace.get(namespace);
      const now = configured && namesOf(configured);
      for (const kind of kinds) {
        const held = known[kind];
        for (const name of now?.[kind] ?? []) held.set(name, (held.get(name) ?? 0) + 1);
        const gone = new Set<string>();
        for (const name of before?.[kind] ?? []) {
          const left = (held.get(name) ?? 1) - 1;
          if (left > 0) held.set(name, left);
          else {
            held.delete(name);
            gone.add(name);
          }
        }
        if (gone.size > 0) for (const metric of metrics) metric.forget(kind, gone);
      }
      if (now) byNamespace.set(namespace, now);
      else byNamespace.delete(namespace);
      if (now) for (const metric of metrics) metric.begin(now);
    },

    counter(counter, plan) {
      const admit = track(
        { zero: (labels) => counter.inc(labels, 0), remove: (it) => counter.remove(it) },
        plan,
      );
      return { inc: (labels, value = 1) => counter.inc(admit(labels), value) };
    },

    histogram(histogram, plan) {
      const admit = track({ zero: (it) => histogram.zero(it), remove: (it) => histogram.remove(it) }, plan);
      return { observe: (labels, value) => histogram.observe(admit(labels), value) };
    },
  };
}

function namesOf({ names, isTenant }: { names: ConfiguredNames; isTenant: boolean }): Names {
  const some = (kind: NameKind) => {
    const all = [...new Set(names[kind])].toSorted();
    return isTenant ? all.slice(0, tenantNames[kind]) : all;
  };
  return { triggers: some('triggers'), templates: some('templates'), services: some('services') };
}

function product<L extends string>(
  labels: readonly (readonly [L, readonly string[]])[],
): Record<L, string>[] {
  return labels.reduce<Record<L, string>[]>(
    (rows, [label, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [label]: value }))),
    [{} as Record<L, string>],
  );
}
