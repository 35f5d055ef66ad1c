/**
 * `npm run prove:alerts -- [sequences] [seed]`: random lives of alerts, on all processors. Each worker has a seed of its
 * own, which is printed: `npm run prove:alerts -- SEQUENCES SEED 1` runs one of them again.
 */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { live } from './lives.ts';
import { sequences } from './lives-ops.ts';

interface Share {
  runs: number;
  seed: number;
}

if (isMainThread) await prove();
else run(workerData as Share);

async function prove(): Promise<void> {
  const [total = 1_000_000, seed = Date.now() % 2 ** 31, workers = availableParallelism()] = process.argv
    .slice(2)
    .map(Number);
  const began = performance.now();
  const shares = Array.from({ length: workers }, (_, index) => ({
    runs: Math.ceil(total / workers),
    seed: seed + index,
  }));
  const reports = await Promise.all(shares.map(proveShare));
  const seconds = (performance.now() - began) / 1_000;
  console.log(`${total} sequences in ${seconds.toFixed(0)} s, ${(total / seconds).toFixed(0)} a second`);
  process.exitCode = reports.every((report) => report === undefined) ? 0 : 1;
}

/** What went wrong; undefined: nothing. */
async function proveShare(share: Share): Promise<string | undefined> {
  console.log(`${share.runs} sequences with seed ${share.seed}`);
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const worker = new Worker(new URL(import.meta.url), { workerData: share });
  worker.once('message', resolve).once('error', reject);
  const report = await promise;
  if (report !== undefined) console.log(report);
  return report;
}

function run({ runs, seed }: Share): void {
  const checked = fc.check(fc.property(sequences, live), { numRuns: runs, seed });
  const { failed, errorInstance } = checked;
  parentPort?.postMessage(
    failed ? `${fc.defaultReportMessage(checked)}\n${String(errorInstance)}` : undefined,
  );
}
