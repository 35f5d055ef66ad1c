import { cpus, totalmem } from 'node:os';
import type { Run } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

export function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What the figures were taken on. */
export function machine(): string {
  return `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}`;
}

const columns = [
  'scenario',
  'store',
  'changes',
  'expected',
  'lost',
  'doubled',
  'out of order',
  'late > 1 min',
  'longest delay',
  'faults',
  'kills',
  'recovery, median / longest',
] as const;

export function headingOf(): string {
  return columns.join('  ');
}

export function rowOf(run: Run): string {
  return `${run.problems.length === 0 ? 'passed' : 'FAILED'}  ${cellsOf(run).join('  ')}`;
}

export function tableOf(runs: readonly Run[], scenarios: readonly Scenario[]): string {
  const used = scenarios.filter(({ name }) => runs.some(({ scenario }) => scenario === name));
  const legend = used.map(({ name, what }) => `- \`${name}\`: ${what}`).join('\n');
  return `${markdownTable(columns, runs.map(cellsOf))}\n\n${legend}`;
}

export function summaryOf(runs: readonly Run[]): string {
  const sum = (of: (run: Run) => number) => runs.reduce((total, run) => total + of(run), 0);
  const longest = Math.max(0, ...runs.flatMap(({ recoveries }) => recoveries));
  return (
    `In all: ${sum(({ figures }) => figures.changes)} changes, ${sum(({ figures }) => figures.expected)} messages expected, ` +
    `${sum(({ figures }) => figures.lost)} lost, ${sum(({ figures }) => figures.doubled)} doubled, ` +
    `${sum(({ figures }) => figures.outOfOrder)} out of order; ${sum(({ faults }) => faults)} faults, ` +
    `${sum(({ kills }) => kills)} of them SIGKILL of Herald; longest recovery ${seconds(longest)}.`
  );
}

function cellsOf(run: Run): string[] {
  const { figures, recoveries, unrecovered } = run;
  const sorted = recoveries.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const recovery = `${seconds(median)} / ${seconds(sorted.at(-1) ?? 0)}`;
  return [
    run.scenario,
    run.store,
    `${figures.changes}`,
    `${figures.expected}`,
    `${figures.lost}`,
    `${figures.doubled}`,
    `${figures.outOfOrder}`,
    `${figures.late}`,
    seconds(figures.longestDelay),
    `${run.faults}`,
    `${run.kills}`,
    unrecovered > 0 ? `${recovery}, ${unrecovered} never` : recovery,
  ];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
