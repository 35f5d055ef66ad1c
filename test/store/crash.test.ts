import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import { createLedger } from '../../src/episodes/store-ledger.ts';
import { all, claim, unfenced } from '../contract/ledger-fixtures.ts';
import { openForTest, silent, storesUnderTest } from '../contract/stores.ts';
import { startChild } from './child-process.ts';

/** What was acknowledged before the process was killed. */
const acknowledged = 150;

for (const underTest of storesUnderTest(3)) {
  describe.skipIf(underTest.skipped !== undefined)(`SIGKILL on ${underTest.name}`, () => {
    let prepared: Awaited<ReturnType<typeof underTest.prepare>>;

    beforeAll(async () => {
      prepared = await underTest.prepare();
    });
    afterAll(() => prepared.remove());

    it('loses no claim and no job that was acknowledged', async () => {
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
        ['a', 'b', 'c'].map((recipient) => claim(uid, { recipient }).delivery),
      );
      const found = new Map(pending.map((delivery) => [delivery.id, delivery]));
      for (const delivery of expected) expect(found.get(delivery.id)).toEqual(delivery);
      expect(await queue.missing(expected.map(({ id }) => id))).toEqual([]);
      expect((await all(ledger.loadAll())).length).toBeGreaterThanOrEqual(uids.length);

      // What was claimed and not queued yet is found, and a repeated claim by another process is suppressed.
      const lost = await queue.missing(pending.map(({ id }) => id));
      await queue.add(pending.filter(({ id }) => lost.includes(id)));
      const again = claim(uids[0] ?? '', { recipient: 'a', openedAt: 9_999 });
      const { suppressed } = unfenced(await ledger.apply(uids[0] ?? '', { claim: [again] }, 0));
      expect(suppressed).toEqual([again.episode.key]);

      const ids = new Set<string>();
      const { promise: finished, resolve } = Promise.withResolvers<void>();
      queue.work(async ({ delivery }) => {
        await ledger.settle(delivery.id, { status: 'sent', at: 1 });
        ids.add(delivery.id);
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
      const { delivery } = claim('hung');
      if (store) {
        const queue = createBullmqQueue(store, { log: silent });
        await queue.add([delivery]);
        await queue.close(10_000);
      } else {
        const first = await openForTest(prepared.url);
        const queue = createBullmqQueue(first, { log: silent });
        await queue.add([delivery]);
        await queue.close(10_000);
        await first.close(10_000);
      }
      const child = startChild(prepared.url, 'hang');
      expect(await child.until(1)).toEqual([delivery.id]);
      await child.kill();
      const second = store ?? (await openForTest(prepared.url));
      const queue = createBullmqQueue(second, { log: silent });
      const taken = new Promise<string>((resolve) =>
        queue.work(async (job) => {
          resolve(job.delivery.id);
          return { status: 'done' };
        }),
      );
      expect(await taken).toBe(delivery.id);
      await queue.close(10_000);
      await second.close(10_000);
    });

    // Two processes cannot open the embedded database.
    if (underTest.name === 'sqlite') return;

    it('lets one of two processes win each claim', async () => {
      const children = [startChild(prepared.url, 'race'), startChild(prepared.url, 'race')];
      await Promise.all(children.map((child) => child.until(1)));
      for (const child of children) child.write('go');
      const counts = await Promise.all(children.map(async (child) => Number((await child.until(2))[1])));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
      const store = await openForTest(prepared.url);
      const raced = (await all(createLedger(store).pending())).filter(
        (each) => each.application.uid === 'raced',
      );
      expect(raced).toHaveLength(200);
      await store.close(10_000);
    });
  });
}
