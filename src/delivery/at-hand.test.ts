import { expect, it } from 'vitest';
import { createAtHand } from './at-hand.ts';

function create({ concurrency = 2, members = 1 } = {}) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  let now = 1_000;
  const atHand = createAtHand({
    run: (id) => {
      begun.push(id);
      return new Promise((resolve) => ends.set(id, resolve));
    },
    concurrency,
    members: () => members,
    now: () => now++,
  });
  return { atHand, begun, end: (id: string) => ends.get(id)?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('begins so many at a time, in order, each once', async () => {
  const { atHand, begun, end } = create();
  expect(atHand.take(['a', 'b', 'c'])).toEqual([]);
  expect(atHand.take(['c', 'a', 'd'])).toEqual([]);
  expect(begun).toEqual(['a', 'b']);
  expect(atHand.counts()).toEqual({ waiting: 2, active: 2, oldest: 1_002 });
  end('b');
  await turn();
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(atHand.has('b')).toBe(false);
  expect(atHand.has('d')).toBe(true);
});

it('answers those for which it has no room', () => {
  const { atHand } = create({ concurrency: 1 });
  expect(atHand.take(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toEqual(['f', 'g']);
});

it('takes its share among so many processes', () => {
  const { atHand, begun } = create({ concurrency: 10, members: 3 });
  const others = atHand.take(Array.from({ length: 9 }, (_, index) => `${index}`));
  expect(others).toHaveLength(6);
  expect(begun).toEqual(['2', '5', '8']);
});

it('gives up what it has not begun, and begins nothing any more', async () => {
  const { atHand, begun, end } = create({ concurrency: 1 });
  atHand.take(['a', 'b']);
  expect(atHand.stop()).toEqual(['b']);
  expect(atHand.take(['c'])).toEqual(['c']);
  const idle = atHand.idle();
  end('a');
  await idle;
  expect(begun).toEqual(['a']);
  expect(atHand.counts()).toEqual({ waiting: 0, active: 0, oldest: undefined });
});
