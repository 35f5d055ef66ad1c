import { describe, expect, it } from 'vitest';
import { pause } from './clock.ts';
import { createSimulatedClock } from './simulated-clock.ts';

describe('a simulated clock', () => {
  it('calls what is due in order, each at its time, and nothing else', async () => {
    const clock = createSimulatedClock(1_000);
    const called: string[] = [];
    const note = (name: string) => () => void called.push(`${name} at ${clock.now()}`);
    clock.after(20, note('second'));
    clock.after(10, note('first'));
    clock.after(20, note('third'));
    clock.after(31, note('late'));
    clock.after(5, note('cancelled'))();
    await clock.advance(30);
    expect(called).toEqual(['first at 1010', 'second at 1020', 'third at 1020']);
    expect([clock.now(), clock.monotonic()]).toEqual([1_030, 30]);
  });

  it('says when something becomes due next', async () => {
    const clock = createSimulatedClock(1_000);
    expect(clock.next()).toBe(Number.POSITIVE_INFINITY);
    clock.after(30, () => undefined);
    const cancel = clock.after(20, () => undefined);
    expect(clock.next()).toBe(1_020);
    cancel();
    await clock.advance(25);
    expect(clock.next()).toBe(1_030);
    await clock.advance(5);
    expect(clock.next()).toBe(Number.POSITIVE_INFINITY);
  });

  it('lets what follows from one settle before the next is called', async () => {
    const clock = createSimulatedClock(0);
    const { signal } = new AbortController();
    const called: number[] = [];
    const loop = async () => {
      for (let round = 0; round < 4; round += 1) {
        await pause(clock, 10, signal);
        await clock.turn();
        for (let step = 0; step < 50; step += 1) await Promise.resolve();
        called.push(clock.now());
      }
    };
    const over = loop();
    clock.after(25, () => void called.push(25));
    await clock.advance(40);
    await over;
    expect(called).toEqual([10, 20, 25, 30, 40]);
  });

  it('goes on for as long as a promise needs, and no longer', async () => {
    const clock = createSimulatedClock(0);
    const { signal } = new AbortController();
    clock.after(3_600_000, () => undefined);
    expect(await clock.until(pause(clock, 60_000, signal).then(() => 'done'))).toBe('done');
    expect(clock.now()).toBe(60_000);
    await expect(clock.until(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('can be set, which no timer notices', async () => {
    const clock = createSimulatedClock(1_000_000);
    const called: number[] = [];
    clock.after(100, () => void called.push(clock.monotonic()));
    clock.set(0);
    await clock.advance(99);
    expect([called, clock.now()]).toEqual([[], 99]);
    await clock.advance(1);
    expect(called).toEqual([100]);
  });

  it('calls late what became due while the process stood still', async () => {
    const clock = createSimulatedClock(0);
    const called: number[] = [];
    clock.after(100, () => void called.push(clock.now()));
    clock.skip(5_000);
    await clock.advance(0);
    expect(called).toEqual([5_000]);
  });
});
