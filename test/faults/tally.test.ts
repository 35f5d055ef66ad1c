import { describe, expect, test } from 'vitest';
import { createTally, type Tally } from '../../faults/tally.ts';

function setUp(): { tally: Tally; at(time: number): void; due(change: number, lane?: string): void } {
  let now = 1_000;
  const tally = createTally(() => now);
  return {
    tally,
    at(time) {
      now = time;
    },
    due: (change, lane = 'a') => tally.expect({ channel: 'shop', text: `told ${change}`, lane, change }),
  };
}

describe('what is held against the tally', () => {
  test('a message that never comes is lost, with what happened around its change', () => {
    const { tally, at, due } = setUp();
    tally.note('killed');
    due(1);
    at(60_000);
    tally.note('long after');
    expect(tally.figures()).toMatchObject({ expected: 1, arrived: 0, lost: 1, doubled: 0 });
    expect(tally.complaints(10)).toEqual([expect.stringMatching(/^lost: shop: told 1 .*\n.*killed$/s)]);
  });

  test('one that comes twice is doubled, and thrice is two too many', () => {
    const { tally, due } = setUp();
    due(1);
    due(2);
    for (const text of ['told 1', 'told 1', 'told 2', 'told 1']) tally.arrived('shop', text);
    expect(tally.figures()).toMatchObject({ expected: 2, arrived: 2, lost: 0, doubled: 2, outOfOrder: 0 });
    expect(tally.complaints(10)).toEqual([expect.stringMatching(/^doubled: shop: told 1 /)]);
  });

  test('one that nobody asked for, and one in the wrong channel', () => {
    const { tally, due } = setUp();
    due(1);
    tally.arrived('shop', 'told 7');
    tally.arrived('cart', 'told 1');
    expect(tally.figures()).toMatchObject({ unexpected: 2, lost: 1 });
  });

  test('order counts within a lane, and not between lanes', () => {
    const { tally, due } = setUp();
    due(1);
    due(2);
    due(3, 'b');
    for (const text of ['told 3', 'told 2', 'told 1']) tally.arrived('shop', text);
    expect(tally.figures()).toMatchObject({ outOfOrder: 1, lost: 0 });
  });

  test('delays are counted from the change to the first arrival', () => {
    const { tally, at, due } = setUp();
    due(1);
    due(2);
    at(61_000);
    tally.arrived('shop', 'told 1');
    at(61_001);
    tally.arrived('shop', 'told 2');
    at(200_000);
    tally.arrived('shop', 'told 2');
    expect(tally.figures()).toMatchObject({ late: 1, longestDelay: 60_001 });
  });

  test('the same text twice is a mistake of the workload', () => {
    const { due } = setUp();
    due(1);
    expect(() => due(1)).toThrow('Texts must differ');
  });
});

describe('what the API server has forgotten', () => {
  test('may go untold, but not what still stands, nor what was before', () => {
    const { tally, at, due } = setUp();
    due(1);
    at(2_000);
    due(2);
    due(3);
    tally.forgive(1_500, ({ change }) => change === 3);
    expect(tally.figures()).toMatchObject({ expected: 2, lost: 2 });
  });

  test('may be told, in any order, and not twice', () => {
    const { tally, due } = setUp();
    due(1);
    due(2);
    tally.forgive(0, ({ change }) => change === 2);
    for (const text of ['told 2', 'told 1', 'told 1']) tally.arrived('shop', text);
    expect(tally.figures()).toMatchObject({ expected: 2, lost: 0, doubled: 1, outOfOrder: 0, unexpected: 0 });
  });
});

describe('recovery', () => {
  test('is from the cause’s end to the first and the last of what was due, the longest of all', () => {
    const { tally, at, due } = setUp();
    due(1);
    due(2);
    at(2_000);
    tally.cured();
    at(2_500);
    tally.arrived('shop', 'told 1');
    at(4_000);
    tally.arrived('shop', 'told 2');
    expect(tally.figures()).toMatchObject({ recoveryFirst: 500, recoveryLast: 2_000 });
    at(10_000);
    due(3);
    tally.cured();
    at(11_000);
    tally.arrived('shop', 'told 3');
    expect(tally.figures()).toMatchObject({ recoveryFirst: 1_000, recoveryLast: 2_000 });
  });

  test('includes what becomes due while a new process starts, and not what does later', () => {
    const { tally, at, due } = setUp();
    tally.cured();
    at(2_000);
    due(1);
    at(9_000);
    due(2);
    at(10_000);
    tally.arrived('shop', 'told 1');
    at(50_000);
    tally.arrived('shop', 'told 2');
    expect(tally.figures()).toMatchObject({ recoveryFirst: 9_000, recoveryLast: 9_000 });
  });

  test('ends being measured where another cause begins', () => {
    const { tally, at, due } = setUp();
    due(1);
    tally.cured();
    at(1_000);
    tally.disturbed();
    at(20_000);
    tally.cured();
    at(21_000);
    tally.arrived('shop', 'told 1');
    expect(tally.figures()).toMatchObject({ recoveryFirst: 1_000, recoveryLast: 1_000 });
  });
});
