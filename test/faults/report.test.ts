import { expect, test } from 'vitest';
import { createJudge } from '../../faults/alerts/judge.ts';
import { rowOf } from '../../faults/report.ts';
import type { RunResult } from '../../faults/run-scenario.ts';
import { createTally, type Figures } from '../../faults/tally.ts';

function result(figures: Figures): RunResult {
  const counts = { seed: 1, seconds: 10, kills: 1, faults: 2, took: 3, tooFast: 4 };
  return { scenario: 'kill', store: 'sqlite', summary: '', wrong: [], complaints: [], ...counts, ...figures };
}

test('what is measured stands in the row of a scenario', () => {
  expect(rowOf(result(createTally().figures())).join(' ')).toBe(
    'kill sqlite 0 0 0 0 0 0 0.0 s 1 2 4 0.0 s, 0.0 s holds',
  );
});

test('order, delay and recovery of alerts are not measured, and not said to be none', () => {
  const row = rowOf(result(createJudge(0).figures()));
  expect(row.join(' ')).toBe('kill sqlite 0 0 0 0 – – – 1 2 4 –, – holds');
});
