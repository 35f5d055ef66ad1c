/*
 * The bench: each file of bench/rows/ in a process of its own, in so many rounds, and the medians of its figures.
 *
 *   npm run bench -- [--only NAME …] [--rounds 3] [--write] [flags of bench/flags.ts, for smaller sizes]
 *
 * A time means little on a machine that is shared. What is compared with bench/baseline.json is the ratio to a bare loop,
 * which each row measures in the same round: a ratio that is worse by more than a tenth ends with 1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { createInterface } from 'node:readline';
import { circumstances, markdownTable } from '../faults/report.ts';
import { type Figure, figureOf, median } from './figure.ts';
import { flags } from './flags.ts';

const tolerance = 1.1;
const { only, rounds, write } = flags();
const rows = join(import.meta.dirname, 'rows');
const baselineFile = join(import.meta.dirname, 'baseline.json');

const names = readdirSync(rows)
  .map((file) => parse(file).name)
  .filter((name) => only === undefined || only.includes(name));
if (names.length === 0) throw new Error(`bench/rows/ has no ${only?.join(', ')}`);

const measured = new Map<string, Figure[]>();
for (let round = 1; round <= rounds; round += 1) {
  for (const name of names) {
    process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
    for (const figure of await figuresOf(name)) {
      measured.set(figure.figure, [...(measured.get(figure.figure) ?? []), figure]);
    }
  }
}

const baseline = JSON.parse(readFileSync(baselineFile, 'utf8')) as Record<string, number>;
const medians = [...measured].map(([figure, each]) => medianOf(figure, each));
const worse = medians.filter(({ figure, ratio }) => {
  const before = baseline[figure];
  return ratio !== null && before !== undefined && ratio > before * tolerance;
});
const heading = ['figure', 'value', 'unit', 'ratio', 'goal', 'baseline'];
const cells = medians.map(({ figure, value, unit, ratio, goal }) => [
  figure,
  printed(value),
  unit,
  printed(ratio),
  printed(goal),
  printed(baseline[figure]),
]);
process.stdout.write(`${circumstances(new Date())}, ${rounds} rounds\n\n${markdownTable(heading, cells)}\n`);
if (write) {
  const ratios = medians.flatMap(({ figure, ratio }) =>
    ratio === null ? [] : [[figure, Number(ratio.toPrecision(3))] as const],
  );
  const renewed = Object.entries({ ...baseline, ...Object.fromEntries(ratios) });
  const sorted = Object.fromEntries(renewed.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(baselineFile, `${JSON.stringify(sorted, null, 2)}\n`);
} else if (worse.length > 0) {
  for (const { figure, ratio } of worse) {
    process.stderr.write(`WORSE: ${figure}: ${printed(ratio)}, and ${printed(baseline[figure])} before\n`);
  }
  process.exitCode = 1;
}

async function figuresOf(name: string): Promise<Figure[]> {
  const child = spawn(process.execPath, [join(rows, `${name}.ts`), ...process.argv.slice(2)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const figures: Figure[] = [];
  for await (const line of createInterface({ input: child.stdout })) figures.push(figureOf(line));
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`bench/rows/${name}.ts ended with ${code}`);
  return figures;
}

function medianOf(figure: string, each: readonly Figure[]): Figure {
  const ratios = each.flatMap(({ ratio }) => ratio ?? []);
  return {
    figure,
    value: median(each.map(({ value }) => value)),
    unit: each[0]?.unit ?? '',
    ratio: ratios.length === 0 ? null : median(ratios),
    goal: each[0]?.goal ?? null,
  };
}

function printed(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(Number(value.toPrecision(3)));
}
