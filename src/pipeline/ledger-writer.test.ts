import { expect, it } from 'vitest';
import type { LedgerChange } from '../episodes/ledger.ts';
import { createMetrics } from '../metrics.ts';
import type { Delivery } from '../model.ts';
import { createLedgerWriter } from './ledger-writer.ts';
import { series } from './testing/fixtures.ts';
import { type Fault, intercept } from './testing/intercept.ts';
import { createMemoryLedger } from './testing/memory-ledger.ts';
import { createMemoryQueue } from './testing/memory-queue.ts';
import { recordLog } from './testing/recorded-log.ts';

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
  const queue = createMemoryQueue(() => 0);
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const names = { triggers: ['on-degraded'], templates: [], services: ['console'] };
  metrics.setConfigured('argocd', { names, isTenant: false });
  const { log, lines } = recordLog();
  const spied = intercept(ledger, spy);
  const writer = createLedgerWriter(
    {
      ledger: {
        apply: (uid, change) => spied.apply(uid, change, 1),
        forget: (uid, revision) => spied.forget(uid, revision, 1),
      },
      queue: intercept(queue, spy),
      onEnd: (reason) => ended.push(reason),
      log,
      metrics,
    },
    { concurrency, limit, retryDelay: 0, maxRetryDelay: 1 },
  );
  return { writer, ledger, queue, metrics, lines, calls, lead, ended };
}

/** A change that claims one episode; `id` tells one occurrence from another. */
function claim(uid: string, id: string, key = `${uid}-episode`): { kind: 'apply'; change: LedgerChange } {
  const application = { uid, namespace: 'argocd', name: uid, project: 'default' };
  const destination = { service: 'console', recipient: 'ops' };
  const parts = { trigger: 'on-degraded', condition: 'c', oncePer: '', configNamespace: 'argocd' };
  const delivery: Delivery = {
    ...parts,
    id,
    episode: key,
    reason: 'matched',
    destination,
    templates: [],
    application,
    snapshot: {},
    observedAt: 1,
  };
  return {
    kind: 'apply',
    change: { claim: [{ episode: { ...parts, ...destination, key, openedAt: 1 }, delivery }] },
  };
}

it('writes the intent before the job', async () => {
  const { writer, calls, queue } = start();
  writer.write('a', claim('a', '1'));
  await writer.idle();
  expect(calls.map(([call]) => call)).toEqual(['apply', 'add']);
  expect(queue.held()).toEqual(['1']);
});

it('adds no job to the queue when nothing is claimed', async () => {
  const { writer, calls } = start();
  writer.write('a', { kind: 'apply', change: { end: ['over'] } });
  writer.write('a', { kind: 'forget', revision: '9' });
  await writer.idle();
  expect(calls.map(([call]) => call)).toEqual(['apply', 'forget']);
});

it('keeps the order of an Application while others overtake it, so many at the same time', async () => {
  const held = Promise.withResolvers<undefined>();
  const { writer, calls } = start((call, [uid]) =>
    call === 'apply' && uid === 'a' ? held.promise : undefined,
  );
  writer.write('a', claim('a', '1'));
  writer.write('a', { kind: 'forget', revision: '9' });
  for (const uid of ['b', 'c', 'd']) writer.write(uid, { kind: 'forget', revision: '9' });
  await Promise.all(['b', 'c', 'd'].map((uid) => writer.written(uid)));
  expect(calls).toEqual([
    ['apply', 'a'],
    ['forget', 'b'],
    ['forget', 'c'],
    ['forget', 'd'],
  ]);
  expect(writer.backlog()).toBe(2);
  held.resolve(undefined);
  await writer.idle();
  expect(calls.map(([call]) => call).slice(4)).toEqual(['add', 'forget']);
});

it('writes no more Applications at the same time than it is told', async () => {
  const waiting: (() => void)[] = [];
  const { writer } = start(() => new Promise((resolve) => waiting.push(() => resolve(undefined))), 2);
  for (const uid of ['a', 'b', 'c']) writer.write(uid, { kind: 'forget', revision: '9' });
  expect(waiting).toHaveLength(2);
  waiting[0]?.();
  await writer.written('a');
  await Promise.resolve();
  expect(waiting).toHaveLength(3);
  for (const go of waiting) go();
  await writer.idle();
});

it('tries again until the store answers, and says so once', async () => {
  let failures = 5;
  const { writer, lines, queue } = start((call) =>
    call === 'apply' && failures-- > 0 ? 'before' : undefined,
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
  writer.write('a', { kind: 'forget', revision: '9' });
  await tried.promise;
  expect([writer.trouble(), writer.backlog()]).toEqual(['forget did not reach the store', 1]);
  isDown = false;
  await writer.idle();
  expect([writer.trouble(), writer.backlog()]).toEqual([undefined, 0]);
});

it.each(['apply', 'add'])('repeats after the answer to %s was lost, and queues once', async (lost) => {
  let failures = 2;
  const { writer, queue, metrics } = start((call) => (call === lost && failures-- > 0 ? 'after' : undefined));
  writer.write('a', claim('a', '1'));
  await writer.idle();
  expect(queue.held()).toEqual(['1']);
  expect(await series(metrics, 'herald_deliveries_suppressed_total')).toEqual([]);
});

it('counts what was claimed before as suppressed, and queues it not', async () => {
  const { writer, queue, metrics } = start();
  writer.write('a', claim('a', '1'));
  writer.write('a', claim('a', '2'));
  await writer.idle();
  expect(queue.held()).toEqual(['1']);
  expect(await series(metrics, 'herald_deliveries_suppressed_total')).toEqual([
    'herald_deliveries_suppressed_total{trigger="on-degraded",service="console"} 1',
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
  const { writer, queue, ledger } = start();
  writer.write('a', claim('a', '1', 'degraded'));
  writer.write('a', claim('a', '2', 'failed'));
  writer.write('b', claim('b', '3'));
  await writer.idle();
  expect(queue.held().toSorted()).toEqual(['1', '3']);
  expect((await ledger.read(['1', '2', '3'])).map(({ id }) => id).toSorted()).toEqual(['1', '2', '3']);
});

it('ends, and writes nothing more, when another process leads', async () => {
  const { writer, lead, ledger, queue, ended, calls } = start();
  writer.write('a', claim('a', '1'));
  await writer.idle();
  lead.term = 2;
  writer.write('b', claim('b', '2'));
  writer.write('b', { kind: 'forget', revision: '9' });
  await expect.poll(() => ended).toEqual(['fenced']);
  const tried = calls.length;
  writer.write('c', claim('c', '3'));
  await new Promise(setImmediate);
  expect(calls).toHaveLength(tried);
  expect([queue.held(), await ledger.read(['2', '3'])]).toEqual([['1'], []]);
  expect(ended).toEqual(['fenced']);
});

it('ends when more waits than is kept in memory, without what came last', async () => {
  const { writer, ended, lines, ledger } = start(() => 'before', 2, 3);
  for (const id of ['1', '2', '3']) writer.write('a', claim('a', id, `episode-${id}`));
  expect(ended).toEqual([]);
  for (const id of ['4', '5']) writer.write('b', claim('b', id, `episode-${id}`));
  expect(ended).toEqual(['overflow']);
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ limit: 3 }]);
  await writer.stop(5);
  expect(await ledger.read(['1', '2', '3', '4', '5'])).toEqual([]);
});

it('has flushed what was to be written when asked, and does not wait for what comes after', async () => {
  const held = Promise.withResolvers<undefined>();
  const { writer, ledger } = start((call, [uid]) =>
    call === 'apply' && uid === 'later' ? held.promise : undefined,
  );
  writer.write('a', claim('a', '1'));
  const flushed = writer.flushed();
  writer.write('later', claim('later', '2'));
  await flushed;
  expect((await ledger.read(['1', '2'])).map(({ id }) => id)).toEqual(['1']);
  held.resolve(undefined);
  await writer.idle();
});
