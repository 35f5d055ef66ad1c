import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

function setUp() {
  const pending: (() => void)[] = [];
  let ended = 0;
  let passed = 0;
  const turns = createTurns({
    clock: { turn: () => new Promise((resolve) => pending.push(resolve)), monotonic: () => passed },
    onTurn: () => {
      ended += 1;
    },
  });
  const done: string[] = [];
  const take = (name: string, steps: number, ms = 0) =>
    turns.take(() => {
      done.push(name);
      passed += ms;
      turns.spend(steps);
    });
  async function turn(): Promise<void> {
    pending.shift()?.();
    await new Promise(setImmediate);
  }
  return { turns, done, take, turn, pending, ended: () => ended };
}

it('does a task at once while there are steps left in the turn, and the rest in later turns, in order', async () => {
  const { turns, done, take, turn, ended } = setUp();
  take('a', 150_000);
  take('b', 60_000);
  expect(turns.isFree()).toBe(false);
  for (const name of ['c', 'd', 'e']) take(name, 100_000);
  expect([done, turns.waiting()]).toEqual([['a', 'b'], 3]);
  await turn();
  expect([done, turns.waiting(), ended()]).toEqual([['a', 'b', 'c', 'd'], 1, 1]);
  take('f', 1);
  await turn();
  expect([done.join(''), turns.isFree()]).toEqual(['abcdef', true]);
});

it('does no more than takes its time, however few steps that is', async () => {
  const { done, take, turn } = setUp();
  for (const name of ['a', 'b', 'c', 'd', 'e']) take(name, 0, 15);
  expect(done).toEqual(['a', 'b']);
  await turn();
  expect(done).toEqual(['a', 'b', 'c', 'd']);
  await turn();
  expect(done.join('')).toBe('abcde');
});

it('asks for one turn, however often something is spent', () => {
  const { turns, pending } = setUp();
  for (let index = 0; index < 10; index += 1) turns.spend(1);
  expect(pending).toHaveLength(1);
});

it('forgets what waits when it is stopped', async () => {
  const { turns, done, take, turn } = setUp();
  take('a', 200_000);
  take('b', 1);
  turns.stop();
  await turn();
  expect([done, turns.waiting()]).toEqual([['a'], 0]);
});

it('has room until many wait, and then when none does', async () => {
  const { turns, take, turn } = setUp();
  take('a', 200_000);
  for (let index = 0; index < 255; index += 1) take('b', 100_000);
  expect(turns.room()).toBeUndefined();
  take('b', 100_000);
  let isRoomy = false;
  void turns.room()?.then(() => {
    isRoomy = true;
  });
  for (; turns.waiting() > 0; await turn()) expect(isRoomy).toBe(false);
  await turn();
  expect(isRoomy).toBe(true);
});
