/*
 * What a row of the bench prints: `bench/run.ts` starts each file of `bench/rows/` as a process of its own and reads
 * figures from its standard output, one line of JSON each. What else a row has to say goes to standard error.
 */

/** One measurement of one round. */
export interface Figure {
  /** Names it in the table and in the baseline, with the sizes and the store: figures of other sizes are other figures. */
  figure: string;
  value: number;
  unit: string;
  /** To a bare loop of the same run, which is what can be compared between machines. Less is better. */
  ratio: number | null;
  /** Of the ratio, or of the value where there is none. */
  goal: number | null;
}

export function report(figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

/** Checks a line that a row has printed. */
export function figureOf(line: string): Figure {
  const { figure, value, unit, ratio = null, goal = null } = JSON.parse(line) as Partial<Figure>;
  if (typeof figure !== 'string' || typeof value !== 'number' || typeof unit !== 'string')
    throw new Error(`A row prints {"figure", "value", "unit", "ratio", "goal"}, not ${line}`);
  return { figure, value, unit, ratio, goal };
}

/** Of a middle pair the mean. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}
