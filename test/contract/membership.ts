import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import type { Membership } from '../../src/store/membership.ts';
import type { Store } from '../../src/store/store.ts';
import { createMembership } from '../../src/store/store-membership.ts';
import { recordRow } from './ledger-fixtures.ts';
import { openForTest, type StoreUnderTest } from './stores.ts';

/** Milliseconds: never over within a test. */
const long = 600_000;

/** A store, and processes that are not there any more when the next test begins. */
function setUp(underTest: StoreUnderTest) {
  let prepared: Awaited<ReturnType<StoreUnderTest['prepare']>>;
  let store: Store;
  let membership: Membership;
  let ledger: Ledger;
  let members: Map<string, { id: string; host: string }>;

  beforeAll(async () => {
    prepared = await underTest.prepare();
    store = await openForTest(prepared.url);
    membership = createMembership(store);
    ledger = createLedger(store);
  });
  afterAll(async () => {
    await store.close(5_000);
    await prepared.remove();
  });
  beforeEach(async () => {
    for (const member of members?.values() ?? []) await membership.leave(member);
    members = new Map();
  });

  /** `isFirst`: it is a new process. */
  function beat(id: string, { host = `host-${id}`, ttl = long, isFirst = false } = {}) {
    const member = { id, host };
    members.set(id, member);
    return membership.beat(member, ttl, isFirst);
  }

  const leave = (id: string) => membership.leave(members.get(id) ?? { id, host: id });

  return { beat, leave, leader: () => membership.leader(), ledger: () => ledger };
}

/** What every store keeps to that says who leads. */
export function membershipContract(underTest: StoreUnderTest): void {
  describe.skipIf(underTest.skipped !== undefined)(`membership on ${underTest.name}`, () => {
    const { beat, leave, leader, ledger: opened } = setUp(underTest);

    it('hands it over at once, under a later term, when its holder leaves', async () => {
      const { term } = await beat('a', { isFirst: true });
      await beat('b', { isFirst: true });
      await leave('a');
      const next = await beat('b');
      expect(next).toMatchObject({ isLeader: true, members: 1 });
      expect(next.term).toBeGreaterThan(term);
      await leave('b');
      const again = await beat('b', { isFirst: true });
      expect(again.term).toBeGreaterThan(next.term);
    });

    it('says who has it to whoever asks, and nobody once its holder has left', async () => {
      expect(await leader()).toBeUndefined();
      const { term } = await beat('a', { isFirst: true, host: 'one' });
      expect(await leader()).toEqual({ host: 'one', term });
      await leave('a');
      expect(await leader()).toBeUndefined();
    });

    it('gives it to a new process on its holder’s host, and not to one that was there before', async () => {
      const { term } = await beat('a', { isFirst: true, host: 'one' });
      expect(await beat('b', { host: 'one' })).toMatchObject({ isLeader: false, term });
      const successor = await beat('c', { isFirst: true, host: 'one' });
      expect(successor.isLeader).toBe(true);
      expect(successor.term).toBeGreaterThan(term);
      expect(await beat('a', { host: 'one' })).toMatchObject({ isLeader: false, term: successor.term });
    });

    it('fences off what an earlier leader still writes', async () => {
      const ledger = opened();
      const before = await beat('a', { isFirst: true });
      const write = (term: number, number: number, resource: string) =>
        ledger.commit('u', { term, number }, { put: [recordRow('u', resource)] });
      expect(await write(before.term, 1, 'first')).toMatchObject({ fenced: false });
      await leave('a');
      const { term } = await beat('b', { isFirst: true });
      expect(await write(before.term, 2, 'late')).toEqual({ fenced: true });
      expect(await ledger.commit('other', { term: before.term, number: 3 }, {})).toEqual({ fenced: true });
      expect(await ledger.load('u', ['application'])).toEqual([recordRow('u', 'first')]);
      expect(await write(term, 1, 'now')).toMatchObject({ fenced: false });
      expect(await ledger.load('u', ['application'])).toEqual([recordRow('u', 'now')]);
    });
  });
}

/** What stores keep to that several processes share. */
export function sharedMembershipContract(underTest: StoreUnderTest): void {
  describe.skipIf(underTest.skipped !== undefined)(`membership of many on ${underTest.name}`, () => {
    const { beat, leave } = setUp(underTest);

    it('gives the lead to the first, and leaves it there', async () => {
      const first = await beat('a', { isFirst: true });
      expect(first).toMatchObject({ isLeader: true, members: 1 });
      expect(await beat('b', { isFirst: true })).toEqual({ isLeader: false, term: first.term, members: 2 });
      expect(await beat('a')).toEqual({ isLeader: true, term: first.term, members: 2 });
      expect(await beat('b')).toEqual({ isLeader: false, term: first.term, members: 2 });
    });

    it('keeps it where it is when somebody else leaves', async () => {
      const { term } = await beat('a', { isFirst: true });
      await beat('b', { isFirst: true });
      await leave('b');
      expect(await beat('a')).toEqual({ isLeader: true, term, members: 1 });
    });

    it('hands it over when its holder has let its time pass, who stands by then', async () => {
      const { term } = await beat('a', { isFirst: true, ttl: 1 });
      await beat('b', { isFirst: true });
      await expect.poll(async () => (await beat('b')).isLeader).toBe(true);
      const standing = await beat('a');
      expect(standing).toMatchObject({ isLeader: false, members: 2 });
      expect(standing.term).toBeGreaterThan(term);
    });

    it('lets one lead of many that begin at the same time', async () => {
      const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
      for (let round = 0; round < 10; round += 1) {
        const standings = await Promise.all(ids.map((id) => beat(id, { isFirst: true })));
        expect(standings.filter(({ isLeader }) => isLeader)).toHaveLength(1);
        expect(new Set(standings.map(({ term }) => term)).size).toBe(1);
        expect((await beat('m0')).members).toBe(20);
        await Promise.all(ids.map(leave));
      }
    });
  });
}

/** What the embedded store keeps to, which one process at a time has open. */
export function embeddedMembershipContract(underTest: StoreUnderTest): void {
  describe.skipIf(underTest.skipped !== undefined)(`membership of one on ${underTest.name}`, () => {
    const { beat } = setUp(underTest);

    it('gives it to a new process, which is alone', async () => {
      const { term } = await beat('a', { isFirst: true });
      const successor = await beat('b', { isFirst: true });
      expect(successor).toMatchObject({ isLeader: true, members: 1 });
      expect(successor.term).toBeGreaterThan(term);
      expect(await beat('b')).toEqual(successor);
    });
  });
}
