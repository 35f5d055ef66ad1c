import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptMark, Ledger, LedgerChange, Settlement } from '../../src/episodes/ledger.ts';
import { createLedger } from '../../src/episodes/store-ledger.ts';
import { createMemoryLedger } from '../../src/pipeline/testing/memory-ledger.ts';
import type { Store } from '../../src/store/store.ts';
import { all, claim, episode, loaded, record, unfenced } from './ledger-fixtures.ts';
import { openForTest, type StoreUnderTest } from './stores.ts';

const sent = (at = 5_000): Settlement => ({ status: 'sent', at });
const rejected = (at = 5_000): Settlement => ({
  status: 'rejected',
  at,
  reason: 'channel_not_found',
  error: 'There is no channel "general"\0',
});

/** What every ledger keeps to, whatever its store. */
export function ledgerContract(underTest: StoreUnderTest): void {
  describe.skipIf(underTest.skipped !== undefined)(`ledger on ${underTest.name}`, () => {
    let prepared: Awaited<ReturnType<StoreUnderTest['prepare']>>;
    let store: Store;
    let ledger: Ledger;

    beforeAll(async () => {
      prepared = await underTest.prepare();
      store = await openForTest(prepared.url);
      ledger = createLedger(store);
    });
    afterAll(async () => {
      await store.close(5_000);
      await prepared.remove();
    });
    afterEach(() => empty(ledger));

    const apply = async (uid: string, change: LedgerChange) => unfenced(await ledger.apply(uid, change, 0));
    const isPending = async (id: string) => (await ledger.read([id])).length > 0;
    const episodesOf = async (uid: string) => (await loaded(ledger, uid))?.episodes ?? [];

    it('knows nothing of an Application that was never written', async () => {
      expect(await ledger.load('u')).toBeUndefined();
      expect(await all(ledger.applications())).toEqual([]);
      expect(await isPending('0'.repeat(40))).toBe(false);
      expect(await ledger.parked(10)).toEqual([]);
    });

    it('keeps the record that was written last', async () => {
      await apply('u', { record: record('u', 'v1') });
      await apply('u', { record: record('u', 'v2') });
      expect(await ledger.load('u')).toEqual({ record: record('u', 'v2'), episodes: [] });
      expect(await all(ledger.applications())).toEqual([record('u', 'v2')]);
    });

    it('claims an episode once', async () => {
      const first = claim('u');
      const later = claim('u', { openedAt: 2_000 });
      expect(await apply('u', { record: record('u'), claim: [first] })).toMatchObject({ suppressed: [] });
      expect(await apply('u', { claim: [later] })).toMatchObject({ suppressed: [first.episode.key] });
      expect(await all(ledger.pending())).toEqual([first.delivery]);
      expect(await episodesOf('u')).toEqual([first.episode]);
    });

    it('takes the repetition of a change for the same change', async () => {
      const change = { record: record('u'), claim: [claim('u'), claim('u', { recipient: 'other' })] };
      await apply('u', change);
      expect(await apply('u', change)).toMatchObject({ suppressed: [] });
      await ledger.settle(change.claim[0]?.delivery.id ?? '', sent());
      expect(await apply('u', change)).toMatchObject({ suppressed: [] });
      expect((await all(ledger.pending())).map(({ id }) => id)).toEqual([change.claim[1]?.delivery.id]);
    });

    it('does not send twice when a change that ends and claims an episode is repeated', async () => {
      await apply('u', { record: record('u'), claim: [claim('u')] });
      await ledger.settle(claim('u').delivery.id, sent());
      const next = claim('u', { openedAt: 2_000 });
      const change = { end: [next.episode.key], claim: [next] };
      expect(await apply('u', change)).toMatchObject({ suppressed: [] });
      await ledger.settle(next.delivery.id, sent());
      expect(await apply('u', change)).toMatchObject({ suppressed: [] });
      expect(await all(ledger.pending())).toEqual([]);
    });

    it('claims again after an episode ended', async () => {
      const first = claim('u');
      await apply('u', { record: record('u'), claim: [first] });
      await apply('u', { end: [first.episode.key] });
      const second = claim('u', { openedAt: 2_000 });
      expect(await apply('u', { claim: [second] })).toMatchObject({ suppressed: [] });
      expect((await all(ledger.pending())).map(({ id }) => id)).toEqual([
        first.delivery.id,
        second.delivery.id,
      ]);
    });

    it('ends before it claims, in one change', async () => {
      const first = claim('u');
      await apply('u', { record: record('u'), claim: [first] });
      const second = claim('u', { openedAt: 2_000 });
      expect(await apply('u', { end: [first.episode.key], claim: [second] })).toMatchObject({
        suppressed: [],
      });
      expect(await episodesOf('u')).toEqual([second.episode]);
    });

    it('imports what is absent as notified, before it claims', async () => {
      const imported = { ...episode('u'), notifiedAt: 900 };
      const other = claim('u', { recipient: 'other' });
      await apply('u', { record: record('u'), claim: [other] });
      const change = { import: [imported, { ...other.episode, notifiedAt: 900 }], claim: [claim('u')] };
      expect(await apply('u', change)).toMatchObject({ suppressed: [imported.key] });
      expect(byKey(await episodesOf('u'))).toEqual(byKey([imported, other.episode]));
    });

    it('notifies a oncePer value once, however many others come between', async () => {
      const values = ['a', 'b', 'a', 'b', 'a'].map((oncePer, i) =>
        claim('u', { oncePer, openedAt: 1_000 + i }),
      );
      const suppressed = [];
      for (const each of values) suppressed.push((await apply('u', { claim: [each] })).suppressed.length);
      expect(suppressed).toEqual([0, 0, 1, 1, 1]);
    });

    it('has no cap on oncePer values', async () => {
      const values = Array.from({ length: 300 }, (_, i) =>
        claim('u', { oncePer: `${i}`, openedAt: 1_000 + i }),
      );
      await apply('u', { record: record('u'), claim: values });
      const again = values.map((each) => ({
        ...each,
        delivery: { ...each.delivery, id: `f${each.delivery.id}` },
      }));
      expect((await apply('u', { claim: again })).suppressed).toHaveLength(300);
      expect(await episodesOf('u')).toEqual([values.at(-1)?.episode]);
    });

    it('loads of each condition and destination the oncePer value that was claimed or confirmed last', async () => {
      const a = claim('u', { oncePer: 'a', openedAt: 1_000 });
      const b = claim('u', { oncePer: 'b', openedAt: 2_000 });
      const elsewhere = claim('u', { oncePer: 'a', openedAt: 1_500, recipient: 'other' });
      await apply('u', { record: record('u'), claim: [a, b, elsewhere] });
      expect(byKey(await episodesOf('u'))).toEqual(byKey([b.episode, elsewhere.episode]));
      await apply('u', { claim: [claim('u', { oncePer: 'a', openedAt: 3_000 })] });
      expect(byKey(await episodesOf('u'))).toEqual(byKey([a.episode, elsewhere.episode]));
      await apply('u', { confirm: { keys: [b.episode.key], at: 4_000 } });
      expect(byKey(await episodesOf('u'))).toEqual(byKey([b.episode, elsewhere.episode]));
    });

    it('marks the episode notified when its delivery was sent', async () => {
      const claimed = claim('u');
      await apply('u', { record: record('u'), claim: [claimed] });
      expect(await isPending(claimed.delivery.id)).toBe(true);
      await ledger.settle(claimed.delivery.id, sent(7_000));
      expect(await isPending(claimed.delivery.id)).toBe(false);
      expect(await episodesOf('u')).toEqual([{ ...claimed.episode, notifiedAt: 7_000 }]);
      await ledger.settle(claimed.delivery.id, sent(8_000));
      expect(await episodesOf('u')).toEqual([{ ...claimed.episode, notifiedAt: 7_000 }]);
    });

    it('does not mark a later occurrence notified', async () => {
      const first = claim('u');
      const second = claim('u', { openedAt: 2_000 });
      await apply('u', { record: record('u'), claim: [first] });
      await apply('u', { end: [first.episode.key], claim: [second] });
      await ledger.settle(first.delivery.id, sent());
      expect(await episodesOf('u')).toEqual([second.episode]);
    });

    it('parks what was rejected or expired, and hands it out again', async () => {
      const [first, second] = [claim('u'), claim('u', { recipient: 'other', observedAt: 900 })];
      await apply('u', { record: record('u'), claim: [first, second] });
      await ledger.settle(first.delivery.id, rejected(5_000));
      await ledger.settle(second.delivery.id, { ...rejected(6_000), status: 'expired' } as Settlement);
      expect(await all(ledger.pending())).toEqual([]);
      expect(await ledger.parked(10)).toEqual([
        { delivery: second.delivery, ...rejected(6_000), status: 'expired' },
        { delivery: first.delivery, ...rejected(5_000) },
      ]);
      expect(await ledger.parked(1)).toHaveLength(1);
      const ids = [first.delivery.id, second.delivery.id, 'f'.repeat(40)];
      expect(await ledger.unpark(ids)).toEqual([second.delivery, first.delivery]);
      expect(await ledger.unpark(ids)).toEqual([second.delivery, first.delivery]);
      expect(await ledger.parked(10)).toEqual([]);
      await ledger.settle(first.delivery.id, sent(7_000));
      const episodes = await episodesOf('u');
      expect(episodes.find(({ key }) => key === first.episode.key)).toMatchObject({ notifiedAt: 7_000 });
    });

    it('keeps the pending deliveries of an Application that is forgotten', async () => {
      const claimed = claim('u');
      await apply('u', { record: record('u'), claim: [claimed] });
      await ledger.forget('u', '7', 0);
      await ledger.forget('u', '7', 0);
      expect(await all(ledger.applications())).toEqual([]);
      expect(await all(ledger.pending())).toEqual([claimed.delivery]);
      await ledger.settle(claimed.delivery.id, sent());
      expect(await all(ledger.pending())).toEqual([]);
    });

    it('remembers what was forgotten until the progress has passed it, or it is there again', async () => {
      for (const uid of ['u1', 'u2']) {
        await apply(uid, { record: record(uid), claim: [claim(uid)] });
        expect(await ledger.forget(uid, '90', 0)).toEqual({ fenced: false });
      }
      expect(await ledger.load('u1')).toEqual({ goneAt: '90' });
      await ledger.setProgress('89', 0);
      expect(await ledger.progress()).toBe('89');
      expect(await ledger.load('u1')).toEqual({ goneAt: '90' });
      await apply('u2', { record: record('u2') });
      expect(await ledger.load('u2')).toEqual({ record: record('u2'), episodes: [] });
      await ledger.setProgress('100', 0);
      expect(await ledger.load('u1')).toBeUndefined();
    });

    it('has one delivery of a lane ready, and the next when that is settled, however it ends', async () => {
      const [first, second, third] = [1_000, 2_000, 3_000].map((openedAt, i) =>
        claim('u', { trigger: `t${i}`, openedAt }),
      );
      if (!first || !second || !third) throw new Error('unreachable');
      const elsewhere = claim('u', { recipient: 'other', openedAt: 1_500 });
      const another = claim('u1', { openedAt: 1_600 });
      const applied = await apply('u', { record: record('u'), claim: [first, second, elsewhere] });
      expect(applied.ready.toSorted()).toEqual([first.delivery.id, elsewhere.delivery.id].sort());
      expect((await apply('u', { claim: [third] })).ready).toEqual([]);
      expect((await apply('u1', { record: record('u1'), claim: [another] })).ready).toEqual([
        another.delivery.id,
      ]);
      const readyIds = async () => (await all(ledger.ready())).toSorted();
      const others = [elsewhere.delivery.id, another.delivery.id];
      expect(await readyIds()).toEqual([first.delivery.id, ...others].sort());
      expect(await ledger.settle(first.delivery.id, sent())).toEqual({
        settled: true,
        open: true,
        next: second.delivery,
      });
      expect(await readyIds()).toEqual([second.delivery.id, ...others].sort());
      expect(await ledger.settle(second.delivery.id, rejected())).toMatchObject({ next: third.delivery });
      // Back again it is the last one.
      expect(await ledger.unpark([second.delivery.id])).toEqual([]);
      expect(await ledger.settle(third.delivery.id, sent())).toMatchObject({ next: second.delivery });
      expect(await ledger.settle(second.delivery.id, sent())).toEqual({ settled: true, open: true });
    });

    it('settles what is not the first of its lane, and the first stays', async () => {
      const [first, second] = [claim('u'), claim('u', { trigger: 'other', openedAt: 2_000 })];
      await apply('u', { record: record('u'), claim: [first, second] });
      expect(await ledger.settle(second.delivery.id, sent())).toMatchObject({ next: first.delivery });
      expect(await all(ledger.ready())).toEqual([first.delivery.id]);
    });

    it('says again what is ready when a change is repeated', async () => {
      const change = { record: record('u'), claim: [claim('u'), claim('u', { trigger: 'other' })] };
      const { ready } = await apply('u', change);
      expect(ready).toHaveLength(1);
      expect((await apply('u', change)).ready).toEqual(ready);
    });

    it('reads of ids those that are pending', async () => {
      const [first, second] = [claim('u'), claim('u', { trigger: 'other' })];
      await apply('u', { record: record('u'), claim: [first, second] });
      await ledger.settle(first.delivery.id, rejected());
      expect(await ledger.read([first.delivery.id, second.delivery.id, '0'.repeat(40)])).toEqual([
        second.delivery,
      ]);
      expect(await ledger.read([])).toEqual([]);
    });

    describe('an attempt', () => {
      const attempt = (by: string, since = 1_000): AttemptMark => ({ since, until: since + 9_000, by });
      let id: string;

      beforeEach(async () => {
        const claimed = claim('u');
        ({ id } = claimed.delivery);
        await apply('u', { record: record('u'), claim: [claimed] });
      });

      it('is begun once; another learns of it, and takes over the one that it names', async () => {
        expect(await ledger.begin(id, attempt('a'))).toEqual({ status: 'begun' });
        const unclear = { status: 'unclear', earlier: attempt('a') };
        expect(await ledger.begin(id, attempt('b'))).toEqual(unclear);
        expect(await ledger.begin(id, attempt('b'), attempt('c'))).toEqual(unclear);
        expect(await ledger.begin(id, attempt('b'), attempt('a'))).toEqual({ status: 'begun' });
        expect(await ledger.begin(id, attempt('c'), attempt('a'))).toEqual({
          status: 'unclear',
          earlier: attempt('b'),
        });
      });

      it('is taken over by one of many', async () => {
        const second = createLedger(store);
        await ledger.begin(id, attempt('dead'));
        const names = Array.from({ length: 20 }, (_, i) => `w${i}`);
        const begun = await Promise.all(
          names.map((by, i) => (i % 2 ? ledger : second).begin(id, attempt(by), attempt('dead'))),
        );
        expect(begun.filter(({ status }) => status === 'begun')).toHaveLength(1);
      });

      it('that reached nobody is abandoned, unless it is another’s', async () => {
        await ledger.begin(id, attempt('a'));
        await ledger.abandon(id, attempt('b'));
        expect(await ledger.begin(id, attempt('c'))).toMatchObject({ status: 'unclear' });
        await ledger.abandon(id, attempt('a'));
        expect(await ledger.begin(id, attempt('c'))).toEqual({ status: 'begun' });
      });

      it('is not begun of what is settled, unknown, or behind another', async () => {
        const behind = claim('u', { trigger: 'other', openedAt: 2_000 });
        await apply('u', { claim: [behind] });
        expect(await ledger.begin(behind.delivery.id, attempt('a'))).toEqual({ status: 'behind' });
        await ledger.settle(id, sent());
        expect(await ledger.begin(id, attempt('a'))).toEqual({ status: 'settled' });
        expect(await ledger.begin('0'.repeat(40), attempt('a'))).toEqual({ status: 'settled' });
        expect(await ledger.begin(behind.delivery.id, attempt('a'))).toEqual({ status: 'begun' });
        await ledger.settle(behind.delivery.id, rejected());
        expect(await ledger.begin(behind.delivery.id, attempt('b'))).toEqual({ status: 'settled' });
      });

      it('leaves no mark on what was parked and comes back', async () => {
        await ledger.begin(id, attempt('a'));
        await ledger.settle(id, rejected());
        await ledger.unpark([id]);
        expect(await ledger.begin(id, attempt('b'))).toEqual({ status: 'begun' });
      });
    });

    it('keeps why something was parked: reason, error and scope', async () => {
      const claimed = claim('u');
      await apply('u', { record: record('u'), claim: [claimed] });
      await ledger.settle(claimed.delivery.id, { ...rejected(), scope: 'recipient' } as Settlement);
      expect(await ledger.parked(1)).toMatchObject([{ reason: 'channel_not_found', scope: 'recipient' }]);
    });

    it('settles once, and says whether the episode is still the same', async () => {
      const first = claim('u');
      await apply('u', { record: record('u'), claim: [first] });
      await apply('u', { end: [first.episode.key] });
      expect(await ledger.settle(first.delivery.id, sent())).toEqual({ settled: true, open: false });
      expect(await ledger.settle(first.delivery.id, sent())).toMatchObject({ settled: false });
    });

    it('prunes oncePer episodes that were not confirmed since, unless they are still to be sent', async () => {
      const [old, pending, confirmed] = ['a', 'b', 'c'].map((oncePer) =>
        claim('u', { oncePer, recipient: oncePer }),
      );
      const plain = claim('u');
      if (!old || !pending || !confirmed) throw new Error('unreachable');
      await apply('u', { record: record('u'), claim: [old, pending, confirmed, plain] });
      for (const each of [old, confirmed, plain]) await ledger.settle(each.delivery.id, sent());
      await apply('u', { confirm: { keys: [confirmed.episode.key, plain.episode.key], at: 9_000 } });
      expect(await ledger.prune(2_000)).toBe(1);
      const keys = (await episodesOf('u')).map(({ key }) => key).sort();
      expect(keys).toEqual([pending, confirmed, plain].map((each) => each.episode.key).sort());
    });

    it('prunes what was parked before', async () => {
      await apply('u', {
        record: record('u'),
        claim: [claim('u'), claim('u', { recipient: 'other' })],
      });
      for (const { id } of await all(ledger.pending())) await ledger.settle(id, rejected(5_000));
      expect(await ledger.prune(5_000)).toBe(0);
      expect(await ledger.prune(5_001)).toBe(2);
      expect(await ledger.parked(10)).toEqual([]);
    });

    it('keeps any text and any number of pages', async () => {
      const strange = '\0\u{1F600}\ud800 "\\\n\t‮';
      const snapshot = { metadata: { annotations: { [strange]: strange } }, big: 'x'.repeat(1_500_000) };
      const claimed = claim('u', { trigger: strange, oncePer: strange, recipient: strange, snapshot });
      await apply('u', { record: record('u', strange), claim: [claimed] });
      expect(await all(ledger.pending())).toEqual([claimed.delivery]);
      expect(await ledger.load('u')).toEqual({ record: record('u', strange), episodes: [claimed.episode] });

      const many = Array.from({ length: 450 }, (_, i) => `v${String(i).padStart(3, '0')}`);
      await Promise.all(many.map((uid) => apply(uid, { record: record(uid), claim: [claim(uid)] })));
      expect((await all(ledger.applications())).map(({ uid }) => uid).sort()).toEqual(['u', ...many]);
      expect((await all(ledger.loadAll())).map((each) => each.record.uid).sort()).toEqual(['u', ...many]);
      expect(await all(ledger.pending())).toHaveLength(451);
      await Promise.all(many.map((uid) => ledger.settle(claim(uid).delivery.id, sent())));
      expect(await all(ledger.pending())).toHaveLength(1);
    });

    it('lets exactly one of two claims made at the same time win', async () => {
      const second = createLedger(store);
      for (let round = 0; round < 20; round += 1) {
        const recipients = Array.from({ length: 10 }, (_, i) => `r${round}-${i}`);
        const changes = [1, 2].map((by) => ({
          claim: recipients.map((recipient) => claim('u', { recipient, openedAt: by * 1_000 })),
        }));
        const [a, b] = await Promise.all([
          apply('u', changes[0] as LedgerChange),
          second.apply('u', { claim: [...(changes[1]?.claim ?? [])].reverse() }, 0).then(unfenced),
        ]);
        expect(a.suppressed.length + b.suppressed.length).toBe(10);
      }
      expect(await all(ledger.pending())).toHaveLength(200);
    });

    it('leaves nothing behind when everything is settled and forgotten', async () => {
      const snapshot = { spec: { source: 'shared' } };
      await apply('u', {
        record: record('u'),
        claim: ['a', 'b', 'c'].map((recipient) => claim('u', { recipient, snapshot })),
      });
      const [first, second, third] = await all(ledger.pending());
      await ledger.settle(first?.id ?? '', sent());
      await ledger.settle(second?.id ?? '', rejected());
      expect((await ledger.parked(1))[0]?.delivery.snapshot).toEqual(snapshot);
      await ledger.settle(third?.id ?? '', sent());
      await ledger.prune(9_999);
      await ledger.forget('u', '7', 0);
      await ledger.setProgress('8', 0);
      expect(await remains(store)).toEqual([]);
    });

    it('answers as the model does, whatever is asked in whatever order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
          await empty(ledger);
          expect(await all(ledger.applications())).toEqual([]);
          const model = createMemoryLedger();
          for (const run of operations) {
            expect(normal(await run.on(ledger)), run.toString()).toEqual(normal(await run.on(model)));
            expect(await view(ledger), run.toString()).toEqual(await view(model));
          }
        }),
        { numRuns: underTest.name === 'pglite' ? 25 : 60, endOnFailure: false },
      );
    });
  });
}

interface Operation {
  on(ledger: Ledger): Promise<unknown>;
  toString(): string;
}

const uid = fc.constantFrom('u1', 'u2');
const time = fc.integer({ min: 1, max: 6 }).map((n) => n * 1_000);
const parts = fc.record({
  trigger: fc.constantFrom('on-sync', 'on-health'),
  oncePer: fc.constantFrom('', 'r1', 'r2'),
  recipient: fc.constantFrom('a', 'b'),
  openedAt: time,
});
const settlement = fc
  .tuple(fc.constantFrom('sent', 'rejected', 'expired'), time)
  .map(
    ([status, at]): Settlement =>
      status === 'sent' ? sent(at) : ({ ...rejected(at), status } as Settlement),
  );

const change = fc
  .record({
    hasRecord: fc.boolean(),
    end: fc.array(parts, { maxLength: 2 }),
    imports: fc.array(parts, { maxLength: 2 }),
    confirm: fc.array(parts, { maxLength: 2 }),
    confirmedAt: time,
    claims: fc.array(parts, { maxLength: 3 }),
  })
  .map(
    (drawn) =>
      (of: string): LedgerChange => ({
        ...(drawn.hasRecord ? { record: record(of) } : {}),
        end: drawn.end.map((each) => episode(of, each).key),
        import: drawn.imports.map((each) => ({ ...episode(of, each), notifiedAt: each.openedAt })),
        confirm: { keys: drawn.confirm.map((each) => episode(of, each).key), at: drawn.confirmedAt },
        claim: drawn.claims.map((each) => claim(of, each)),
      }),
  );

const revision = fc.constantFrom('9', '10', '11');
const mark = fc.constantFrom('a', 'b').map((by): AttemptMark => ({ since: 1_000, until: 10_000, by }));

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(uid, change)
      .map(([of, make]) => named(`apply ${of} ${JSON.stringify(make(of))}`, (l) => l.apply(of, make(of), 0))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(uid, parts, settlement)
      .map(([of, each, how]) =>
        named(`settle ${JSON.stringify([of, each, how])}`, (l) => l.settle(claim(of, each).delivery.id, how)),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(uid, fc.array(parts, { maxLength: 3 }))
      .map(([of, each]) =>
        named(`unpark ${JSON.stringify([of, each])}`, (l) =>
          l.unpark(each.map((part) => claim(of, part).delivery.id)),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(uid, revision)
      .map(([of, at]) => named(`forget ${of} at ${at}`, (l) => l.forget(of, at, 0))),
  },
  { weight: 1, arbitrary: revision.map((at) => named(`progress ${at}`, (l) => l.setProgress(at, 0))) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(uid, parts, mark, fc.option(mark, { nil: undefined }))
      .map(([of, each, by, replaces]) =>
        named(`begin ${JSON.stringify([of, each, by, replaces])}`, (l) =>
          l.begin(claim(of, each).delivery.id, by, replaces),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(uid, parts, mark)
      .map(([of, each, by]) =>
        named(`abandon ${JSON.stringify([of, each, by])}`, (l) => l.abandon(claim(of, each).delivery.id, by)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(uid, fc.array(parts, { maxLength: 3 }))
      .map(([of, each]) =>
        named(`read ${JSON.stringify([of, each])}`, (l) =>
          l.read(each.map((part) => claim(of, part).delivery.id)),
        ),
      ),
  },
  { weight: 1, arbitrary: time.map((before) => named(`prune ${before}`, (l) => l.prune(before))) },
);

function named(name: string, on: Operation['on']): Operation {
  return { on, toString: () => name };
}

/** In which order, and how often, ids are answered means nothing. */
function normal(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('ready' in answer)) return answer;
  return { ...answer, ready: [...new Set(answer.ready as string[])].toSorted() };
}

/** Everything that can be asked of a ledger. */
async function view(ledger: Ledger): Promise<unknown> {
  const loaded = (await all(ledger.loadAll())).map((each) => ({ ...each, episodes: byKey(each.episodes) }));
  return {
    loaded: loaded.sort((a, b) => (a.record.uid < b.record.uid ? -1 : 1)),
    pending: await all(ledger.pending()),
    ready: (await all(ledger.ready())).toSorted(),
    gone: await Promise.all(['u1', 'u2'].map(async (of) => (await ledger.load(of)) ?? null)).then((all) =>
      all.filter((each) => each !== null && 'goneAt' in each),
    ),
    parked: await ledger.parked(100),
  };
}

function byKey<T extends { key: string }>(episodes: T[] | undefined): T[] | undefined {
  return episodes && [...episodes].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Takes everything out, by the means that the contract has. */
async function empty(ledger: Ledger): Promise<void> {
  await ledger.unpark((await ledger.parked(10_000)).map(({ delivery }) => delivery.id));
  await Promise.all((await all(ledger.pending())).map(({ id }) => ledger.settle(id, sent())));
  const uids = new Set(['u', 'u1', 'u2', ...(await all(ledger.applications())).map((each) => each.uid)]);
  await Promise.all([...uids].map((each) => ledger.forget(each, '1', 0)));
  await ledger.setProgress('1000', 0);
}

/** One of each, for the whole ledger. */
const redisCounters: ReadonlySet<string> = new Set([
  'herald:applications',
  'herald:lanes',
  'herald:sequence',
  'herald:progress',
]);

async function remains(store: Store): Promise<string[]> {
  if (store.kind === 'redis') {
    const keys = await store.client.keys('herald:*');
    return keys.filter((key) => !redisCounters.has(key));
  }
  const { rows } = await store.pool.query<{ what: string }>(
    `SELECT 'application' AS what FROM herald.application UNION ALL SELECT 'episode' FROM herald.episode
     UNION ALL SELECT 'delivery' FROM herald.delivery UNION ALL SELECT 'snapshot' FROM herald.snapshot`,
  );
  return rows.map(({ what }) => what);
}
