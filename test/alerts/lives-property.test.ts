import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from '../runs.ts';
import { live } from './lives.ts';
import { sequences } from './lives-ops.ts';

// `npm run prove:alerts` does the same with other numbers on all processors.
it('every told firing has its end told, whatever is done, and whenever the process is killed', () => {
  const checked = fc.check(fc.property(sequences, live), runs(10_000));
  console.log(`${checked.numRuns} sequences, seed ${checked.seed}`);
  expect(checked.failed, fc.defaultReportMessage(checked)).toBe(false);
});
