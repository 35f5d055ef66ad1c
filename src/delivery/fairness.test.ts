import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSimulatedClock, type SimulatedClock } from '../simulated-clock.ts';
import { createFairness, type Fairness, type Party, type Place } from './fairness.ts';

const service = (key: string): Party => ({ key, share: 0.5 });
const namespace = (key: string): Party => ({ key, share: 1 });

let clock: SimulatedClock;
beforeEach(() => {
  clock = createSimulatedClock(1_000_000);
});

const create = (places: number) => createFairness({ places, clock });

/** Places taken until somebody is put off. */
async function fill(fairness: Fairness, parties: Party[]): Promise<Place[]> {
  const taken: Place[] = [];
  for (;;) {
    const entering = fairness.enter(parties);
    await clock.advance(100);
    const place = await entering;
    if ('at' in place) return taken;
    taken.push(place);
  }
}

describe('places', () => {
  it.each([
    { places: 150, of: [service('a')], held: 50 },
    { places: 30, of: [service('a')], held: 10 },
    { places: 150, of: [namespace('a')], held: 75 },
    { places: 1, of: [service('a')], held: 1 },
  ])('one alone gets $held of $places', async ({ places, of, held }) => {
    expect(await fill(create(places), of)).toHaveLength(held);
  });

  it('a namespace with ever more services leaves half of all', async () => {
    const fairness = create(100);
    const counts: number[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
      counts.push((await fill(fairness, [service(name), namespace('tenant')])).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(50);
    expect(counts[0]).toBe(34);
    expect(await fairness.enter([service('other'), namespace('other')])).toHaveProperty('leave');
  });

  it('the next greedy one gets less, and one that has none gets in', async () => {
    const fairness = create(100);
    for (let index = 0; index < 20; index += 1) await fill(fairness, [namespace(`greedy-${index}`)]);
    expect(await fairness.enter([namespace('modest')])).toHaveProperty('leave');
  });

  it('go to whoever waits for them, first come first served', async () => {
    const fairness = create(2);
    const first = (await fairness.enter([service('a')])) as Place;
    const order: string[] = [];
    const waiting = ['second', 'third'].map(async (name) => {
      const place = (await fairness.enter([service('a')])) as Place;
      order.push(name);
      place.leave();
    });
    first.leave();
    await Promise.all(waiting);
    expect(order).toEqual(['second', 'third']);
  });

  it('are given back once, however often that is said', async () => {
    const fairness = create(4);
    const [place, ...others] = await fill(fairness, [namespace('a')]);
    place?.leave();
    place?.leave();
    expect(others).toHaveLength(1);
    expect(await fill(fairness, [namespace('a')])).toHaveLength(1);
  });

  it('never run out for one who has none, nor get lost, whoever comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            tenant: fc.integer({ min: 0, max: 4 }),
            service: fc.integer({ min: 0, max: 2 }),
            leaves: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        async (steps) => {
          const fairness = create(12);
          const held: Place[] = [];
          const counts = new Map<number, number>();
          const owners: number[] = [];
          for (const step of steps) {
            if (step.leaves) {
              held.shift()?.leave();
              const owner = owners.shift();
              if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) - 1);
              continue;
            }
            const parties = [service(`${step.tenant}/${step.service}`), namespace(`${step.tenant}`)];
            const had = counts.get(step.tenant) ?? 0;
            const entering = fairness.enter(parties);
            await clock.advance(100);
            const place = await entering;
            const isPutOff = 'at' in place;
            expect(isPutOff && had === 0).toBe(false);
            if (isPutOff) continue;
            held.push(place);
            owners.push(step.tenant);
            counts.set(step.tenant, had + 1);
          }
          for (const place of held) place.leave();
          expect(await fill(fairness, [service('a')])).toHaveLength(4);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('who is put off', () => {
  it('asks again at twice the pace at which places come free, and within 15 seconds', async () => {
    const fairness = create(30);
    await fill(fairness, [service('a')]);
    await clock.advance(8_900);
    const times: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      const answer = await fairness.enter([service('a')]);
      times.push('at' in answer ? answer.at - clock.now() : 0);
    }
    const [first = 0, second = 0] = times;
    // Ten places that are held for nine seconds or so.
    expect(second - first).toBeGreaterThan(400);
    expect(second - first).toBeLessThan(500);
    expect(times.at(-1)).toBe(15_000);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('is not kept waiting where places are held for long', async () => {
    const fairness = create(30);
    await fill(fairness, [service('a')]);
    await clock.advance(2_000);
    expect(await fairness.enter([service('a')])).toHaveProperty('at');
  });

  it('is told after a moment where they are not', async () => {
    const fairness = create(2);
    await fairness.enter([service('a')]);
    const waiting = fairness.enter([service('a')]);
    await clock.advance(100);
    expect(await waiting).toEqual({ at: clock.now() + 100 });
  });
});
