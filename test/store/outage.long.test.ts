import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import type { DeliveryQueue } from '../../src/delivery/queue.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { createServiceState } from '../../src/store/service-state.ts';
import { committer, delivery, recordRow } from '../contract/ledger-fixtures.ts';
import { openForTest, silent } from '../contract/stores.ts';
import { findOwnRedis, findPostgres, postgresDatabase } from '../servers.ts';

const redis = findOwnRedis();
const postgres = findPostgres();

describe.skipIf(redis.skipped !== undefined)('Redis that is killed and started again', () => {
  it('fails at once while it is away, then goes on with nothing lost', async () => {
    const server = await redis.start();
    const store = await openForTest(server.url);
    const ledger = createLedger(store, { deadline: 2_000 });
    const commit = committer(ledger);
    const queue = createBullmqQueue(store, { log: silent, deadline: 2_000 });
    const worked = workOn(queue);
    await claimAndQueue('before');
    await worked.until('before');

    await server.process?.kill('SIGKILL');
    await expect(commit('during', { put: [recordRow('during')] })).rejects.toThrow(
      /^Writing in the ledger failed: /,
    );
    await expect(queue.add([delivery('during').id])).rejects.toThrow(/^Adding to the queue failed: /);
    await expect(queue.counts()).rejects.toThrow(/^Counting jobs failed: /);
    await expect(createServiceState(store).get('k')).rejects.toThrow(/isn't writeable|closed/);

    await server.process?.start();
    await untilItSucceeds(() => claimAndQueue('during'));
    await worked.until('during');
    await claimAndQueue('after');
    await worked.until('after');
    expect(await ledger.load('before', ['application'])).toEqual([recordRow('before')]);

    await server.process?.kill('SIGKILL');
    // Neither waits for a server that is away.
    await queue.close(1_000);
    await store.close(1_000);
    await server.stop();

    async function claimAndQueue(uid: string): Promise<void> {
      await queue.add(await commit(uid, { put: [recordRow(uid)], add: [delivery(uid)] }));
    }
  });
});

describe.skipIf(postgres.skipped !== undefined)('PostgreSQL whose connections are cut', () => {
  it('goes on with new ones, also for the worker that listens', async () => {
    const server = await postgres.start();
    const url = await postgresDatabase(server);
    const store = await openForTest(url);
    const commit = committer(createLedger(store));
    const queue = createBullmqQueue(store, { log: silent });
    const worked = workOn(queue);
    const admin = new Client({ connectionString: server.url });
    await admin.connect();

    for (const round of ['first', 'second', 'third']) {
      await untilItSucceeds(async () => {
        await queue.add(await commit(round, { put: [recordRow(round)], add: [delivery(round)] }));
      });
      await worked.until(round);
      const cut = await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
        [new URL(url).pathname.slice(1)],
      );
      expect(cut.rowCount).toBeGreaterThan(0);
    }
    await admin.end();
    await untilItSucceeds(() => queue.add([delivery('last').id]));
    await worked.until('last');
    await queue.close(5_000);
    await store.close(5_000);
    await server.stop();
  });
});

interface Worked {
  until(uid: string): Promise<void>;
}

/** Notes which Applications a delivery came for. */
function workOn(queue: DeliveryQueue): Worked {
  const seen = new Set<string>();
  const waiting = new Map<string, () => void>();
  queue.work(async ({ id }) => {
    seen.add(id);
    waiting.get(id)?.();
    return { status: 'done' };
  });
  return {
    until(uid) {
      const { id } = delivery(uid);
      return seen.has(id) ? Promise.resolve() : new Promise((resolve) => waiting.set(id, resolve));
    },
  };
}

/** As the pipeline does: what fails is tried again. The test's timeout bounds it. */
async function untilItSucceeds(run: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await run();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
