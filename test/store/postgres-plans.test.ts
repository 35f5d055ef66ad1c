import { describe, expect, it } from 'vitest';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { all, committer, delivery } from '../contract/ledger-fixtures.ts';
import { openForTest, postgresStore } from '../contract/stores.ts';

const underTest = postgresStore();

describe.skipIf(underTest.skipped !== undefined)(
  'the ledger on PostgreSQL, whatever plan its queries get',
  () => {
    it('keeps the order of deliveries', async () => {
      const { url, remove } = await underTest.prepare();
      const store = await openForTest(`${url}?options=-c%20enable_nestloop%3Doff`);
      try {
        const ledger = createLedger(store);
        const added = Array.from({ length: 40 }, (_, index) => delivery('u', { recipient: `${index}` }));
        const ids = added.map(({ id }) => id);
        await committer(ledger)('u', { add: added });
        expect((await all(ledger.pending())).map(({ id }) => id)).toEqual(ids);
        const parked = { status: 'rejected', at: 1, reason: 'no', error: 'no' } as const;
        for (const id of ids) await ledger.settle(id, parked);
        const handedOut = ids.toReversed();
        expect(await ledger.unpark(handedOut)).toEqual(handedOut);
        expect((await all(ledger.pending())).map(({ id }) => id)).toEqual(handedOut);
      } finally {
        await store.close(5_000);
        await remove();
      }
    });
  },
);
