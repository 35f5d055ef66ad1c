import type { Delivery } from '../../src/model.ts';

/** What becomes of messages on their way to people, as `src/delivery/deliver.ts` and `revive.ts` have it. */
export interface Post {
  /** It is durable. */
  take(delivery: Delivery): void;
  /** Makes one attempt at the first of the next lane that has one; false: there is none. */
  attempt(outcome: 'sent' | 'refused'): boolean;
  /** The configuration is mended: what was given up and is the last that was said is tried again. */
  mend(): void;
}

export function createPost(deps: {
  /** Delivery of the last message of a notice, as the ledger has it. */
  lastOf(notice: string): string | undefined;
  /** It has arrived. */
  onHeard(delivery: Delivery): void;
}): Post {
  const lanes = new Map<string, Delivery[]>();
  const parked = new Map<string, Delivery>();

  function take(delivery: Delivery): void {
    const lane = lanes.get(delivery.lane) ?? [];
    lanes.set(delivery.lane, lane);
    lane.push(delivery);
  }

  function conclude(delivery: Delivery, outcome: 'sent' | 'refused'): void {
    const { id, ongoing } = delivery;
    const root = ongoing?.root ?? id;
    const isUntold = root !== id && parked.has(root);
    if (isUntold && ongoing?.state === 'resolved') return;
    if (outcome === 'refused') {
      parked.set(id, delivery);
      return;
    }
    if (isUntold) parked.delete(root);
    deps.onHeard(delivery);
  }

  return {
    take,
    attempt(outcome) {
      for (const [lane, waiting] of lanes) {
        const first = waiting.shift();
        // So that each lane has its turn.
        lanes.delete(lane);
        if (waiting.length > 0) lanes.set(lane, waiting);
        if (!first) continue;
        conclude(first, outcome);
        return true;
      }
      return false;
    },
    mend() {
      for (const [id, delivery] of parked) {
        const { notice, ongoing } = delivery;
        if (ongoing?.state !== 'resolved' && deps.lastOf(notice) !== id) continue;
        parked.delete(id);
        take(delivery);
      }
    },
  };
}
