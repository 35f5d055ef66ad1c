import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AttemptMark,
  type Change,
  type Ledger,
  mostItems,
  type Settlement,
} from '../../src/ledger/ledger.ts';
import { piecesOf } from '../../src/ledger/pieces.ts';
import { type Row, type RowKind, rowKinds } from '../../src/ledger/rows.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import type { Store } from '../../src/store/store.ts';
import { createMemoryLedger, factsOf } from '../../src/testing/memory-ledger.ts';
import { runs } from '../runs.ts';
import {
  all,
  committer,
  type DeliveryParts,
  delivery,
  noticeRow,
  recordRow,
  toldRow,
} from './ledger-fixtures.ts';
import { openForTest, type StoreUnderTest } from './stores.ts';

const sent = (at = 5_000): Settlement => ({ status: 'sent', at });
const rejected = (at = 5_000) => ({
  status: 'rejected' as const,
  at,
  reason: 'channel_not_found',
  error: 'There is no channel "general"\0',
});
const unknownId = '0'.repeat(40);
const strange = '\0\u{1F600}\ud800 "\\\n\t‮';

/** What every ledger keeps to, whatever its store. */
export function ledgerContract(underTest: StoreUnderTest): void {
  describe.skipIf(underTest.skipped !== undefined)(`ledger on ${underTest.name}`, () => {
    let prepared: Awaited<ReturnType<StoreUnderTest['prepare']>>;
    let store: Store;
    let ledger: Ledger;
    let commit: ReturnType<typeof committer>;

    beforeAll(async () => {
      prepared = await underTest.prepare();
      store = await openForTest(prepared.url);
      ledger = createLedger(store);
      commit = committer(ledger);
    });
    afterAll(async () => {
      await store.close(5_000);
      await prepared.remove();
    });
    afterEach(() => empty(ledger, commit));

    const isPending = async (id: string) => (await all(ledger.pending())).some((each) => each.id === id);
    const rowsOf = async (scope: string, kinds: readonly RowKind[] = rowKinds) =>
      sorted(await ledger.load(scope, kinds));

    describe('rows', () => {
      it('are not there before they are put', async () => {
        expect(await ledger.load('u', rowKinds)).toEqual([]);
        expect(await ledger.read('u', 'told', ['r1'])).toEqual([]);
        expect(await ledger.read('u', 'told', [])).toEqual([]);
        expect(await all(ledger.rows('application'))).toEqual([]);
      });

      it('hold what was put last, until they are removed', async () => {
        await commit('u', { put: [recordRow('u', 'v1'), noticeRow('a'), noticeRow('b')] });
        await commit('u', {
          put: [recordRow('u', 'v2')],
          remove: [{ kind: 'notice', key: noticeRow('a').key }],
        });
        expect(await rowsOf('u')).toEqual(sorted([recordRow('u', 'v2'), noticeRow('b')]));
        expect(await all(ledger.rows('application'))).toEqual([{ ...recordRow('u', 'v2'), scope: 'u' }]);
        await commit('u', { remove: [{ kind: 'application', key: '' }] });
        expect(await all(ledger.rows('application'))).toEqual([]);
      });

      it('are removed before they are put, in one change', async () => {
        await commit('u', { put: [toldRow('r1', 1_000)] });
        await commit('u', { remove: [toldRow('r1')], put: [toldRow('r1', 2_000)] });
        expect(await ledger.read('u', 'told', ['r1'])).toEqual([toldRow('r1', 2_000)]);
      });

      it('that people ask for are written whoever leads, each in place of the one before', async () => {
        const row = (key: string, endsAt: number, expiresAt?: number) => ({
          kind: 'silence' as const,
          scope: 'silences' as const,
          key,
          value: { matchers: [['a=b', 'c="d"']], startsAt: 1, endsAt, createdBy: 'ops', comment: strange },
          ...(expiresAt === undefined ? {} : { expiresAt }),
        });
        const byKey = (rows: { key: string }[]) => rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
        await ledger.put(row('s1', 2));
        await ledger.put(row('s1', 3));
        await ledger.put(row('s2', 4, 1_000));
        expect(byKey(await all(ledger.rows('silence')))).toEqual([row('s1', 3), row('s2', 4, 1_000)]);
        expect(await ledger.prune({ expired: 2_000, parked: 0 })).toBe(1);
        const { scope, ...left } = row('s1', 3);
        expect(await ledger.load(scope, ['silence'])).toEqual([left]);
      });

      it('are told apart by scope, kind and key', async () => {
        const alert: Row<'alert'> = {
          kind: 'alert',
          key: 'r1',
          value: {
            configNamespace: 'argocd',
            trigger: 'on-degraded',
            condition: 'c',
            oncePer: 'r1',
            application: { uid: 'u1', namespace: 'argocd', name: 'shop', project: 'default' },
            key: 'r1',
            severity: 'critical',
            labels: {},
            state: 'firing',
            since: 1,
            firedAt: 2,
            changes: [],
          },
        };
        const silence: Row<'silence'> = {
          kind: 'silence',
          key: 'r1',
          value: { matchers: [['a=b']], startsAt: 1, endsAt: 2, createdBy: 'ops', comment: '' },
        };
        await commit('u1', { put: [toldRow('r1'), toldRow('r2'), alert] });
        await commit('u2', { put: [toldRow('r1', 5_000), silence] });
        expect(await ledger.read('u1', 'told', ['r1', 'r3'])).toEqual([toldRow('r1')]);
        expect(await rowsOf('u1', ['alert'])).toEqual([alert]);
        expect(await rowsOf('u2', ['told', 'silence'])).toEqual(sorted([toldRow('r1', 5_000), silence]));
        expect(await all(ledger.rows('silence'))).toEqual([{ ...silence, scope: 'u2' }]);
        await commit('u1', { clear: true, put: [noticeRow('a')] });
        expect(await rowsOf('u1')).toEqual([noticeRow('a')]);
        expect(await rowsOf('u2')).toHaveLength(2);
      });

      it('hold any text', async () => {
        const value = {
          ...recordRow('u').value,
          name: strange,
          history: { [strange]: { value: strange, at: [1] } },
        };
        const big = { ...value, object: { big: 'x'.repeat(1_500_000), [strange]: strange } };
        for (const each of [value, big]) {
          await commit('u', { put: [{ kind: 'application', key: '', value: each }] });
          expect(await rowsOf('u')).toEqual([{ kind: 'application', key: '', value: each }]);
        }
      });

      it('expire, but for those that were put again', async () => {
        await commit('u', { put: [toldRow('r1', 2_000), toldRow('r2', 2_000), toldRow('r3', 2_000)] });
        await commit('u', { put: [toldRow('r2', 4_000)], remove: [toldRow('r3')] });
        expect(await ledger.prune({ expired: 2_000, parked: 0 })).toBe(0);
        expect(await ledger.prune({ expired: 2_001, parked: 0 })).toBe(1);
        expect(await rowsOf('u')).toEqual([toldRow('r2', 4_000)]);
        const { expiresAt: _, ...forever } = toldRow('r2');
        await commit('u', { put: [forever as Row] });
        expect(await ledger.prune({ expired: 99_000, parked: 0 })).toBe(0);
        expect(await rowsOf('u')).toEqual([forever]);
      });

      it('are answered in pages', async () => {
        const uids = Array.from({ length: 450 }, (_, i) => `v${String(i).padStart(3, '0')}`);
        await Promise.all(uids.map((uid) => commit(uid, { put: [recordRow(uid)], add: [delivery(uid)] })));
        expect((await all(ledger.rows('application'))).map(({ scope }) => scope).toSorted()).toEqual(uids);
        const isWanted = (uid: string) => uid.endsWith('7');
        const wanted = await all(ledger.rows('application', isWanted));
        expect(wanted.map(({ scope }) => scope).toSorted()).toEqual(uids.filter(isWanted));
        expect(await all(ledger.pending())).toHaveLength(450);
        expect(new Set(await all(ledger.ready())).size).toBe(450);
        // At one time, too, of which no page has all.
        await Promise.all(uids.map((uid) => ledger.settle(delivery(uid).id, rejected())));
        const parked = (await all(ledger.parked())).map((each) => each.delivery.id);
        expect([parked.length, new Set(parked).size]).toEqual([450, 450]);
      });
    });

    describe('a commit', () => {
      it('that is repeated changes nothing and answers the same', async () => {
        const one = delivery('u');
        const change = { put: [recordRow('u'), noticeRow('a')], add: [one, delivery('u', { trigger: 'b' })] };
        expect(await commit('u', change, 1_000_001)).toEqual([one.id]);
        expect(await commit('u', change, 1_000_001)).toEqual([one.id]);
        await ledger.settle(one.id, sent());
        await commit('u', change, 1_000_001);
        expect(await all(ledger.pending())).toHaveLength(1);
        await commit('u', { remove: [noticeRow('a')] }, 1_000_002);
        // Its answer was lost, and it comes a second time after all.
        await commit('u', change, 1_000_001);
        expect(await rowsOf('u')).toEqual([recordRow('u')]);
        expect(await isPending(one.id)).toBe(false);
        commit = committer(ledger, 1);
      });

      it('is refused once a later term has begun, and numbered anew in each', async () => {
        const later = committer(ledger, 7);
        await later('u', { put: [recordRow('u', 'v7')] }, 1);
        expect(await rowsOf('u')).toEqual([recordRow('u', 'v7')]);
        await later('u', { put: [recordRow('u', 'again')] }, 1);
        await committer(ledger, 8)('u', { put: [recordRow('u', 'v8')] }, 1);
        expect(await rowsOf('u')).toEqual([recordRow('u', 'v8')]);
        commit = committer(ledger, 9);
      });

      it('adds no delivery that is there, whether it is pending or parked', async () => {
        const [one, two] = [delivery('u'), delivery('u', { trigger: 'b' })];
        await commit('u', { add: [one, two] });
        await ledger.settle(one.id, rejected());
        const changed = { ...one, templates: ['other'] };
        expect(await commit('u', { add: [changed, two] })).toEqual([two.id]);
        expect(await all(ledger.pending())).toEqual([factsOf(two)]);
        expect(await all(ledger.parked())).toEqual([{ delivery: factsOf(one), ...rejected() }]);
      });

      it('of nothing is none', async () => {
        expect(await commit('u', {})).toEqual([]);
        expect(await rowsOf('u')).toEqual([]);
      });

      it('is bounded', async () => {
        const put = Array.from({ length: mostItems + 1 }, (_, i) => toldRow(`${i}`));
        await expect(commit('u', { put })).rejects.toThrow(`${mostItems + 1} items at once`);
        await expect(
          ledger.read(
            'u',
            'told',
            put.map(({ key }) => key),
          ),
        ).rejects.toThrow('items at once');
        await commit('u', { put: put.slice(1) });
        expect(
          await ledger.read(
            'u',
            'told',
            put.slice(1).map(({ key }) => key),
          ),
        ).toHaveLength(mostItems);
      });

      it.each([7_000, 30_000].map((count) => runs(count).numRuns))(
        'of any size is written in pieces: %i destinations',
        async (count) => {
          const parts = Array.from({ length: count }, (_, i) => {
            const recipient = `channel-${i}`;
            return { put: [noticeRow('a', recipient)], add: [delivery('u', { recipient })] };
          });
          const pieces = piecesOf({ parts, last: { put: [recordRow('u')] } });
          // Others ask at the same time, and get their own answers.
          const others = Array.from({ length: 50 }, (_, i) => `o${i}`);
          const [ready, ...loaded] = await Promise.all([
            (async () => {
              const answers: string[] = [];
              for (const piece of pieces) answers.push(...(await commit('u', piece)));
              return answers;
            })(),
            ...others.map(async (uid) => {
              await commit(uid, { put: [recordRow(uid)] });
              return ledger.load(uid, ['application']);
            }),
          ]);
          expect(loaded).toEqual(others.map((uid) => [recordRow(uid)]));
          expect(ready).toHaveLength(count);
          expect(await ledger.load('u', ['notice'])).toHaveLength(count);
          expect(await all(ledger.pending())).toHaveLength(count);
          for (let start = 0; start < count; start += 1_000) {
            await Promise.all(ready.slice(start, start + 1_000).map((id) => ledger.settle(id, sent())));
          }
          await commit('u', { clear: true });
          expect(await all(ledger.pending())).toEqual([]);
        },
      );
    });

    describe('a lane', () => {
      it('has one delivery ready, and the next when that is settled, however it ends', async () => {
        const [first, second, third] = ['a', 'b', 'c'].map((trigger) => delivery('u', { trigger }));
        if (!first || !second || !third) throw new Error('unreachable');
        const elsewhere = delivery('u', { recipient: 'other' });
        const another = delivery('u1');
        expect(await commit('u', { add: [first, second, elsewhere] })).toEqual([first.id, elsewhere.id]);
        expect(await commit('u', { add: [third] })).toEqual([]);
        expect(await commit('u1', { add: [another] })).toEqual([another.id]);
        const readyIds = async () => (await all(ledger.ready())).toSorted();
        const others = [elsewhere.id, another.id];
        expect(await readyIds()).toEqual([first.id, ...others].sort());
        expect(await ledger.settle(first.id, sent())).toEqual({ settled: true, next: second.id });
        expect(await readyIds()).toEqual([second.id, ...others].sort());
        expect(await ledger.settle(second.id, rejected())).toEqual({ settled: true, next: third.id });
        // Back again it is the last one.
        expect(await ledger.unpark([second.id])).toEqual([]);
        expect(await ledger.settle(third.id, sent())).toMatchObject({ next: second.id });
        expect(await ledger.settle(second.id, sent())).toEqual({ settled: true });
      });

      it('keeps its first when another is settled', async () => {
        const [first, second] = [delivery('u'), delivery('u', { trigger: 'b' })];
        await commit('u', { add: [first, second] });
        expect(await ledger.settle(second.id, sent())).toEqual({ settled: true, next: first.id });
        expect(await all(ledger.ready())).toEqual([first.id]);
        expect(await ledger.settle(second.id, sent())).toEqual({ settled: false });
        expect(await ledger.settle(unknownId, rejected())).toEqual({ settled: false });
      });

      it('loses nobody when its first is settled while others are added', async () => {
        for (let round = 0; round < 20; round += 1) {
          const [first, second] = [0, 1].map((n) => delivery('u', { trigger: `${round}-${n}` }));
          if (!first || !second) throw new Error('unreachable');
          await commit('u', { add: [first] });
          const [{ next }, ready] = await Promise.all([
            ledger.settle(first.id, sent()),
            commit('u', { add: [second] }),
          ]);
          expect([next, ...ready]).toContain(second.id);
          await ledger.settle(second.id, sent());
        }
      });

      it('holds whatever was observed when: it is added that counts', async () => {
        const [late, early] = [
          delivery('u', { observedAt: 9_000 }),
          delivery('u', { trigger: 'b', observedAt: 1 }),
        ];
        await commit('u', { add: [late] });
        await commit('u', { add: [early] });
        expect(await all(ledger.pending())).toEqual([late, early].map(factsOf));
        expect(await all(ledger.ready())).toEqual([late.id]);
      });
    });

    describe('an attempt', () => {
      const attempt = (by: string, since = 1_000): AttemptMark => ({ since, until: since + 9_000, by });
      const one = delivery('u', {
        trigger: strange,
        oncePer: strange,
        recipient: strange,
        snapshot: { [strange]: strange },
      });
      const { id } = one;
      const begun = { status: 'begun', delivery: one };

      beforeEach(async () => {
        await commit('u', { add: [one] });
      });

      it('is begun once, with the delivery; another learns of it, and takes over the one that it names', async () => {
        expect(await ledger.begin(id, attempt('a'))).toEqual(begun);
        const unclear = { status: 'unclear', delivery: one, earlier: attempt('a') };
        // Of another process, which has nothing of it in memory.
        const another = createLedger(store);
        expect(await another.begin(id, attempt('b'))).toEqual(unclear);
        expect(await ledger.begin(id, attempt('b'), attempt('c'))).toEqual(unclear);
        expect(await another.begin(id, attempt('b'), attempt('a'))).toEqual(begun);
        expect(await ledger.begin(id, attempt('c'), attempt('a'))).toEqual({
          status: 'unclear',
          delivery: one,
          earlier: attempt('b'),
        });
      });

      it('is taken over by one of many', async () => {
        const second = createLedger(store);
        await ledger.begin(id, attempt('dead'));
        const names = Array.from({ length: 20 }, (_, i) => `w${i}`);
        const answers = await Promise.all(
          names.map((by, i) => (i % 2 ? ledger : second).begin(id, attempt(by), attempt('dead'))),
        );
        expect(answers.filter(({ status }) => status === 'begun')).toHaveLength(1);
      });

      it('that reached nobody is abandoned, unless it is another’s', async () => {
        await ledger.begin(id, attempt('a'));
        await ledger.abandon(id, attempt('b'));
        expect(await ledger.begin(id, attempt('c'))).toMatchObject({ status: 'unclear' });
        await ledger.abandon(id, attempt('a'));
        expect(await ledger.begin(id, attempt('c'))).toEqual(begun);
      });

      it('is not begun of what is settled, unknown, or behind another', async () => {
        const behind = delivery('u', { trigger: 'other', recipient: strange });
        await commit('u', { add: [behind] });
        expect(await ledger.begin(behind.id, attempt('a'))).toEqual({ status: 'behind' });
        await ledger.settle(id, sent());
        expect(await ledger.begin(id, attempt('a'))).toEqual({ status: 'settled' });
        expect(await ledger.begin(unknownId, attempt('a'))).toEqual({ status: 'settled' });
        expect(await ledger.begin(behind.id, attempt('a'))).toMatchObject({ status: 'begun' });
        await ledger.settle(behind.id, rejected());
        expect(await ledger.begin(behind.id, attempt('b'))).toEqual({ status: 'settled' });
      });

      it('leaves no mark on what was parked and comes back', async () => {
        await ledger.begin(id, attempt('a'));
        await ledger.settle(id, rejected());
        await ledger.unpark([id]);
        expect(await ledger.begin(id, attempt('b'))).toEqual(begun);
      });

      it('has the snapshots of all its alerts, and those that are shared are kept once', async () => {
        const shared = { spec: { big: 'x'.repeat(20_000) } };
        const single = delivery('g', { snapshot: shared });
        const [alert] = single.alerts;
        const group = {
          ...delivery('g', { recipient: 'group' }),
          alerts: [alert, { ...alert, key: 'second' }, { ...alert, key: 'third' }] as const,
          snapshots: [shared, { other: 1 }, shared] as const,
        };
        await commit('g', { add: [single, group] });
        const another = createLedger(store);
        const answers = await Promise.all(
          [single, group].map((each) => another.begin(each.id, attempt('a'))),
        );
        expect(answers).toEqual([single, group].map((each) => ({ status: 'begun', delivery: each })));
        await ledger.settle(group.id, sent());
        const left = { delivery: single };
        expect(await ledger.begin(single.id, attempt('b'), attempt('a'))).toMatchObject(left);
        expect(await createLedger(store).begin(single.id, attempt('c'), attempt('b'))).toMatchObject(left);
      });
    });

    describe('what is parked', () => {
      const [first, second, third] = ['a', 'b', 'c'].map((recipient) =>
        delivery('u', { recipient, service: recipient === 'c' ? strange : 'slack' }),
      );
      if (!first || !second || !third) throw new Error('unreachable');
      const expired = { ...rejected(6_000), status: 'expired' as const, scope: 'recipient' as const };

      beforeEach(async () => {
        await commit('u', { add: [first, second, third] });
        await ledger.settle(first.id, rejected(5_000));
        await ledger.settle(second.id, expired);
        await ledger.settle(third.id, rejected(4_000));
      });

      it('is answered, the last first, with why', async () => {
        expect(await all(ledger.pending())).toEqual([]);
        expect(await all(ledger.parked())).toEqual([
          { delivery: factsOf(second), ...expired },
          { delivery: factsOf(first), ...rejected(5_000) },
          { delivery: factsOf(third), ...rejected(4_000) },
        ]);
      });

      it('is counted by service', async () => {
        expect(await ledger.countParked()).toEqual(
          new Map([
            ['slack', 2],
            [strange, 1],
          ]),
        );
        await ledger.settle(first.id, rejected(7_000));
        await ledger.unpark([second.id]);
        await ledger.discard([third.id]);
        expect(await ledger.countParked()).toEqual(new Map([['slack', 1]]));
        await ledger.settle(first.id, sent());
        expect(await ledger.countParked()).toEqual(new Map());
      });

      it('is told from what is pending, unknown or sent', async () => {
        await ledger.unpark([third.id]);
        const asked = [first.id, unknownId, third.id, second.id];
        const found = await ledger.parkedAmong(asked);
        expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
          [first.id, second.id].toSorted().map((id) => ({ id, mayHaveArrived: false })),
        );
        await ledger.settle(first.id, sent());
        await ledger.discard([second.id]);
        expect(await ledger.parkedAmong(asked)).toEqual([]);
        expect(await ledger.parkedAmong([])).toEqual([]);
        const tooMany = Array.from({ length: mostItems + 1 }, (_, i) => `${i}`);
        await expect(ledger.parkedAmong(tooMany)).rejects.toThrow('items at once');
      });

      it('says whether an attempt of it may have arrived', async () => {
        await ledger.unpark([first.id]);
        await ledger.settle(first.id, { ...rejected(9_000), mayHaveArrived: true });
        expect(await ledger.parkedAmong([first.id])).toEqual([{ id: first.id, mayHaveArrived: true }]);
        expect((await all(ledger.parked()))[0]).toMatchObject({ mayHaveArrived: true, at: 9_000 });
      });

      it('is handed out again, in the order that is asked for', async () => {
        expect(await ledger.unpark([third.id, first.id, unknownId])).toEqual([third.id, first.id]);
        expect(await ledger.unpark([third.id, first.id])).toEqual([third.id, first.id]);
        expect(await all(ledger.pending())).toEqual([third, first].map(factsOf));
        expect(await ledger.unpark([])).toEqual([]);
      });

      it('is discarded, and what is pending is not', async () => {
        await ledger.unpark([third.id]);
        expect(await ledger.discard([first.id, third.id, unknownId])).toBe(1);
        expect(await ledger.discard([first.id])).toBe(0);
        expect(await all(ledger.pending())).toEqual([factsOf(third)]);
        expect((await all(ledger.parked())).map((each) => each.delivery.id)).toEqual([second.id]);
      });

      it('is pruned when it was settled long before', async () => {
        expect(await ledger.prune({ expired: 0, parked: 4_000 })).toBe(0);
        expect(await ledger.prune({ expired: 0, parked: 5_001 })).toBe(2);
        expect((await all(ledger.parked())).map((each) => each.delivery.id)).toEqual([second.id]);
      });
    });

    it('leaves nothing behind when everything is settled, removed and pruned', async () => {
      const snapshot = { spec: { source: 'shared' } };
      const added = ['a', 'b', 'c', 'd'].map((recipient) => delivery('u', { recipient, snapshot }));
      await commit('u', { put: [recordRow('u'), noticeRow('a'), toldRow('r1', 1_000)], add: added });
      const [first, second, third, fourth] = added;
      await ledger.settle(first?.id ?? '', sent());
      await ledger.settle(second?.id ?? '', rejected());
      await ledger.settle(third?.id ?? '', sent());
      await ledger.settle(fourth?.id ?? '', rejected());
      await ledger.discard([fourth?.id ?? '']);
      await commit('u', { clear: true });
      await ledger.prune({ expired: 9_999, parked: 9_999 });
      expect(await remains(store)).toEqual([]);
    });

    it('answers as the model does, whatever is asked in whatever order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
          await empty(ledger, commit);
          const model = createMemoryLedger();
          const modelCommit = committer(model);
          for (const run of operations) {
            const answers = [await run.on(ledger, commit), await run.on(model, modelCommit)];
            expect(answers[0], run.toString()).toEqual(answers[1]);
            expect(await view(ledger), run.toString()).toEqual(await view(model));
          }
        }),
        { ...runs(60), endOnFailure: false },
      );
    });
  });
}

interface Operation {
  on(ledger: Ledger, commit: ReturnType<typeof committer>): Promise<unknown>;
  toString(): string;
}

const scope = fc.constantFrom('u1', 'u2');
const time = fc.integer({ min: 1, max: 6 }).map((n) => n * 1_000);
const parts: fc.Arbitrary<DeliveryParts> = fc.record({
  trigger: fc.constantFrom('on-sync', 'on-health'),
  recipient: fc.constantFrom('a', 'b'),
  occurrence: fc.constantFrom(1, 2),
  observedAt: time,
});
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.tuple(fc.constantFrom('r1', 'r2'), time).map(([key, at]): Row => toldRow(key, at)),
  fc.constantFrom('a', 'b').map((trigger): Row => noticeRow(trigger)),
  fc.constantFrom('v1', 'v2').map((resource): Row => recordRow('u', resource)),
);
const settlement = fc
  .tuple(fc.constantFrom('sent', 'rejected', 'expired'), time)
  .map(
    ([status, at]): Settlement =>
      status === 'sent' ? sent(at) : ({ ...rejected(at), status } as Settlement),
  );
const change = fc
  .record({
    clear: fc.oneof(
      { weight: 5, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    remove: fc.array(row, { maxLength: 2 }),
    put: fc.uniqueArray(row, { maxLength: 3, selector: ({ kind, key }) => `${kind} ${key}` }),
    add: fc.array(parts, { maxLength: 3 }),
  })
  .map(({ add, ...drawn }) => (of: string): Change => {
    const deliveries = new Map(add.map((each) => delivery(of, each)).map((each) => [each.id, each]));
    return { ...drawn, add: [...deliveries.values()] };
  });
const mark = fc.constantFrom('a', 'b').map((by): AttemptMark => ({ since: 1_000, until: 10_000, by }));
const ids = fc
  .tuple(scope, fc.uniqueArray(parts, { maxLength: 3, selector: (each) => delivery('u', each).id }))
  .map(([of, some]) => some.map((each) => delivery(of, each).id));
const id = fc.tuple(scope, parts).map(([of, each]) => delivery(of, each).id);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(scope, change)
      .map(([of, make]) =>
        named(`commit ${of} ${JSON.stringify(make(of))}`, (_, commit) => commit(of, make(of))),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(id, settlement)
      .map(([of, how]) => named(`settle ${JSON.stringify([of, how])}`, (l) => l.settle(of, how))),
  },
  { weight: 2, arbitrary: ids.map((some) => named(`unpark ${some.join()}`, (l) => l.unpark(some))) },
  { weight: 1, arbitrary: ids.map((some) => named(`discard ${some.join()}`, (l) => l.discard(some))) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(id, mark, fc.option(mark, { nil: undefined }))
      .map(([of, by, replaces]) =>
        named(`begin ${JSON.stringify([of, by, replaces])}`, (l) => l.begin(of, by, replaces)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(id, mark)
      .map(([of, by]) => named(`abandon ${JSON.stringify([of, by])}`, (l) => l.abandon(of, by))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(time, time)
      .map(([expired, parked]) => named(`prune ${expired} ${parked}`, (l) => l.prune({ expired, parked }))),
  },
);

function named(name: string, on: Operation['on']): Operation {
  return { on, toString: () => name };
}

/** Everything that can be asked of a ledger. */
async function view(ledger: Ledger): Promise<unknown> {
  return {
    loaded: await Promise.all(['u1', 'u2'].map(async (of) => sorted(await ledger.load(of, rowKinds)))),
    listed: (await all(ledger.rows('notice'))).map((each) => `${each.scope} ${each.key}`).toSorted(),
    read: sorted(await ledger.read('u1', 'told', ['r1', 'r2'])),
    pending: await all(ledger.pending()),
    ready: (await all(ledger.ready())).toSorted(),
    parked: await all(ledger.parked()),
    counts: await ledger.countParked(),
  };
}

function sorted<T extends { kind: string; key: string }>(rows: T[]): T[] {
  return rows.toSorted((a, b) => (`${a.kind} ${a.key}` < `${b.kind} ${b.key}` ? -1 : 1));
}

/** Takes everything out, by the means that the contract has. */
async function empty(ledger: Ledger, commit: ReturnType<typeof committer>): Promise<void> {
  await ledger.discard((await all(ledger.parked())).map((each) => each.delivery.id));
  await Promise.all((await all(ledger.pending())).map(({ id: each }) => ledger.settle(each, sent())));
  const scopes = new Set<string>();
  for (const kind of rowKinds) for (const each of await all(ledger.rows(kind))) scopes.add(each.scope);
  await Promise.all([...scopes].map((each) => commit(each, { clear: true })));
}

/** One of each, for the whole ledger, and what ends by itself. */
const redisKeepers = /^herald:(format|sequence|expiring|writer:.*)$/;

async function remains(store: Store): Promise<string[]> {
  if (store.kind === 'redis') {
    const keys = await store.client.keys('herald:*');
    return keys.filter((key) => !redisKeepers.test(key));
  }
  if (store.kind === 'sqlite') {
    const left = store.prepare(
      `SELECT kind AS what FROM row UNION ALL SELECT 'delivery' FROM delivery
       UNION ALL SELECT 'snapshot' FROM snapshot`,
    );
    return left.all().map(({ what }) => what as string);
  }
  const { rows } = await store.pool.query<{ what: string }>(
    `SELECT kind AS what FROM herald.row UNION ALL SELECT 'delivery' FROM herald.delivery
     UNION ALL SELECT 'snapshot' FROM herald.snapshot`,
  );
  return rows.map(({ what }) => what);
}
