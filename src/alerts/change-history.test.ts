import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangeHistory } from '../ledger/rows.ts';
import { createChangeCounter } from './change-history.ts';

const minute = 60_000;

/** Asks about a value each minute, through a history that is stored and read in between. */
function ask(values: unknown[], window: number): number[] {
  let history: ChangeHistory = {};
  return values.map((value, index) => {
    const counter = createChangeCounter(JSON.parse(JSON.stringify(history)) as ChangeHistory, index * minute);
    counter.enter('on-flapping/c1');
    const changes = counter.changes(value, window);
    history = counter.history();
    return changes;
  });
}

test('counts changes within the window; the first value is none', () => {
  expect(ask(['a', 'a', 'b', 'a', 'a', 'a', 'a'], 3 * minute)).toEqual([0, 0, 1, 2, 2, 1, 0]);
});

test('agrees with counting over the whole past', () => {
  const values = fc.array(fc.constantFrom('a', 'b', 'x'.repeat(100), null), { maxLength: 30 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 10 }), (past, minutes) => {
      const expected = past.map(
        (_value, now) =>
          past.filter((value, at) => at > 0 && at <= now && at > now - minutes && value !== past[at - 1])
            .length,
      );
      expect(ask(past, minutes * minute)).toEqual(expected);
    }),
  );
});

test('tells apart the calls of a condition and of others, and keeps its identity without news', () => {
  const first = createChangeCounter({}, 0);
  first.enter('c1');
  first.changes('a', minute);
  first.changes('b', minute);
  first.enter('c2');
  first.changes('c', minute);
  const again = createChangeCounter(first.history(), 1);
  again.enter('c1');
  expect([again.changes('a', minute), again.changes('b', minute)]).toEqual([0, 0]);
  expect(again.history()).toBe(first.history());
});
