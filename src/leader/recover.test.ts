import { describe, expect, it } from 'vitest';
import { committer } from '../../test/contract/ledger-fixtures.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import { type ApplicationRecord, rowKinds } from '../ledger/rows.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application, degraded, healthy, synced } from '../testing/fixtures.ts';
import { intercept } from '../testing/intercept.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { startPipeline } from '../testing/start-pipeline.ts';
import type { ApplicationEvent } from './application-event.ts';
import { applicationRecord } from './application-record.ts';
import { observeDeletion, pruneLedger, reportDeletions, requeueIntents } from './recover.ts';

const day = 24 * 3_600_000;
const now = Date.UTC(2026, 0, 1);
const subscriptions = { 'on-degraded': 'ops', 'on-synced': 'ops', 'on-deleted': 'ops' };
const app = (uid: string, status = degraded) => application(uid, { status, subscriptions });
const seen = (uid: string) => ({ application: app(uid, healthy), observedAt: now });

describe('requeueIntents', () => {
  async function claimed(uids: string[]) {
    const ledger = createMemoryLedger();
    const clock = createSimulatedClock(now);
    const queue = createMemoryQueue(clock);
    const pipeline = startPipeline({ ledger, queue, clock });
    for (const uid of uids) pipeline.see(app(uid));
    await pipeline.done();
    return { ...pipeline, ...recordLog(), ledger, queue };
  }

  it('queues what no job holds, and only that', async () => {
    const { ledger, queue, log, messages } = await claimed(['a', 'b', 'c']);
    const all = queue.held().toSorted();
    expect(await requeueIntents({ ledger, queue, log })).toBe(0);
    queue.lose();
    expect(await requeueIntents({ ledger, queue, log })).toBe(3);
    expect(queue.held().toSorted()).toEqual(all);
    expect(messages()).toEqual(['Queued deliveries that no job held']);
  });

  it('queues what was claimed when the process ended before it was queued', async () => {
    const ledger = createMemoryLedger();
    const clock = createSimulatedClock(now);
    const queue = createMemoryQueue(clock);
    const crashing = intercept(queue, () => 'before');
    const pipeline = startPipeline({ ledger, queue: crashing, clock });
    pipeline.see(app('a'));
    await pipeline.observer.settled();
    await clock.until(pipeline.writer.stop(0));
    expect(queue.held()).toEqual([]);
    expect(await requeueIntents({ ledger, queue, log: recordLog().log })).toBe(1);
  });

  it('leaves alone what is settled', async () => {
    const { ledger, queue, deliver, log } = await claimed(['a']);
    await queue.runAll(deliver);
    expect(await requeueIntents({ ledger, queue, log })).toBe(0);
  });
});

describe('reportDeletions', () => {
  async function reported(known: string[], shape: Partial<Parameters<typeof reportDeletions>[0]> = {}) {
    const ledger = createMemoryLedger();
    const commit = committer(ledger);
    for (const uid of known) {
      await commit(uid, { put: [{ kind: 'application', key: '', value: applicationRecord(app(uid)) }] });
    }
    const events: ApplicationEvent[] = [];
    const asked: string[] = [];
    await reportDeletions({
      ledger,
      observer: { has: () => false, observe: (event) => events.push(event) },
      isWatched: () => true,
      isGone: async ({ uid }: ApplicationRecord) => asked.push(uid) > 0,
      now,
      ...shape,
    });
    return { events, asked };
  }

  it('reports what the ledger knows and the cluster does not, as it was last known', async () => {
    const { events } = await reported(['a']);
    expect(events).toMatchObject([
      {
        kind: 'deleted',
        observedAt: now,
        application: { uid: 'a', namespace: 'argocd', project: 'default', object: { status: degraded } },
      },
    ]);
  });

  it('asks only of those that are watched and have not been seen', async () => {
    const { events, asked } = await reported(['seen', 'elsewhere', 'gone'], {
      observer: { has: (uid) => uid === 'seen', observe: () => undefined },
      isWatched: ({ uid }) => uid !== 'elsewhere',
    });
    expect([events, asked]).toEqual([[], ['gone']]);
  });

  it('does not report what is merely not watched any more', async () => {
    expect((await reported(['a'], { isGone: async () => false })).events).toEqual([]);
  });

  it('tells once, through the observer, of a deletion that nobody watched', async () => {
    const ledger = createMemoryLedger();
    const clock = createSimulatedClock(now);
    const queue = createMemoryQueue(clock);
    const before = startPipeline({ ledger, queue, clock });
    before.see(app('a', healthy));
    await before.done();

    const { observer, done, deliver, sent } = startPipeline({ ledger, queue, clock, term: 2 });
    const report = () =>
      reportDeletions({ ledger, observer, isWatched: () => true, isGone: async () => true, now });
    await report();
    await done();
    await report();
    await done();
    await queue.runAll(deliver);
    expect(sent.map(({ alerts: [{ trigger, application: of }] }) => [trigger, of.uid])).toEqual([
      ['on-deleted', 'a'],
    ]);
  });
});

describe('observeDeletion', () => {
  it.each([
    [true, 'deleted'],
    [false, 'unwatched'],
  ])('reports %s as %s', async (isDeleted, kind) => {
    const events: ApplicationEvent[] = [];
    const observer = {
      observe: (event: ApplicationEvent) => void events.push(event),
      known: () => undefined,
    };
    await observeDeletion(observer, seen('a'), Promise.resolve(isDeleted), recordLog().log);
    expect(events.map((event) => event.kind)).toEqual([kind]);
  });

  it('reports nothing that cannot be told, and says so', async () => {
    const events: ApplicationEvent[] = [];
    const { log, messages } = recordLog();
    const observer = {
      observe: (event: ApplicationEvent) => void events.push(event),
      known: () => undefined,
    };
    await observeDeletion(observer, seen('a'), Promise.reject(new Error('away')), log);
    expect([events, messages()]).toEqual([[], ['Cannot tell whether an Application is gone']]);
  });
});

it.each([true, false])('takes no old answer (%s) for one that was seen again meanwhile', async (isGone) => {
  const { see, observer, done, lines } = startPipeline({ clock: createSimulatedClock(now) });
  for (const isLoaded of [true, false]) {
    see(app('a', healthy));
    if (isLoaded) await done();
    const answer = Promise.withResolvers<boolean>();
    const observed = observeDeletion(observer, seen('a'), answer.promise, recordLog().log);
    see(app('a', healthy));
    answer.resolve(isGone);
    await observed;
    await done();
    expect(observer.has('a')).toBe(true);
    await observeDeletion(observer, seen('a'), Promise.resolve(false), recordLog().log);
    expect(observer.has('a')).toBe(false);
  }
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
});

describe('pruneLedger', () => {
  it('removes revisions of long ago, but none that still matches', async () => {
    const ledger = createMemoryLedger();
    const clock = createSimulatedClock(now);
    const queue = createMemoryQueue(clock);
    const { see, done, deliver, observer, writer } = startPipeline({ ledger, queue, clock });
    see(app('old', synced('r1')));
    await done();
    see(app('old', synced('r2')));
    see(app('gone', synced('r1')));
    see(app('gone', { sync: { status: 'OutOfSync' } }));
    see(app('deleted', healthy));
    await done();
    see(app('deleted', healthy), 'deleted');
    await done();
    await queue.runAll(deliver);
    clock.skip(91 * day);
    const { log, lines } = recordLog();
    const prune = () =>
      pruneLedger({ ledger, writer, observer, log, now: clock.now(), parked: clock.now() - 90 * day });
    await prune();
    expect(lines).toMatchObject([{ msg: 'Removed what is long over from the ledger', removed: 3 }]);
    const toldOf = async (uid: string) => (await ledger.load(uid, ['told'])).map(({ key }) => key);
    expect(await toldOf('old')).toEqual(
      [...observer.matching()].flatMap(({ told }) => told.map(({ key }) => key)),
    );
    expect([await toldOf('old').then((keys) => keys.length), await toldOf('gone')]).toEqual([1, []]);
    expect(await ledger.load('deleted', rowKinds)).toEqual([]);
    await prune();
    expect(lines).toHaveLength(1);
  });
});
