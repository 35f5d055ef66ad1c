import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import {
  type DeliveryProcessor,
  type DeliveryQueue,
  type JobResult,
  notBefore,
} from '../../src/delivery/queue.ts';
import type { Store } from '../../src/store/store.ts';
import { delivery } from './ledger-fixtures.ts';
import { openForTest, type StoreUnderTest, silent } from './stores.ts';

type Attempt = Parameters<DeliveryProcessor>[0];

const done = { status: 'done' } as const;
const failed = (at: number): JobResult => ({ status: 'later', at, counts: true });

/** What every queue keeps to, whatever its store. */
export function queueContract(underTest: StoreUnderTest): void {
  describe.skipIf(underTest.skipped !== undefined)(`queue on ${underTest.name}`, () => {
    let prepared: Awaited<ReturnType<StoreUnderTest['prepare']>>;
    let store: Store;
    const opened: DeliveryQueue[] = [];

    beforeAll(async () => {
      prepared = await underTest.prepare();
      store = await openForTest(prepared.url);
    });
    afterAll(async () => {
      await store.close(5_000);
      await prepared.remove();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queue) => queue.close(5_000)));
      expect(await jobsLeft(store)).toBe(0);
    });

    function open(options: { concurrency?: number; clock?: Clock } = {}): DeliveryQueue {
      const queue = createBullmqQueue(store, { log: silent, deadline: 30_000, ...options });
      opened.push(queue);
      return queue;
    }

    it('hands out what was added', async () => {
      const queue = open();
      const ids = [idOf('a'), idOf('b'), '1'.repeat(40)];
      const worked = collect(ids.length);
      await queue.add(ids);
      queue.work(worked.process);
      const attempts = await worked.all;
      expect(attempts.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(attempts.map((each) => each.attempt)).toEqual([1, 1, 1]);
      expect(attempts.every((each) => !each.waited)).toBe(true);
    });

    it('wakes a worker that waits', async () => {
      const queue = open();
      const worked = collect(3);
      queue.work(worked.process);
      for (const id of ['a', 'b', 'c']) {
        await queue.add([idOf(id)]);
        await worked.until(idOf(id));
      }
      expect((await worked.all).map(({ id }) => id)).toEqual(['a', 'b', 'c'].map(idOf));
    });

    it('adds what is waiting, delayed or active only once, and what is done again', async () => {
      const queue = open();
      const started = deferred<void>();
      const release = deferred<void>();
      let runs = 0;
      await queue.add([idOf('a'), idOf('a')]);
      await queue.add([idOf('a')]);
      expect(await queue.counts()).toEqual({ waiting: 1, delayed: 0, active: 0 });
      const later = Date.now() + 3_600_000;
      queue.work(async () => {
        runs += 1;
        if (runs === 1) return failed(later);
        started.resolve();
        await release.promise;
        return done;
      });
      await untilCounts(queue, { delayed: 1 });
      await queue.add([idOf('a')]);
      expect(await queue.counts()).toEqual({ waiting: 0, delayed: 1, active: 0 });
      expect(await queue.wake(idOf('a'))).toBe(true);
      await started.promise;
      await queue.add([idOf('a')]);
      expect(await queue.counts()).toEqual({ waiting: 0, delayed: 0, active: 1 });
      release.resolve();
      await untilCounts(queue, {});
      expect(runs).toBe(2);
      await queue.add([idOf('a')]);
      await untilCounts(queue, {});
      expect(runs).toBe(3);
    });

    it('names the ids that no job holds', async () => {
      const queue = open();
      const ids = ['a', 'b', 'c'].map(idOf);
      await queue.add([idOf('a'), idOf('c')]);
      expect(await queue.missing(ids)).toEqual([ids[1]]);
      expect(await queue.missing([])).toEqual([]);
      queue.work(async ({ id }) => {
        if (id === idOf('c')) return failed(Date.now() + 200);
        return done;
      });
      await untilCounts(queue, { delayed: 1 });
      expect(await queue.missing(ids)).toEqual([ids[0], ids[1]]);
      const all = collect(1);
      await queue.close(5_000);
      const next = open();
      next.work(all.process);
      await all.all;
      await untilCounts(next, {});
      expect(await next.missing(ids)).toEqual(ids);
    });

    it('tries again when it is told to, and counts the attempts', async () => {
      const queue = open();
      const seen: { attempt: number; ranAt: number; dueAt: number }[] = [];
      const finished = deferred<void>();
      let dueAt = 0;
      await queue.add([idOf('a')]);
      queue.work(async ({ attempt }) => {
        seen.push({ attempt, ranAt: Date.now(), dueAt });
        if (attempt === 3) {
          finished.resolve();
          return done;
        }
        dueAt = Date.now() + 150;
        return failed(dueAt);
      });
      await finished.promise;
      expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      for (const each of seen) expect(each.ranAt).toBeGreaterThanOrEqual(each.dueAt);
      await untilCounts(queue, {});
    });

    it('knows what has waited since its last attempt, which is no attempt itself', async () => {
      const queue = open();
      const seen: Pick<Attempt, 'attempt' | 'waited'>[] = [];
      const finished = deferred<void>();
      const at = Date.now() + 200;
      const answers = [notBefore(at), notBefore(at), failed(at), notBefore(at), done];
      await queue.add([idOf('a')]);
      queue.work(async ({ attempt, waited }) => {
        seen.push({ attempt, waited });
        if (seen.length === answers.length) finished.resolve();
        return answers[seen.length - 1] ?? done;
      });
      await finished.promise;
      expect(seen).toEqual([
        { attempt: 1, waited: false },
        { attempt: 1, waited: true },
        { attempt: 1, waited: true },
        { attempt: 2, waited: false },
        { attempt: 2, waited: true },
      ]);
      await untilCounts(queue, {});
    });

    it('hands out at once what is put off, when hurried', async () => {
      const queue = open();
      const finished = deferred<void>();
      let attempts = 0;
      await queue.add([idOf('a')]);
      queue.work(async () => {
        attempts += 1;
        if (attempts === 1) return notBefore(Date.now() + 3_600_000);
        finished.resolve();
        return done;
      });
      await untilCounts(queue, { delayed: 1 });
      await queue.hurry();
      await finished.promise;
      expect(attempts).toBe(2);
      await untilCounts(queue, {});
    });

    it('wakes one that is put off, and tells when it is not', async () => {
      const queue = open();
      const started = deferred<void>();
      const release = deferred<void>();
      const seen: string[] = [];
      await queue.add([idOf('a')]);
      expect(await queue.wake(idOf('a'))).toBe(false);
      expect(await queue.wake(idOf('gone'))).toBe(false);
      queue.work(async ({ id }) => {
        seen.push(id);
        started.resolve();
        await release.promise;
        return seen.length <= 2 ? notBefore(Date.now() + 3_600_000) : done;
      });
      await started.promise;
      release.resolve();
      await untilCounts(queue, { delayed: 1 });
      await queue.add([idOf('b')]);
      await untilCounts(queue, { delayed: 2 });
      expect(await queue.wake(idOf('b'))).toBe(true);
      await untilCounts(queue, { delayed: 1 });
      expect(seen).toEqual(['a', 'b', 'b'].map(idOf));
      expect(await queue.wake(idOf('a'))).toBe(true);
      await untilCounts(queue, {});
    });

    it('wakes one that is just being put off, and not one that is just being done', async () => {
      const queue = open();
      const started = [deferred<void>(), deferred<void>()];
      const release = [deferred<void>(), deferred<void>()];
      let runs = 0;
      await queue.add([idOf('a')]);
      queue.work(async () => {
        const run = runs++;
        started[run]?.resolve();
        await release[run]?.promise;
        return run === 0 ? notBefore(Date.now() + 3_600_000) : done;
      });
      await started[0]?.promise;
      const woken = queue.wake(idOf('a'));
      release[0]?.resolve();
      expect(await woken).toBe(true);
      await started[1]?.promise;
      const isDone = queue.wake(idOf('a'));
      release[1]?.resolve();
      expect(await isDone).toBe(false);
      await untilCounts(queue, {});
    });

    it('loses nothing when the processor throws', async () => {
      const queue = open();
      const attempts: number[] = [];
      const finished = deferred<void>();
      await queue.add([idOf('a')]);
      queue.work(async ({ attempt }) => {
        attempts.push(attempt);
        if (attempt === 1) throw new Error('a defect');
        finished.resolve();
        return done;
      });
      await finished.promise;
      expect(attempts).toEqual([1, 2]);
      await untilCounts(queue, {});
    });

    it('works on so many at a time', async () => {
      const queue = open({ concurrency: 7 });
      const release = deferred<void>();
      const full = deferred<void>();
      let running = 0;
      let most = 0;
      await queue.add(Array.from({ length: 20 }, (_, i) => idOf(`a${i}`)));
      queue.work(async () => {
        running += 1;
        most = Math.max(most, running);
        if (running === 7) full.resolve();
        await release.promise;
        running -= 1;
        return done;
      });
      await full.promise;
      await untilCounts(queue, { active: 7, waiting: 13 });
      release.resolve();
      await untilCounts(queue, {});
      expect(most).toBe(7);
    });

    it('says how long the oldest due job has waited', async () => {
      let now = Date.now();
      const queue = open({ clock: { ...systemClock, now: () => now } });
      expect(await queue.oldestDueAge()).toBe(0);
      await queue.add([idOf('a')]);
      now += 5_000;
      await queue.add([idOf('b')]);
      now += 1_000;
      expect(await queue.oldestDueAge()).toBe(6_000);
      queue.work(async () => failed(Date.now() + 60_000));
      await untilCounts(queue, { delayed: 2 });
      expect(await queue.oldestDueAge()).toBe(0);
      now = Date.now() + 90_000;
      expect(await queue.oldestDueAge()).toBeGreaterThan(29_000);
      await drain(store);
    });

    it('attempts what it is handed over without a job, once, and names it as held', async () => {
      const queue = open();
      const release = deferred<void>();
      const runs: string[] = [];
      queue.work(async ({ id }) => {
        runs.push(id);
        await release.promise;
        return done;
      });
      await queue.handOver([idOf('a')]);
      await queue.handOver([idOf('a'), idOf('b')]);
      expect(runs).toEqual(['a', 'b'].map(idOf));
      expect(await jobsLeft(store)).toBe(0);
      expect(await queue.counts()).toEqual({ waiting: 0, delayed: 0, active: 2 });
      expect(await queue.missing(['a', 'b', 'c'].map(idOf))).toEqual([idOf('c')]);
      release.resolve();
      await untilCounts(queue, {});
      expect(await queue.missing([idOf('a')])).toEqual([idOf('a')]);
      expect(runs).toHaveLength(2);
    });

    it('gives a job to what it was handed over when it is put off or fails', async () => {
      const queue = open();
      const seen: Pick<Attempt, 'attempt' | 'waited'>[] = [];
      const finished = deferred<void>();
      queue.work(async ({ attempt, waited }) => {
        seen.push({ attempt, waited });
        if (seen.length === 1) throw new Error('a defect');
        if (seen.length === 2) return notBefore(Date.now() + 3_600_000);
        finished.resolve();
        return done;
      });
      await queue.handOver([idOf('a')]);
      await untilCounts(queue, { delayed: 1 });
      await queue.hurry();
      await untilCounts(queue, { delayed: 1 });
      expect(await queue.wake(idOf('a'))).toBe(true);
      await finished.promise;
      expect(seen).toEqual([
        { attempt: 1, waited: false },
        { attempt: 2, waited: false },
        { attempt: 2, waited: true },
      ]);
      await untilCounts(queue, {});
    });

    it('wakes what it was handed over and is just being put off', async () => {
      const queue = open();
      const started = deferred<void>();
      const release = deferred<void>();
      let runs = 0;
      queue.work(async () => {
        runs += 1;
        if (runs > 1) return done;
        started.resolve();
        await release.promise;
        return notBefore(Date.now() + 3_600_000);
      });
      await queue.handOver([idOf('a')]);
      await started.promise;
      const woken = queue.wake(idOf('a'));
      release.resolve();
      expect(await woken).toBe(true);
      await untilCounts(queue, {});
      expect(runs).toBe(2);
    });

    it('adds what it is handed over where it does not work, or has no room', async () => {
      const idle = open();
      await idle.handOver([idOf('a')]);
      expect(await idle.counts()).toEqual({ waiting: 1, delayed: 0, active: 0 });
      const busy = open({ concurrency: 1 });
      const release = deferred<void>();
      const runs: string[] = [];
      busy.work(async ({ id }) => {
        runs.push(id);
        await release.promise;
        return done;
      });
      const ids = Array.from({ length: 7 }, (_, i) => idOf(`b${i}`));
      await busy.handOver(ids);
      await untilCounts(busy, { waiting: 6, active: 2 });
      release.resolve();
      await untilCounts(busy, {});
      expect(runs.toSorted()).toEqual([idOf('a'), ...ids].toSorted());
    });

    it('leaves to others what it was handed over and has not begun when it closes', async () => {
      const queue = open({ concurrency: 1 });
      queue.work(() => new Promise(() => undefined));
      await queue.handOver(['a', 'b'].map(idOf));
      await queue.close(300);
      const next = open();
      expect(await next.missing(['a', 'b'].map(idOf))).toEqual([idOf('a')]);
      const worked = collect(1);
      next.work(worked.process);
      expect((await worked.all)[0]?.id).toBe(idOf('b'));
      await untilCounts(next, {});
    });

    it('handles a burst, each delivery once, by two workers', async () => {
      const count = 1_000;
      const ids = Array.from({ length: count }, (_, i) => idOf(`a${i}`));
      const runs = new Map<string, number>();
      const process: DeliveryProcessor = async ({ id, attempt, waited }) => {
        // A third of them waits first: those are moved while the other worker fetches.
        if (attempt === 1 && !waited && Number.parseInt(id.slice(0, 2), 16) % 3 === 0) {
          return notBefore(Date.now() + 20);
        }
        runs.set(id, (runs.get(id) ?? 0) + 1);
        return done;
      };
      const [first, second] = [open(), open()];
      first.work(process);
      second.work(process);
      await first.add(ids);
      await untilCounts(first, {});
      expect(runs.size).toBe(count);
      expect([...runs.values()].every((n) => n === 1)).toBe(true);
    });

    it('does not wait for a job that hangs when it closes, and leaves it to the next', async () => {
      const queue = open();
      const started = deferred<AbortSignal>();
      await queue.add([idOf('a')]);
      queue.work(({ signal }) => {
        started.resolve(signal);
        return new Promise(() => undefined);
      });
      const signal = await started.promise;
      expect(signal.aborted).toBe(false);
      await queue.close(300);
      expect(signal.aborted).toBe(true);
      const next = open();
      const worked = collect(1);
      next.work(worked.process);
      expect((await worked.all)[0]?.id).toBe(idOf('a'));
      await untilCounts(next, {});
    });
  });
}

const idOf = (uid: string) => delivery(uid).id;

/** A processor that notes its attempts, says done, and tells when it has seen so many. */
function collect(count: number): {
  process: DeliveryProcessor;
  all: Promise<Attempt[]>;
  until(id: string): Promise<void>;
} {
  const attempts: Attempt[] = [];
  const all = deferred<Attempt[]>();
  const seen = new Map<string, ReturnType<typeof deferred<void>>>();
  const of = (id: string) => {
    const known = seen.get(id) ?? deferred<void>();
    seen.set(id, known);
    return known;
  };
  return {
    process: async (attempt) => {
      attempts.push(attempt);
      of(attempt.id).resolve();
      if (attempts.length === count) all.resolve(attempts);
      return done;
    },
    all: all.promise,
    until: (id) => of(id).promise,
  };
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, resolve };
}

/** Asks until the counts are these; the test's own timeout bounds it. */
async function untilCounts(
  queue: DeliveryQueue,
  expected: Partial<Record<'waiting' | 'delayed' | 'active', number>>,
): Promise<void> {
  const wanted = { waiting: 0, delayed: 0, active: 0, ...expected };
  for (;;) {
    const counts = await queue.counts();
    if (JSON.stringify(counts) === JSON.stringify(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Jobs in any state, also those that `counts` does not show. */
async function jobsLeft(store: Store): Promise<number> {
  if (store.kind === 'sqlite')
    return store.prepare('SELECT count(*) AS count FROM job').get()?.['count'] as number;
  if (store.kind === 'redis')
    return (await store.client.keys('herald:deliveries:d*')).filter(isJobKey).length;
  const { rows } = await store.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM herald_queue.job',
  );
  return rows[0]?.count ?? 0;
}

async function drain(store: Store): Promise<void> {
  if (store.kind === 'sqlite') store.prepare('DELETE FROM job').run();
  else if (store.kind === 'redis') await store.client.flushdb();
  else await store.pool.query('DELETE FROM herald_queue.job');
}

function isJobKey(key: string): boolean {
  return /^herald:deliveries:d[0-9a-f]{40}/.test(key);
}
