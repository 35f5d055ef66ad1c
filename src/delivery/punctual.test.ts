import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSimulatedClock } from '../simulated-clock.ts';
import { createPunctual } from './punctual.ts';

it('wakes somebody at every time that was noted, and at no other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ noted: fc.nat(200), after: fc.nat(200) }), { maxLength: 30 }),
      async (jobs) => {
        const clock = createSimulatedClock(1_000);
        const woken = new Set<number>();
        const punctual = createPunctual({
          clock,
          async wake() {
            woken.add(clock.now());
            return true;
          },
        });
        const expected = new Set(jobs.map(({ noted, after }) => 1_000 + noted + after));
        for (const [index, { noted, after }] of jobs.entries())
          clock.after(noted, () => punctual.note(`${index}`, clock.now() + after));
        await clock.until(new Promise<void>((resolve) => clock.after(500, resolve)));
        expect(woken).toEqual(expected);
      },
    ),
  );
});

it('tries the next of those that are due where one is not put off any more, and no further', async () => {
  const clock = createSimulatedClock(1_000);
  const tried: string[] = [];
  const wake = async (id: string) => tried.push(id) === 2;
  const punctual = createPunctual({ clock, wake });
  for (const id of ['a', 'b', 'c']) punctual.note(id, 1_100);
  await clock.until(new Promise<void>((resolve) => clock.after(500, resolve)));
  expect(tried).toHaveLength(2);
});

it('wakes nobody once it is stopped, and lives on where the queue does not answer', async () => {
  const clock = createSimulatedClock(1_000);
  const tried: string[] = [];
  const punctual = createPunctual({
    clock,
    async wake(id) {
      tried.push(id);
      throw new Error('away');
    },
  });
  punctual.note('a', 1_010);
  punctual.note('b', 1_020);
  punctual.note('c', 1_030);
  clock.after(25, punctual.stop);
  await clock.until(new Promise<void>((resolve) => clock.after(500, resolve)));
  expect(tried).toEqual(['a', 'b']);
});
