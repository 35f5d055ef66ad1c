import { describe, expect, onTestFinished, test } from 'vitest';
import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import { waitingJobs } from '../../src/delivery/waiting-jobs.ts';
import { openForTest, silent, storesUnderTest } from './stores.ts';

describe.each(storesUnderTest())(
  'jobs of the queue on $name, for whoever looks in',
  ({ skipped, prepare }) => {
    test.skipIf(skipped)('say when they are due; what has none is missing, and nothing changes', async () => {
      const { url, remove } = await prepare();
      const store = await openForTest(url);
      const queue = createBullmqQueue(store, { log: silent });
      onTestFinished(async () => {
        await queue.close(5_000);
        await store.close(5_000);
        await remove();
      });
      expect(await waitingJobs(store, ['a'], 5_000)).toEqual(new Map());
      await queue.add(['a', 'b']);
      const found = await waitingJobs(store, ['a', 'c'], 5_000);
      expect([...found]).toEqual([['a', { failures: 0, waited: false, dueAt: expect.any(Number) }]]);
      expect(await queue.counts()).toMatchObject({ waiting: 2 });
    });
  },
);
