import { expect, it } from 'vitest';
import { all, delivery, toldRow } from '../../test/contract/ledger-fixtures.ts';
import { systemClock } from '../clock.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import { mostItems } from '../ledger/ledger.ts';
import { createMetrics } from '../metrics.ts';
import { series } from '../testing/fixtures.ts';
import { type Fault, intercept } from '../testing/intercept.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createProgress } from './progress.ts';
import { createTermLedger } from './term-ledger.ts';
import { createLedgerWriter, type Write } from './writer.ts';

type On = (call: string, args: readonly unknown[]) => Fault | Promise<Fault>;

function start(on: On = () => undefined, concurrency = 2, limit = 1_000) {
  const calls: [string, unknown][] = [];
  const spy: On = (call, args) => {
    calls.push([call, args[0]]);
    return on(call, args);
  };
  const lead = { term: 1 };
  const ledger = createMemoryLedger(lead);
  const ended: string[] = [];
  const queue = createMemoryQueue();
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const names = { triggers: ['on-sync'], templates: [], services: ['slack'] };
  metrics.setConfigured('argocd', { names, isTenant: false });
  const { log, lines } = recordLog();
  const shown = { revision: '1' };
  const progress = createProgress(() => shown.revision);
  const writer = createLedgerWriter(
    {
      ledger: createTermLedger(Promise.resolve({ ledger: intercept(ledger, spy), term: 1 })),
      queue: intercept(queue, spy),
      onEnd: (reason) => ended.push(reason),
      log,
      metrics,
      clock: systemClock,
    },
    { concurrency, limit, retryDelay: 0, maxRetryDelay: 1 },
  );
  const pending = async () => (await all(ledger.pending())).map(({ id }) => id).toSorted();
  return { writer, ledger, queue, metrics, lines, calls, lead, ended, progress, shown, pending };
}

/** A write that adds a delivery under an id; of one trigger unless said. */
function claim(uid: string, id: string, trigger = 'on-sync'): Write {
  return { parts: [{ add: [{ ...delivery(uid, { trigger }), id }] }] };
}

/** A write that tells of a oncePer value, once. */
function once(uid: string, id: string, value: string): Write {
  const row = toldRow(value);
  return { parts: [{ once: { told: row, delivery: { ...delivery(uid), id } } }] };
}

const forget: Write = {
  clear: true,
  last: { put: [{ kind: 'gone', key: '', value: { revision: '9' } }] },
};

it('writes the intent before the job', async () => {
  const { writer, calls, queue } = start();
  writer.write('a', claim('a', '1'));
  await writer.idle();
  expect(calls.map(([call]) => call)).toEqual(['commit', 'handOver']);
  expect(queue.held()).toEqual(['1']);
});

it('adds no job to the queue when nothing is claimed', async () => {
  const { writer, calls } = start();
  writer.write('a', { parts: [{ remove: [toldRow('over')] }] });
  writer.write('a', forget);
  await writer.idle();
  expect(calls.map(([call]) => call)).toEqual(['commit', 'commit']);
});

it('keeps the order of an Application while others overtake it, so many at the same time', async () => {
  const held = Promise.withResolvers<undefined>();
  const { writer, calls } = start((call, [uid]) =>
    call === 'commit' && uid === 'a' ? held.promise : undefined,
  );
  writer.write('a', claim('a', '1'));
  writer.write('a', forget);
  for (const uid of ['b', 'c', 'd']) writer.write(uid, forget);
  await Promise.all(['b', 'c', 'd'].map((uid) => writer.written(uid)));
  expect(calls).toEqual(['a', 'b', 'c', 'd'].map((uid) => ['commit', uid]));
  expect(writer.backlog()).toBe(2);
  held.resolve(undefined);
  await writer.idle();
  expect(calls.map(([call]) => call).slice(4)).toEqual(['handOver', 'commit']);
});

it('writes what is told to somebody before what is only noted, which is not put off for ever', async () => {
  const { promise: open, resolve } = Promise.withResolvers<void>();
  const { writer, calls } = start(() => open.then(() => undefined), 1);
  const note: Write = { last: { put: [toldRow('noted')] } };
  for (const uid of ['first', 'n1', 'n2', 'n3']) writer.write(uid, note);
  for (const uid of ['t1', 't2', 't3', 't4', 't5', 't6']) writer.write(uid, claim(uid, uid));
  // Its own order stays.
  writer.write('n3', claim('n3', 'n3'));
  resolve();
  await writer.idle();
  const commits = calls.filter(([call]) => call === 'commit').map(([, uid]) => uid);
  expect(commits).toEqual(['first', 't1', 't2', 'n1', 't3', 't4', 't5', 'n2', 't6', 'n3', 'n3']);
});

it('writes no more Applications at the same time than it is told', async () => {
  const waiting: (() => void)[] = [];
  const { writer } = start(() => new Promise((resolve) => waiting.push(() => resolve(undefined))), 2);
  for (const uid of ['a', 'b', 'c']) writer.write(uid, forget);
  await new Promise(setImmediate);
  expect(waiting).toHaveLength(2);
  waiting[0]?.();
  await writer.written('a');
  await new Promise(setImmediate);
  expect(waiting).toHaveLength(3);
  for (const go of waiting) go();
  await writer.idle();
});

it('tries again until the store answers, and says so once', async () => {
  let failures = 5;
  const { writer, lines, queue } = start((call) =>
    call === 'commit' && failures-- > 0 ? 'before' : undefined,
  );
  writer.write('a', claim('a', '1'));
  await writer.idle();
  expect(queue.held()).toEqual(['1']);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'Store does not answer, keeping writes in memory',
    'Store answers again',
  ]);
  expect(writer.trouble()).toBeUndefined();
});

it('says what the trouble is while there is one', async () => {
  let isDown = true;
  const tried = Promise.withResolvers<void>();
  let tries = 0;
  const { writer } = start(() => {
    tries += 1;
    if (tries === 3) tried.resolve();
    return isDown ? 'before' : undefined;
  });
  writer.write('a', forget);
  await tried.promise;
  expect([writer.trouble(), writer.backlog()]).toEqual(['commit did not reach the store', 1]);
  isDown = false;
  await writer.idle();
  expect([writer.trouble(), writer.backlog()]).toEqual([undefined, 0]);
});

it.each(['read', 'commit', 'handOver'])(
  'repeats after the answer to %s was lost, and queues once',
  async (lost) => {
    let failures = 2;
    const { writer, queue, metrics } = start((call) =>
      call === lost && failures-- > 0 ? 'after' : undefined,
    );
    writer.write('a', once('a', '1', 'r1'));
    await writer.idle();
    expect(queue.held()).toEqual(['1']);
    expect(await series(metrics, 'herald_deliveries_suppressed_total')).toEqual([]);
  },
);

it('tells of a oncePer value once, and counts what it does not tell as suppressed', async () => {
  const { writer, queue, metrics } = start();
  writer.write('a', once('a', '1', 'r1'));
  writer.write('a', once('a', '2', 'r1'));
  writer.write('b', once('b', '3', 'r1'));
  await writer.idle();
  expect(queue.held().toSorted()).toEqual(['1', '3']);
  expect(await series(metrics, 'herald_deliveries_suppressed_total')).toEqual([
    'herald_deliveries_suppressed_total{trigger="on-sync",service="slack"} 1',
  ]);
});

it('gives up at the deadline what the store does not take', async () => {
  const { writer, calls, queue } = start(() => 'before');
  writer.write('a', claim('a', '1'));
  await writer.stop(5);
  const tried = calls.length;
  expect(tried).toBeGreaterThan(0);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(calls).toHaveLength(tried);
  expect([queue.held(), writer.backlog()]).toEqual([[], 1]);
});

it('stops at once when nothing is left to write', async () => {
  const { writer, queue } = start();
  writer.write('a', claim('a', '1'));
  await writer.stop(1_000_000);
  expect(queue.held()).toEqual(['1']);
});

it('is idle and has written what it was never given', async () => {
  const { writer } = start();
  await writer.idle();
  await writer.written('a');
  expect(writer.backlog()).toBe(0);
});

it('queues only what is first in its lane', async () => {
  const { writer, queue, pending } = start();
  writer.write('a', claim('a', '1', 'degraded'));
  writer.write('a', claim('a', '2', 'failed'));
  writer.write('b', claim('b', '3'));
  await writer.idle();
  expect(queue.held().toSorted()).toEqual(['1', '3']);
  expect(await pending()).toEqual(['1', '2', '3']);
});

it('ends, and writes nothing more, when another process leads', async () => {
  const { writer, lead, pending, queue, ended, calls } = start();
  writer.write('a', claim('a', '1'));
  await writer.idle();
  lead.term = 2;
  writer.write('b', claim('b', '2'));
  writer.write('b', forget);
  await expect.poll(() => ended).toEqual(['fenced']);
  const tried = calls.length;
  writer.write('c', claim('c', '3'));
  await new Promise(setImmediate);
  expect(calls).toHaveLength(tried);
  expect([queue.held(), await pending()]).toEqual([['1'], ['1']]);
  expect(ended).toEqual(['fenced']);
});

it('ends when more waits than is kept in memory, without what came last', async () => {
  const { writer, ended, lines, pending } = start(() => 'before', 2, 3);
  for (const id of ['1', '2', '3']) writer.write('a', claim('a', id));
  expect(ended).toEqual([]);
  for (const id of ['4', '5']) writer.write('b', claim('b', id));
  expect(ended).toEqual(['overflow']);
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ limit: 3 }]);
  await writer.stop(5);
  expect(await pending()).toEqual([]);
});

it('writes a large change in pieces, of which a repetition changes nothing', async () => {
  const count = 3 * mostItems;
  let failures = 4;
  const { writer, queue, pending, calls } = start((call) =>
    (call === 'commit' || call === 'handOver') && failures-- > 0 ? 'after' : undefined,
  );
  const parts = Array.from({ length: count }, (_, i) => ({
    once: {
      told: toldRow(`r${i}`),
      delivery: { ...delivery('a', { recipient: `${i}` }), id: String(i).padStart(5, '0') },
    },
  }));
  writer.write('a', { parts });
  await writer.idle();
  expect(queue.held()).toHaveLength(count);
  expect(await pending()).toHaveLength(count);
  expect(calls.filter(([call]) => call === 'read')).toHaveLength(3);
});

it('notes progress up to the oldest write that is not durable, under a load that never ends', async () => {
  const waiting: (() => void)[] = [];
  const { writer, progress, shown } = start((call) =>
    call === 'commit' ? new Promise((resolve) => waiting.push(() => resolve(undefined))) : undefined,
  );
  const seen: (string | undefined)[] = [];
  for (let revision = 1; revision <= 50; revision += 1) {
    writer.write(`u${revision % 3}`, forget, progress.hold());
    shown.revision = `${revision + 1}`;
    await new Promise(setImmediate);
    // The store takes one write for each that comes, but never all of them.
    if (revision > 5) waiting.shift()?.();
    seen.push(progress.revision());
  }
  expect(writer.backlog()).toBeGreaterThan(3);
  const noted = seen.map(Number);
  expect(noted).toEqual(noted.toSorted((a, b) => a - b));
  expect(noted.at(-1)).toBeGreaterThan(40);
  expect(noted.at(-1)).toBeLessThanOrEqual(51 - writer.backlog());
});
