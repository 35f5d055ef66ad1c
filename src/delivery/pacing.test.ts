import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacing, type Pace } from './pacing.ts';

const pace: Pace = { perSecond: 1, burst: 3 };

function slots(pacing: ReturnType<typeof createPacing>, count: number, now: number, key = 'a'): number[] {
  return Array.from({ length: count }, () => pacing.reserve(key, now, pace, false));
}

describe('pacing', () => {
  it('lets a burst through, then gives slots at the pace', () => {
    expect(slots(createPacing(), 6, 10_000)).toEqual([10_000, 10_000, 10_000, 11_000, 12_000, 13_000]);
  });

  it('fills up again with time', () => {
    const pacing = createPacing();
    slots(pacing, 3, 10_000);
    expect(slots(pacing, 3, 12_000)).toEqual([12_000, 12_000, 13_000]);
    expect(slots(pacing, 4, 60_000)).toEqual([60_000, 60_000, 60_000, 61_000]);
  });

  it('keeps recipients apart', () => {
    const pacing = createPacing();
    slots(pacing, 50, 10_000, 'hot');
    expect(pacing.reserve('cold', 10_000, pace, false)).toBe(10_000);
  });

  it('sends what has waited for its slot, and lets newcomers queue behind', () => {
    const pacing = createPacing();
    expect(slots(pacing, 5, 10_000)).toEqual([10_000, 10_000, 10_000, 11_000, 12_000]);
    expect(pacing.reserve('a', 11_000, pace, false)).toBe(13_000);
    expect(pacing.reserve('a', 11_000, pace, true)).toBe(11_000);
    expect(pacing.reserve('a', 12_000, pace, true)).toBe(12_000);
    expect(pacing.reserve('a', 13_000, pace, true)).toBe(13_000);
  });

  it('does not flood a recipient with what is late together', () => {
    const pacing = createPacing();
    const waited = slots(pacing, 20, 10_000).slice(3);
    expect(waited.map(() => pacing.reserve('a', 100_000, pace, true)).slice(0, 5)).toEqual([
      100_000, 100_000, 100_000, 101_000, 102_000,
    ]);
  });

  it('gives new slots for those of an earlier process', () => {
    const pacing = createPacing();
    expect(Array.from({ length: 5 }, () => pacing.reserve('a', 12_000, pace, true))).toEqual([
      12_000, 12_000, 12_000, 13_000, 14_000,
    ]);
  });

  it('sends nothing before a penalty ends, and no burst after it', () => {
    const pacing = createPacing();
    expect(slots(pacing, 4, 10_000).at(-1)).toBe(11_000);
    pacing.penalise('a', 40_000);
    expect(pacing.reserve('a', 11_000, pace, true)).toBe(40_000);
    expect(slots(pacing, 3, 12_000)).toEqual([40_000, 41_000, 42_000]);
    expect(pacing.reserve('a', 40_000, pace, true)).toBe(40_000);
    expect(pacing.reserve('a', 40_000, pace, true)).toBeGreaterThan(40_000);
  });

  it('forgets recipients whose pace is free again', () => {
    const pacing = createPacing();
    for (let i = 0; i < 10_000; i += 1) pacing.reserve(`k${i}`, i * 100, pace, false);
    expect(pacing.size).toBeLessThan(100);
  });

  it('never lets more through than pace and burst allow, and everyone in the end', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 40 });
    const penalties = fc.array(fc.tuple(fc.nat(20_000), fc.nat(15_000)), { maxLength: 3 });
    const paces = fc.record({ perSecond: fc.constantFrom(0.5, 1, 3), burst: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(arrivals, penalties, paces, fc.nat(5_000), (times, penalised, drawn, lateness) => {
        const { sentAt, rounds } = simulate(times, penalised, drawn, lateness);
        expect(sentAt).toHaveLength(times.length);
        expect(rounds).toBeLessThan(times.length * 60);
        expectPaced(sentAt, drawn);
      }),
    );
  });
});

/** Runs jobs as the queue does: each comes back at its slot, or some time later; some have waited for something else. */
function simulate(
  arrivals: number[],
  penalties: [at: number, length: number][],
  drawn: Pace,
  lateness: number,
): { sentAt: number[]; rounds: number } {
  const pacing = createPacing();
  const jobs = arrivals.map((at, index) => ({ at, waited: index % 4 === 3 }));
  const left = [...penalties].sort(([a], [b]) => a - b);
  const sentAt: number[] = [];
  let rounds = 0;
  while (jobs.length > 0 && rounds < 10_000) {
    rounds += 1;
    jobs.sort((a, b) => a.at - b.at);
    const job = jobs.shift();
    if (!job) break;
    for (let penalty = left[0]; penalty && penalty[0] <= job.at; penalty = left[0]) {
      pacing.penalise('a', penalty[0] + penalty[1]);
      left.shift();
    }
    const slot = pacing.reserve('a', job.at, drawn, job.waited);
    if (slot <= job.at) sentAt.push(job.at);
    else jobs.push({ at: slot + (rounds % 2) * lateness, waited: true });
  }
  return { sentAt, rounds };
}

/** In any stretch of time: at most the burst and what the pace gives in it. */
function expectPaced(sentAt: number[], { perSecond, burst }: Pace): void {
  for (let from = 0; from < sentAt.length; from += 1) {
    for (let to = from; to < sentAt.length; to += 1) {
      const span = (sentAt[to] as number) - (sentAt[from] as number);
      // Slots are whole milliseconds.
      expect(to - from + 1).toBeLessThanOrEqual(burst + ((span + 1) * perSecond) / 1_000 + 1e-6);
    }
  }
}
