import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { createFairness, type Fairness, type Party, type Place } from './fairness.ts';

const service = (key: string): Party => ({ key, share: 0.5 });
const namespace = (key: string): Party => ({ key, share: 1 });

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** `wake`: whether the job of a delivery is put off, so that it can be woken. */
const create = (places: number, wake: (delivery: string) => boolean = () => false) =>
  createFairness({ places, wake: async (delivery) => wake(delivery), clock: systemClock });

let deliveries = 0;
const enter = (fairness: Fairness, parties: Party[], delivery = `${(deliveries += 1)}`) =>
  fairness.enter(delivery, parties);

/** Places taken until somebody is put off. */
async function fill(fairness: Fairness, parties: Party[]): Promise<Place[]> {
  const taken: Place[] = [];
  for (;;) {
    const entering = enter(fairness, parties);
    await vi.advanceTimersByTimeAsync(500);
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
    expect(await enter(fairness, [service('other'), namespace('other')])).toHaveProperty('leave');
  });

  it('the next greedy one gets less, and one that has none gets in', async () => {
    const fairness = create(100);
    for (let index = 0; index < 20; index += 1) await fill(fairness, [namespace(`greedy-${index}`)]);
    expect(await enter(fairness, [namespace('modest')])).toHaveProperty('leave');
  });

  it('go to whoever waits for them, first come first served', async () => {
    const fairness = create(2);
    const first = (await enter(fairness, [service('a')])) as Place;
    const order: string[] = [];
    const waiting = ['second', 'third'].map(async (name) => {
      const place = (await enter(fairness, [service('a')])) as Place;
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
            const entering = enter(fairness, parties);
            await vi.advanceTimersByTimeAsync(500);
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
  const is = (answer: Place | { at: number }): answer is { at: number } => 'at' in answer;

  it('is told so after a moment, and those behind it at once', async () => {
    const fairness = create(2);
    await enter(fairness, [service('a')]);
    const first = enter(fairness, [service('a')]);
    await vi.advanceTimersByTimeAsync(500);
    expect(is(await first)).toBe(true);
    expect(is(await enter(fairness, [service('a')]))).toBe(true);
    expect(is(await enter(fairness, [service('b')]))).toBe(false);
  });

  it('waits for up to a second while places come free, and is put off when none does any more', async () => {
    const fairness = create(30);
    const taken: Place[] = [];
    for (let count = 0; count < 10; count += 1) {
      const place = await enter(fairness, [service('a')]);
      if (!is(place)) taken.push(place);
    }
    const waiting = Array.from({ length: 15 }, () => enter(fairness, [service('a')]));
    const putOff = { count: 0 };
    for (const each of waiting) void each.then((answer) => (putOff.count += is(answer) ? 1 : 0));
    for (let left = 0; left < 9; left += 1) {
      taken[left]?.leave();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(putOff.count).toBe(0);
    await vi.advanceTimersByTimeAsync(500);
    expect(putOff.count).toBe(6);
  });

  it('asks again by itself after 15 seconds, and not all at the same time', async () => {
    const fairness = create(2);
    await fill(fairness, [service('a')]);
    const answers = await Promise.all(Array.from({ length: 500 }, () => enter(fairness, [service('a')])));
    const waits = answers.filter(is).map(({ at }) => at - Date.now());
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(15_000);
    expect(new Set(waits).size).toBe(500);
  });

  /** Places of one that are taken, and deliveries that were put off: woken in turn, as a queue does it. */
  async function busy(wake: (delivery: string) => boolean = () => true) {
    const calls: string[] = [];
    const fairness = create(30, (delivery) => {
      calls.push(delivery);
      return wake(delivery);
    });
    const taken = await fill(fairness, [service('a')]);
    calls.length = 0;
    const putOff = ['first', 'second', 'third'];
    for (const each of putOff) expect(is(await enter(fairness, [service('a')], each))).toBe(true);
    return { fairness, taken, calls };
  }

  it('is woken in turn when a place comes free, one for each', async () => {
    const { fairness, taken, calls } = await busy();
    // The one that `fill` was put off with comes before.
    taken.pop()?.leave();
    expect(calls).toHaveLength(1);
    taken.pop()?.leave();
    taken.pop()?.leave();
    expect(calls.slice(1)).toEqual(['first', 'second']);
    expect(is(await enter(fairness, [service('a')], 'first'))).toBe(false);
    expect(is(await enter(fairness, [service('a')], 'second'))).toBe(false);
    expect(calls.slice(3)).toEqual([]);
  });

  it('is woken in place of one whose job another process has taken', async () => {
    const { taken, calls } = await busy();
    taken.pop()?.leave();
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(calls.slice(1)).toEqual(['first']);
  });

  it('is woken once its job waits in the queue', async () => {
    let isThere = false;
    const { taken, calls } = await busy(() => isThere);
    taken.pop()?.leave();
    await vi.advanceTimersByTimeAsync(25);
    isThere = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toContain('first');
  });

  it('is forgotten when the queue no longer knows of its job', async () => {
    const gone = new Set(['first', 'second']);
    const { taken, calls } = await busy((delivery) => !gone.has(delivery));
    await vi.advanceTimersByTimeAsync(3_000);
    for (let index = 0; index < 2; index += 1) taken.pop()?.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.slice(1)).toEqual(['first', 'second', 'third']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls.slice(1)).toEqual(['first', 'second', 'third']);
  });

  it('is not woken while its parties hold their share, though others leave', async () => {
    const { fairness, calls } = await busy();
    const other = await enter(fairness, [service('b')]);
    if (!is(other)) other.leave();
    expect(calls).toEqual([]);
  });

  it('gets in in the end, whoever comes, and nobody asks in a loop', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ tenant: fc.nat(2), service: fc.nat(2), takes: fc.integer({ min: 1, max: 900 }) }),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        async (deliveries) => {
          const due = new Map<string, number>();
          let asked = 0;
          const done = new Set<string>();
          const fairness = create(12, (delivery) => {
            if (!due.has(delivery)) return false;
            due.set(delivery, Date.now());
            return true;
          });
          const attempt = async (delivery: string) => {
            const each = deliveries[Number(delivery)];
            if (!each) throw new Error('no such delivery');
            asked += 1;
            const parties = [service(`${each.tenant}/${each.service}`), namespace(`${each.tenant}`)];
            const place = await fairness.enter(delivery, parties);
            if (is(place)) return void due.set(delivery, place.at);
            setTimeout(() => {
              done.add(delivery);
              place.leave();
            }, each.takes);
          };
          const started = Date.now();
          for (const delivery of deliveries.keys()) void attempt(`${delivery}`);
          while (done.size < deliveries.length) {
            await vi.advanceTimersByTimeAsync(10);
            for (const [delivery, at] of due) {
              if (at > Date.now()) continue;
              due.delete(delivery);
              void attempt(delivery);
            }
            // No longer than one after the other would take, let alone until they asked by themselves.
            expect(Date.now() - started).toBeLessThan(deliveries.length * 1_000);
          }
          expect(asked).toBeLessThanOrEqual(deliveries.length * 4);
        },
      ),
      { numRuns: 50 },
    );
  });
});
