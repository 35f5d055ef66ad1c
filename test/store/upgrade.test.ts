import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptMark, Ledger, Settlement } from '../../src/episodes/ledger.ts';
import { createLedger } from '../../src/episodes/store-ledger.ts';
import { migrations } from '../../src/store/schema.ts';
import type { Store } from '../../src/store/store.ts';
import { createMembership } from '../../src/store/store-membership.ts';
import { all, claim, episode, loaded, record, unfenced } from '../contract/ledger-fixtures.ts';
import { openForTest, storesUnderTest } from '../contract/stores.ts';
import { type EarlierRelease, earlierOnPostgres, earlierOnRedis } from './earlier-release.ts';

/*
 * From release 0.1.0 to this one, on the stores that two processes can share: what it left is read, and what it still
 * does beside this one, as in a rolling update, does no harm.
 */

const sent = (at: number): Settlement => ({ status: 'sent', at });
const rejected = { status: 'rejected', at: 5_000, reason: 'channel_not_found', error: 'no channel' } as const;
const expired = { status: 'expired', at: 6_000, reason: 'too_old', error: 'not sent within 24 h' } as const;
const mark: AttemptMark = { since: 1_000, until: 10_000, by: 'a' };

const told = claim('u1', { trigger: 'told' });
/** To one destination, claimed in another order than observed. */
const waiting = [3_000, 1_000, 2_000].map((openedAt, i) =>
  claim('u1', { trigger: `waiting-${i}`, openedAt }),
);
const refused = claim('u1', { trigger: 'refused' });
const late = claim('u1', { trigger: 'late' });
const imported = { ...episode('u1', { trigger: 'imported' }), notifiedAt: 900 };
const [once1, once2] = [claim('u2', { oncePer: 'r1' }), claim('u2', { oncePer: 'r2', openedAt: 4_000 })];

const inOrder = [waiting[1], waiting[2], waiting[0], once2].flatMap((each) => each?.delivery ?? []);
const idsInOrder = inOrder.map(({ id }) => id);

async function fill(earlier: EarlierRelease): Promise<void> {
  const claims = [told, ...waiting, refused, late];
  await earlier.apply('u1', { record: record('u1'), import: [imported], claim: claims });
  await earlier.apply('u2', { record: record('u2'), claim: [once1, once2] });
  await earlier.settle(told.delivery.id, sent(1_500));
  await earlier.settle(once1.delivery.id, sent(1_600));
  await earlier.settle(refused.delivery.id, rejected);
  await earlier.settle(late.delivery.id, expired);
}

it('leaves the migration of a release as it was released', () => {
  const digests = migrations.slice(0, 1).map(({ sql }) => createHash('sha256').update(sql).digest('hex'));
  expect(digests).toEqual(['73825d3032262d7ae04098c2764f400901344fea2574756c7f43d900f755f94c']);
});

for (const underTest of storesUnderTest(6).filter(({ name }) => name !== 'sqlite')) {
  describe.skipIf(underTest.skipped !== undefined)(`an upgrade from 0.1.0 on ${underTest.name}`, () => {
    let prepared: Awaited<ReturnType<typeof underTest.prepare>>;
    let earlier: EarlierRelease;
    let store: Store;
    let ledger: Ledger;
    const isRedis = underTest.name === 'redis';

    beforeAll(async () => {
      prepared = await underTest.prepare();
    });
    afterAll(() => prepared.remove());
    beforeEach(async () => {
      const { url } = prepared;
      earlier = await (isRedis ? earlierOnRedis(url) : earlierOnPostgres(url));
      await fill(earlier);
      store = await openForTest(url);
      ledger = createLedger(store);
    });
    afterEach(async () => {
      await earlier.close();
      await store.close(5_000);
    });

    it('keeps what is pending, in order, all of it ready', async () => {
      expect(await all(ledger.pending())).toEqual(inOrder);
      expect(await all(ledger.ready())).toEqual(idsInOrder);
      expect(await ledger.read(idsInOrder)).toEqual(inOrder);
    });

    it('shows what is parked', async () => {
      expect(await ledger.parked(10)).toEqual([
        { delivery: late.delivery, ...expired },
        { delivery: refused.delivery, ...rejected },
      ]);
    });

    it('knows the Applications and their episodes', async () => {
      const records = (await all(ledger.applications())).toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
      expect(records).toEqual([record('u1'), record('u2')]);
      const first = (await loaded(ledger, 'u1'))?.episodes ?? [];
      const open = [...waiting, refused, late].map((each) => each.episode);
      const expected = [imported, { ...told.episode, notifiedAt: 1_500 }, ...open];
      expect(new Set(first)).toEqual(new Set(expected));
      expect(await ledger.load('u2')).toEqual({ record: record('u2'), episodes: [once2.episode] });
      expect(await ledger.progress()).toBeUndefined();
    });

    it('claims nothing of it again, and takes its own claim for a repetition', async () => {
      const { term } = await createMembership(store).beat({ id: 'a', host: 'a' }, 60_000, true);
      const again = [told, refused, claim('u1', { trigger: 'imported' })].map((each) => ({
        ...each,
        delivery: { ...each.delivery, id: `f${each.delivery.id}` },
      }));
      const { suppressed } = unfenced(
        await ledger.apply('u1', { claim: [...again, ...waiting.slice(0, 1)] }, term),
      );
      expect(suppressed.toSorted()).toEqual(again.map((each) => each.episode.key).sort());
      const value = claim('u2', { oncePer: 'r1', openedAt: 9_000 });
      expect(unfenced(await ledger.apply('u2', { claim: [value] }, term)).suppressed).toEqual([
        value.episode.key,
      ]);
      expect(await all(ledger.pending())).toEqual(inOrder);
    });

    it('sends all of it, the parked once they come back, and leaves nothing behind', async () => {
      const back = [late, refused].map(({ delivery }) => delivery);
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
      expect(await ledger.unpark(back.map(({ id }) => id))).toEqual(back.toSorted(byId));
      // Whether or not their jobs are looked for before.
      for (const { id } of inOrder.slice(0, 2)) await send(ledger, id);
      expect((await all(ledger.ready())).length).toBe(4);
      for (const { id } of [...inOrder.slice(2), ...back]) await send(ledger, id);
      expect(await all(ledger.ready())).toEqual([]);
      expect(await all(ledger.pending())).toEqual([]);
      expect((await loaded(ledger, 'u1'))?.episodes.filter(({ notifiedAt }) => !notifiedAt)).toEqual([]);
      for (const uid of ['u1', 'u2']) await ledger.forget(uid, '7', 0);
      await ledger.setProgress('8', 0);
      expect(await remains(store)).toEqual([]);
    });

    describe('with 0.1.0 still at work', () => {
      const lane = [1, 2, 3].map((n) => claim('u3', { trigger: `new-${n}`, openedAt: n * 1_000 }));
      const [first = '', second = '', third = ''] = lane.map(({ delivery }) => delivery.id);
      const readyOfLane = async () =>
        (await all(ledger.ready())).filter((id) => [first, second, third].includes(id));

      beforeEach(async () => {
        await all(ledger.ready());
        await ledger.apply('u3', { record: record('u3'), claim: lane }, 0);
      });

      it('has the first of a lane ready', async () => {
        expect(await readyOfLane()).toEqual([first]);
      });

      it('looks soon for what it has settled', async () => {
        await all(ledger.ready());
        expect(await secondsToSweep(store)).toBeLessThanOrEqual(5);
      });

      it('goes on with a lane whose first it has sent', async () => {
        await earlier.settle(first, sent(7_000));
        await sweepIsDue(store);
        expect(await readyOfLane()).toEqual([second]);
        await send(ledger, second);
        await send(ledger, third);
      });

      it('goes on with a lane whose first it has parked', async () => {
        await earlier.settle(first, rejected);
        await sweepIsDue(store);
        expect(await readyOfLane()).toEqual([second]);
        await send(ledger, second);
        expect(await ledger.unpark([first])).toEqual([]);
        await send(ledger, third);
        await send(ledger, first);
      });

      it('puts what it has parked last into its lane, also before that was seen', async () => {
        await earlier.settle(first, rejected);
        expect(await ledger.unpark([first])).toEqual([]);
        expect(await readyOfLane()).toEqual([second]);
        for (const id of [second, third, first]) await send(ledger, id);
      });

      it('claims behind a first that it has sent, and does not wait for it', async () => {
        await earlier.settle(first, sent(7_000));
        const next = claim('u3', { trigger: 'new-4', openedAt: 4_000 });
        expect(unfenced(await ledger.apply('u3', { claim: [next] }, 0)).ready).toEqual([]);
        expect(await readyOfLane()).toEqual([second]);
        for (const id of [second, third, next.delivery.id]) await send(ledger, id);
      });

      it('goes on with a lane of which it has sent what was not first', async () => {
        await earlier.settle(second, sent(7_000));
        expect(await ledger.settle(first, sent(7_000))).toMatchObject({ next: { id: third } });
        expect(await readyOfLane()).toEqual([third]);
      });

      it('sends what it has made pending again', async () => {
        await ledger.settle(first, rejected);
        await ledger.settle(second, sent(7_000));
        await ledger.settle(third, sent(7_000));
        await earlier.unpark(first);
        await sweepIsDue(store);
        expect(await readyOfLane()).toEqual([first]);
        await send(ledger, first);
      });

      it('refuses what it decides, and changes nothing', async () => {
        const before = await contentOf(ledger);
        const told = isRedis ? /^WRONGTYPE / : /^a newer release of Herald decides .*: stop this one$/;
        const change = { record: record('u3', 'v2'), claim: [claim('u3', { recipient: 'other' })] };
        await expect(earlier.apply('u3', change)).rejects.toThrow(told);
        await expect(earlier.apply('u4', { claim: [claim('u4')] })).rejects.toThrow(told);
        await expect(earlier.forget('u3')).rejects.toThrow(told);
        expect(await contentOf(ledger)).toEqual(before);
      });
    });
  });
}

async function send(ledger: Ledger, id: string): Promise<void> {
  expect(await ledger.begin(id, mark)).toEqual({ status: 'begun' });
  expect(await ledger.begin(id, { ...mark, by: 'b' })).toEqual({ status: 'unclear', earlier: mark });
  expect(await ledger.settle(id, sent(7_000))).toMatchObject({ settled: true, open: true });
}

/** On PostgreSQL each sweep sees what 0.1.0 has done. */
async function secondsToSweep(store: Store): Promise<number> {
  return store.kind === 'redis' ? await store.client.ttl('herald:lanes') : 0;
}

/** On Redis what 0.1.0 has done is looked for now and then: now. */
async function sweepIsDue(store: Store): Promise<void> {
  if (store.kind === 'redis') await store.client.del('herald:lanes');
}

async function contentOf(ledger: Ledger): Promise<unknown> {
  return {
    loaded: await all(ledger.loadAll()),
    pending: await all(ledger.pending()),
    parked: await ledger.parked(10),
  };
}

async function remains(store: Store): Promise<string[]> {
  if (store.kind === 'redis') {
    const counters = new Set([
      'herald:applications',
      'herald:upgrade',
      'herald:lanes',
      'herald:sequence',
      'herald:progress',
    ]);
    return (await store.client.keys('herald:*')).filter((key) => !counters.has(key));
  }
  const { rows } = await store.pool.query<{ what: string }>(
    `SELECT 'application' AS what FROM herald.application UNION ALL SELECT 'episode' FROM herald.episode
     UNION ALL SELECT 'delivery' FROM herald.delivery UNION ALL SELECT 'snapshot' FROM herald.snapshot
     UNION ALL SELECT 'gone' FROM herald.gone`,
  );
  return rows.map(({ what }) => what);
}
