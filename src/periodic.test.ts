import { expect, it } from 'vitest';
import { createPeriodic } from './periodic.ts';
import { recordLog } from './testing/recorded-log.ts';

/** Runs `task` until it has been called so often, and answers what was logged. */
async function run(times: number, task: (call: number) => Promise<void> | void, log = recordLog()) {
  const abort = new AbortController();
  const periodic = createPeriodic(abort.signal, log.log);
  const reached = Promise.withResolvers<void>();
  let calls = 0;
  periodic.every(1, 'task', async () => {
    calls += 1;
    try {
      await task(calls);
    } finally {
      if (calls === times) {
        abort.abort();
        reached.resolve();
      }
    }
  });
  await reached.promise;
  await periodic.done();
  return { ...log, calls };
}

it('runs a task at once, again and again, and never after the signal', async () => {
  expect((await run(3, () => undefined)).calls).toBe(3);
});

it('never runs a task beside itself', async () => {
  let running = 0;
  await run(3, async () => {
    running += 1;
    await new Promise(setImmediate);
    expect(running).toBe(1);
    running -= 1;
  });
});

it('logs a failure when it is news, and goes on', async () => {
  const failing = new Set([1, 2, 4, 6]);
  const { lines, calls } = await run(5, (call) => {
    if (failing.has(call)) throw new Error('down');
  });
  expect(calls).toBe(5);
  expect(lines.map(({ level, task, msg }) => [level, task, msg])).toEqual(
    Array(2).fill(['warn', 'task', 'Periodic task failed, will try again']),
  );
});

it('is done at once with an interval that has hardly begun', async () => {
  const abort = new AbortController();
  const periodic = createPeriodic(abort.signal, recordLog().log);
  const ran = Promise.withResolvers<void>();
  let calls = 0;
  periodic.every(1_000_000, 'task', async () => {
    calls += 1;
    ran.resolve();
  });
  await ran.promise;
  abort.abort();
  await periodic.done();
  expect(calls).toBe(1);
});

it('does not log what fails because of the end', async () => {
  const abort = new AbortController();
  const { log, lines } = recordLog();
  const periodic = createPeriodic(abort.signal, log);
  periodic.every(1, 'task', async () => {
    abort.abort();
    throw new Error('closed');
  });
  await periodic.done();
  expect(lines).toEqual([]);
});
