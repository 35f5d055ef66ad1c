import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { factsOf } from '../../src/testing/memory-ledger.ts';
import { all, delivery } from '../contract/ledger-fixtures.ts';
import { openForTest, silent, storesUnderTest } from '../contract/stores.ts';
import { startChild } from './child-process.ts';

/** What was acknowledged before the process was killed. */
const acknowledged = 150;

for (const underTest of storesUnderTest()) {
  describe.skipIf(underTest.skipped !== undefined)(`SIGKILL on ${underTest.name}`, () => {
    let prepared: Awaited<ReturnType<typeof underTest.prepare>>;

    beforeAll(async () => {
      prepared = await underTest.prepare();
    });
    afterAll(() => prepared.remove());

    it('loses no delivery and no job that was acknowledged', async () => {
      const child = startChild(prepared.url, 'claim');
      await child.until(acknowledged);
      await child.kill();
      const uids = [...child.lines];
      expect(uids.length).toBeGreaterThanOrEqual(acknowledged);

      const store = await openForTest(prepared.url);
      const ledger = createLedger(store);
      const queue = createBullmqQueue(store, { log: silent });
      const pending = await all(ledger.pending());
      const expected = uids.flatMap((uid) =>
        ['a', 'b', 'c'].map((recipient) => delivery(uid, { recipient })),
      );
      const found = new Map(pending.map((each) => [each.id, each]));
      for (const each of expected) expect(found.get(each.id)).toEqual(factsOf(each));
      expect(await queue.missing(expected.map(({ id }) => id))).toEqual([]);
      expect((await all(ledger.rows('application'))).length).toBeGreaterThanOrEqual(uids.length);

      // What was written and not queued yet is found.
      await queue.add(await queue.missing(pending.map(({ id }) => id)));

      const ids = new Set<string>();
      const { promise: finished, resolve } = Promise.withResolvers<void>();
      queue.work(async ({ id }) => {
        await ledger.settle(id, { status: 'sent', at: 1 });
        ids.add(id);
        if (ids.size === pending.length) resolve();
        return { status: 'done' };
      });
      await finished;
      await queue.close(10_000);
      expect(await all(ledger.pending())).toEqual([]);
      await store.close(10_000);
    });

    it('hands a job of the killed process to the next', async () => {
      const store = underTest.name === 'sqlite' ? undefined : await openForTest(prepared.url);
      const hung = delivery('hung');
      if (store) {
        const queue = createBullmqQueue(store, { log: silent });
        await queue.add([hung.id]);
        await queue.close(10_000);
      } else {
        const first = await openForTest(prepared.url);
        const queue = createBullmqQueue(first, { log: silent });
        await queue.add([hung.id]);
        await queue.close(10_000);
        await first.close(10_000);
      }
      const child = startChild(prepared.url, 'hang');
      expect(await child.until(1)).toEqual([hung.id]);
      await child.kill();
      const second = store ?? (await openForTest(prepared.url));
      const queue = createBullmqQueue(second, { log: silent });
      const taken = new Promise<string>((resolve) =>
        queue.work(async (job) => {
          resolve(job.id);
          return { status: 'done' };
        }),
      );
      expect(await taken).toBe(hung.id);
      await queue.close(10_000);
      await second.close(10_000);
    });
  });
}
