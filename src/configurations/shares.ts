/**
 * Which share of the process each configuration may have, in steps of its conditions and templates. Conditions and
 * templates run on the one thread that everything runs on: a step takes up to half a microsecond.
 */
import type { ActiveConfig } from '../configurations/configurations.ts';

interface Share {
  /** For the conditions of one event of one Application. */
  perEvent: number;
  /** In the long run. */
  perSecond: number;
  /** Saved up while little is used. */
  burst: number;
}

/** A tenth of a second of each second, more where little was used before. */
export const tenantShare: Share = { perEvent: 100_000, perSecond: 200_000, burst: 2_000_000 };
/** The operator's own: everything, nearly. */
export const operatorShare: Share = { perEvent: 300_000, perSecond: 2_000_000, burst: 20_000_000 };

export interface Shares {
  of(active: ActiveConfig): Share;
  /** Milliseconds until the configuration may go on; 0: now. */
  wait(active: ActiveConfig): number;
  spend(active: ActiveConfig, steps: number): void;
}

/** Milliseconds of use that are forgotten while nobody asks. */
const second = 1_000;

export function createShares(now: () => number): Shares {
  /** Steps left by namespace, and when that was so. Below 0 after one that used more than was left. */
  const left = new Map<string, { steps: number; at: number }>();

  const of = ({ isTenant }: ActiveConfig): Share => (isTenant ? tenantShare : operatorShare);

  function balance(active: ActiveConfig): number {
    const { perSecond, burst } = of(active);
    const known = left.get(active.namespace);
    if (known === undefined) return burst;
    const passed = Math.max(0, now() - known.at);
    return Math.min(burst, known.steps + (passed * perSecond) / second);
  }

  return {
    of,
    wait(active) {
      const steps = balance(active);
      return steps > 0 ? 0 : Math.ceil(((1 - steps) * second) / of(active).perSecond);
    },
    spend(active, steps) {
      const rest = balance(active) - steps;
      // What is full again needs no entry.
      if (rest >= of(active).burst) left.delete(active.namespace);
      else left.set(active.namespace, { steps: rest, at: now() });
    },
  };
}
