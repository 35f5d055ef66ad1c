import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSimulatedClock } from '../simulated-clock.ts';
import { createFairness, type Party } from './fairness.ts';

/** Milliseconds, but for `fails`. */
const arbitraryDelivery = fc.record({
  tenant: fc.nat(1),
  service: fc.nat(1),
  asks: fc.nat(500),
  takes: fc.integer({ min: 1, max: 900 }),
  /** From the answer that it is put off until its job waits in the queue. */
  leaves: fc.nat(4_000),
  /** Until the queue has answered that its job is woken. */
  answers: fc.nat(1_000),
  /** How often the queue fails to answer before it does. */
  fails: fc.nat(2),
  /** From there on until it asks again. */
  comes: fc.nat(400),
});
type Example = typeof arbitraryDelivery extends fc.Arbitrary<infer T> ? T : never;

/** Hands out `deliveries` until all are done; answers those whom nobody has woken. */
async function asleepOf(deliveries: readonly Example[]): Promise<string[]> {
  const clock = createSimulatedClock(1_000_000);
  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  /** Jobs on their way back into the queue, and those that wait in it. */
  const leaving = new Map<string, Promise<void>>();
  const putOff = new Map<string, () => void>();
  const failures = new Map<string, number>();
  const asleep: string[] = [];
  const fairness = createFairness({
    places: 12,
    clock,
    async wake(id) {
      const { answers, fails } = deliveries[Number(id)] as Example;
      await leaving.get(id);
      const failed = failures.get(id) ?? 0;
      if (failed < fails) {
        failures.set(id, failed + 1);
        await pause(answers);
        throw new Error('the queue is away');
      }
      const handOut = putOff.get(id);
      handOut?.();
      await pause(answers);
      return handOut !== undefined;
    },
  });

  async function waitInQueue(id: string, at: number, { leaves, comes }: Example): Promise<void> {
    const left = pause(leaves);
    leaving.set(id, left);
    await left;
    leaving.delete(id);
    const isWoken = await new Promise<boolean>((resolve) => {
      const cancel = clock.after(at - clock.now(), () => resolve(false));
      putOff.set(id, () => {
        cancel();
        resolve(true);
      });
    });
    putOff.delete(id);
    if (!isWoken) asleep.push(id);
    await pause(comes);
  }

  async function deliver(id: string, delivery: Example): Promise<void> {
    const { tenant, service, asks, takes } = delivery;
    const parties: Party[] = [
      { key: `${tenant}/${service}`, share: 0.5 },
      { key: `${tenant}`, share: 1 },
    ];
    await pause(asks);
    for (;;) {
      const place = await fairness.enter(id, parties);
      if ('at' in place) {
        await waitInQueue(id, place.at, delivery);
        continue;
      }
      await pause(takes);
      place.leave();
      return;
    }
  }

  await clock.until(Promise.all(deliveries.map((delivery, index) => deliver(`${index}`, delivery))));
  return asleep;
}

it('whoever is put off is woken, however slowly the queue answers and takes jobs back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryDelivery, { minLength: 10, maxLength: 40 }), async (deliveries) => {
      expect(await asleepOf(deliveries)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
