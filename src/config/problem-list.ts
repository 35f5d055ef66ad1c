import type { Problem } from '../model.ts';

/** At most so many problems a key are told one by one; the errors among them first. */
const maxProblems = 50;

/** By key, then by line; a warning says how many more a key has than are told. */
export function problemList(problems: readonly Problem[]): Problem[] {
  const kept: Problem[] = [];
  for (const [key, all] of Map.groupBy(problems.toSorted(byPlace), (problem) => problem.key)) {
    if (all.length <= maxProblems) {
      kept.push(...all);
      continue;
    }
    const worst = all.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
    const what = `${all.length - maxProblems} more problems are not shown`;
    kept.push(...worst.slice(0, maxProblems).sort(byPlace));
    kept.push({ key, severity: 'warning', what, fix: 'Correct those that are shown first.' });
  }
  return kept;
}

function byPlace(a: Problem, b: Problem): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
