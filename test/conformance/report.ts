/** What the conformance runner says: a line per failure, totals per group, and one JSON object as the last line. */
import type { Verdict } from './verdict.ts';

/** A verdict and the kind of vectors it belongs to: `expr`, `state`, `corpus` … */
export interface FiledVerdict extends Verdict {
  file: string;
}

export interface Totals {
  /** `documented` ones included. */
  passed: number;
  failed: number;
  /** Vectors that record a defect of the engine, where Herald does exactly what docs/conformance.md says. */
  documented: number;
  /** Vectors whose answer changes from run to run in the engine; in none of the other figures. */
  skipped: number;
}

/** The last line of the output. Groups are named `<file>/<group>`. */
export interface Summary {
  passed: number;
  failed: number;
  groups: Record<string, Totals>;
}

const longestDetail = 600;

export function summarize(verdicts: readonly FiledVerdict[]): Summary {
  const groups = new Map<string, Totals>();
  for (const { file, group, status } of verdicts) {
    const name = `${file}/${group}`;
    const totals = groups.get(name) ?? { passed: 0, failed: 0, documented: 0, skipped: 0 };
    groups.set(name, totals);
    totals[status] += 1;
    if (status === 'documented') totals.passed += 1;
  }
  const sum = (field: 'passed' | 'failed') =>
    [...groups.values()].reduce((total, totals) => total + totals[field], 0);
  return { passed: sum('passed'), failed: sum('failed'), groups: Object.fromEntries(groups) };
}

export function failureLines(verdicts: readonly FiledVerdict[]): string[] {
  return linesOf('FAIL', 'failed', verdicts);
}

export function documentedLines(verdicts: readonly FiledVerdict[]): string[] {
  return linesOf('DIFFERS', 'documented', verdicts);
}

export function totalLines({ passed, failed, groups }: Summary): string[] {
  const width = Math.max(0, ...Object.keys(groups).map((name) => name.length));
  const lines = Object.entries(groups).map(([name, totals]) => `${name.padEnd(width)}  ${describe(totals)}`);
  return [...lines, `${passed} passed, ${failed} failed`];
}

function linesOf(word: string, status: Verdict['status'], verdicts: readonly FiledVerdict[]): string[] {
  return verdicts
    .filter((verdict) => verdict.status === status)
    .map(({ file, group, name, detail = '' }) => `${word} ${file}/${group} ${name}: ${oneLine(detail)}`);
}

function oneLine(text: string): string {
  const line = text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  return line.length > longestDetail ? `${line.slice(0, longestDetail)}…` : line;
}

function describe({ passed, failed, documented, skipped }: Totals): string {
  return [
    `${passed} passed`,
    ...(documented > 0 ? [`(${documented} of them documented differences)`] : []),
    ...(failed > 0 ? [`${failed} FAILED`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(' ');
}
