import { expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { ClusterError } from './cluster-error.ts';
import { createReachability } from './reachability.ts';

function setup() {
  let now = 1_000_000;
  const begun = now;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  };
  const probes: number[] = [];
  const refused: boolean[] = [];
  const told: string[] = [];
  let answer: Error | undefined;
  const reachability = createReachability({
    clock,
    longestRefused: () => 2_500,
    async probe(_signal, isRefused) {
      probes.push(now - begun);
      refused.push(isRefused);
      if (answer !== undefined) throw answer;
    },
    onFailed: () => void told.push('away'),
    onAnswered: () => void told.push('back'),
  });
  return {
    reachability,
    probes,
    refused,
    told,
    setAnswer: (error: Error | undefined) => {
      answer = error;
    },
    async pass(ms: number) {
      await settle();
      const end = now + ms;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        now = due.at;
        timers.delete(due);
        due.callback();
        await settle();
      }
      now = end;
    },
  };
}

const refusedConnection = new ClusterError('ECONNREFUSED', { kind: 'network' });
const unauthorized = new ClusterError('401', { kind: 'status', status: 401, reason: 'Unauthorized' });
const never = new AbortController().signal;

it('asks twice a second for all that wait, and tells them when it is back', async () => {
  const { reachability, probes, told, setAnswer, pass } = setup();
  expect(await reachability.untilBack(never)).toBe(false);
  setAnswer(refusedConnection);
  for (let n = 0; n < 10; n += 1) reachability.failed(refusedConnection);
  const waiting = Promise.all([1, 2, 3].map(() => reachability.untilBack(never)));
  await pass(2_250);
  expect(probes).toEqual([0, 500, 1_000, 1_500, 2_000]);
  setAnswer(undefined);
  await pass(1_000);
  expect(await waiting).toEqual([true, true, true]);
  expect(told).toEqual(['away', 'away', 'away', 'away', 'away', 'back']);
  await pass(60_000);
  expect(probes).toHaveLength(6);
});

it('calls a server away only when a second request fails, too', async () => {
  const { reachability, probes, told, pass } = setup();
  reachability.failed(refusedConnection);
  const waiting = reachability.untilBack(never);
  await pass(0);
  expect([await waiting, probes, told]).toEqual([false, [0], []]);
  // A server that breaks every watch is not asked more often for it.
  for (let n = 0; n < 20; n += 1) {
    reachability.failed(refusedConnection);
    await pass(100);
  }
  expect(probes.length).toBeLessThanOrEqual(6);
});

it('asks with new credentials where it was refused, less often', async () => {
  const { reachability, probes, refused, setAnswer, pass } = setup();
  setAnswer(unauthorized);
  reachability.failed(unauthorized);
  await pass(10_000);
  expect(probes.slice(0, 4)).toEqual([0, 650, 1_495, 2_593.5]);
  expect(probes.length).toBeLessThanOrEqual(8);
  expect(refused.every(Boolean)).toBe(true);
  setAnswer(undefined);
  const waiting = reachability.untilBack(never);
  await pass(2_500);
  expect(await waiting).toBe(true);
});

it('takes an answer of the server itself for one, and a proxy’s for none', async () => {
  const { reachability, probes, setAnswer, pass } = setup();
  reachability.failed(new ClusterError('500', { kind: 'status', status: 500 }));
  reachability.failed(new ClusterError('503', { kind: 'status', status: 503, reason: 'ServiceUnavailable' }));
  reachability.failed(new Error('stopped'));
  await pass(5_000);
  expect(probes).toEqual([]);
  const gateway = new ClusterError('503', { kind: 'status', status: 503 });
  setAnswer(gateway);
  reachability.failed(gateway);
  await pass(1_250);
  expect(probes).toHaveLength(3);
  setAnswer(new ClusterError('403', { kind: 'status', status: 403, reason: 'Forbidden' }));
  const waiting = reachability.untilBack(never);
  await pass(1_000);
  expect(await waiting).toBe(true);
});

it('lets go whoever stops, and all when it is closed', async () => {
  const { reachability, setAnswer, pass, probes } = setup();
  setAnswer(refusedConnection);
  reachability.failed(refusedConnection);
  const stopping = new AbortController();
  const one = reachability.untilBack(stopping.signal);
  const other = reachability.untilBack(never);
  await pass(1_500);
  stopping.abort();
  expect(await one).toBe(false);
  reachability.close();
  expect(await other).toBe(false);
  const before = probes.length;
  await pass(10_000);
  expect(probes).toHaveLength(before);
});
