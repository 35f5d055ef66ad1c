/*
 * The bench: each file of bench/rows/ in a process of its own, in so many rounds, and the medians of its figures.
 *
 * A time means little on a machine that is shared. What is compared with bench/baseline.json is the ratio to a bare loop,
 * which each row measures in the same round: a ratio that is worse by more than a tenth ends with 1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { circumstances } from '../faults/report.ts';
import { markdownTable } from '../scripts/markdown-table.ts';
import { type Baseline, compare, renewed } from './compare.ts';
import { type Figure, figureOf, median } from './figure.ts';
import { flags, rowsFolder, usage } from './flags.ts';

const baselineFile = join(import.meta.dirname, 'baseline.json');

const { only, rounds, write } = read();
const measured = new Map<string, Figure[]>();
for (let round = 1; round <= rounds; round += 1) {
  for (const name of only) {
    process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
    for (const figure of await figuresOf(name)) {
      measured.set(figure.figure, [...(measured.get(figure.figure) ?? []), figure]);
    }
  }
}

const baseline = JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline;
const medians = [...measured].map(([figure, each]) => medianOf(figure, each));
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
if (write) writeFileSync(baselineFile, `${JSON.stringify(renewed(baseline, medians), null, 2)}\n`);
else {
  const { worse, unknown } = compare(medians, baseline);
  for (const { figure } of unknown) process.stderr.write(`NO BASELINE, nothing is compared: ${figure}\n`);
  for (const { figure, ratio } of worse) {
    process.stderr.write(`WORSE: ${figure}: ${printed(ratio)}, and ${printed(baseline[figure])} before\n`);
  }
  if (worse.length > 0) process.exitCode = 1;
}

function read(): ReturnType<typeof flags> {
  try {
    return flags();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

async function figuresOf(name: string): Promise<Figure[]> {
  const child = spawn(process.execPath, [join(rowsFolder, `${name}.ts`), ...process.argv.slice(2)], {
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
