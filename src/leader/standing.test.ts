import { expect, it, onTestFinished } from 'vitest';
import { createSimulatedClock } from '../simulated-clock.ts';
import type { Member, Membership } from '../store/membership.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createStanding } from './standing.ts';

/** Who leads is what the test says; `down`: the store does not answer. */
function store() {
  const state = { leader: 'a', term: 1, members: 1, down: false, left: [] as string[], beats: 0 };
  const membership: Pick<Membership, 'beat' | 'leave'> = {
    async beat(member: Member) {
      state.beats += 1;
      if (state.down) throw new Error('the store is away');
      return { isLeader: state.leader === member.id, term: state.term, members: state.members };
    },
    async leave({ id }) {
      if (state.down) throw new Error('the store is away');
      state.left.push(id);
      if (state.leader === id) state.term += 1;
    },
  };
  return { state, membership };
}

function start(id = 'a') {
  const { state, membership } = store();
  const events: string[] = [];
  const overs: ((reason: string) => void)[] = [];
  const { log, lines } = recordLog();
  const replicas: object[] = [];
  const clock = createSimulatedClock(0);
  const standing = createStanding(
    {
      membership,
      member: { id, host: id },
      async begin(term) {
        events.push(`begin ${term}`);
        const over = Promise.withResolvers<string>();
        overs.push(over.resolve);
        return { over: over.promise, stop: async () => void events.push(`stop ${term}`) };
      },
      standBy: async () => void events.push('stand by'),
      metrics: { setReplicas: (each) => replicas.push(each) },
      log,
      clock,
    },
    { ttl: 20, interval: 1 },
  );
  onTestFinished(() => standing.stop(100));
  standing.start();
  const beaten = () => clock.advance(2);
  return { state, standing, events, overs, lines, replicas, beaten };
}

it('leads from the first beat, under the term of the store', async () => {
  const { standing, events, replicas, beaten } = start();
  expect([standing.isKnown(), standing.isLeader(), standing.members()]).toEqual([false, false, 1]);
  await beaten();
  expect(events).toEqual(['begin 1']);
  expect([standing.isKnown(), standing.isLeader()]).toEqual([true, true]);
  expect(replicas.at(-1)).toEqual({ members: 1, isLeader: true });
});

it('stands by while another leads, and leads when that is over', async () => {
  const { state, standing, events, beaten } = start('b');
  state.members = 2;
  await beaten();
  expect(events).toEqual(['stand by']);
  expect([standing.isLeader(), standing.members()]).toEqual([false, 2]);
  Object.assign(state, { leader: 'b', term: 2 });
  await beaten();
  expect(events).toEqual(['stand by', 'begin 2']);
});

it('ends its term when another leads, or when it leads again under another', async () => {
  const { state, events, lines, beaten } = start();
  await beaten();
  Object.assign(state, { leader: 'b', term: 2 });
  await beaten();
  expect(events).toEqual(['begin 1', 'stop 1', 'stand by']);
  Object.assign(state, { leader: 'a', term: 3 });
  await beaten();
  state.term = 4;
  await beaten();
  expect(events.slice(3)).toEqual(['begin 3', 'stop 3', 'stand by', 'begin 4']);
  expect(lines.filter(({ msg }) => msg === 'Does not lead any more')).toHaveLength(2);
});

it('goes on as it is while the store does not answer, and says so once', async () => {
  const { state, standing, events, lines, beaten } = start();
  await beaten();
  state.down = true;
  await beaten();
  await beaten();
  expect([standing.isLeader(), events]).toEqual([true, ['begin 1']]);
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  state.down = false;
  await beaten();
  expect(events).toEqual(['begin 1']);
});

it('leaves with a term that cannot go on, and begins another', async () => {
  const { state, events, overs, beaten } = start();
  await beaten();
  overs[0]?.('overflow');
  await beaten();
  expect(state.left).toEqual(['a']);
  expect(events).toEqual(['begin 1', 'stop 1', 'stand by', 'begin 2']);
});

it('stops its term, then leaves', async () => {
  const { state, standing, events, beaten } = start();
  await beaten();
  await standing.stop(1_000);
  expect([events, state.left, standing.isLeader()]).toEqual([['begin 1', 'stop 1'], ['a'], false]);
});
