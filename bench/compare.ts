import type { Figure } from './figure.ts';

/** Ratios by the names of their figures. */
export type Baseline = Readonly<Record<string, number>>;

/** A ratio above so many times that of the baseline is worse. */
const tolerance = 1.1;

/** Of figures with a ratio: those that are worse than the baseline, and those that have none. */
export function compare(
  figures: readonly Figure[],
  baseline: Baseline,
): { worse: Figure[]; unknown: Figure[] } {
  return {
    worse: figures.filter(
      ({ figure, ratio }) => ratio !== null && ratio > (baseline[figure] ?? Infinity) * tolerance,
    ),
    unknown: figures.filter(({ figure, ratio }) => ratio !== null && baseline[figure] === undefined),
  };
}

/** With the ratios of these figures in place of those that it had of them. */
export function renewed(baseline: Baseline, figures: readonly Figure[]): Baseline {
  const ratios = figures.flatMap(({ figure, ratio }): [string, number][] =>
    ratio === null ? [] : [[figure, Number(ratio.toPrecision(3))]],
  );
  const all = Object.entries({ ...baseline, ...Object.fromEntries(ratios) });
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
