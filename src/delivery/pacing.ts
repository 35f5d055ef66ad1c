/** Messages to one recipient: so many a second in the long run, so many at once after a pause. */
export interface Pace {
  perSecond: number;
  burst: number;
}

/**
 * Spreads deliveries over time, a recipient at a time, so that a busy one delays no other. Times are Unix milliseconds.
 * It lives in one process and forgets with it; that a delivery has waited its job knows.
 */
export interface Pacing {
  /**
   * When a delivery may be sent: `now` or before means at once, later is a slot to wait for. One that has waited is
   * sent before those that are new, unless the recipient was penalised meanwhile or many are late together, as after
   * an outage.
   */
  reserve(key: string, now: number, pace: Pace, waited: boolean): number;
  /** The recipient takes nothing before `until` (Retry-After); afterwards it starts without a burst. */
  penalise(key: string, until: number): void;
  /** Its times are those of a clock that was set. */
  reset(): void;
  /** Recipients that are remembered: those whose pace is not yet free again. */
  readonly size: number;
}

interface Bucket {
  /** Theoretical arrival time of the generic cell rate algorithm, of what was really let through. */
  arrival: number;
  /** The end of the slots given to newcomers, and to those who waited and could not be let through. */
  tail: number;
  lateTail: number;
  blockedUntil: number;
}

/** Looked at for eviction with each call, least recently used first: more than one call can add. */
const evictionsPerCall = 2;

export function createPacing(): Pacing {
  const buckets = new Map<string, Bucket>();

  /** The bucket, moved to the end as the most recently used. */
  function touch(key: string): Bucket {
    const bucket = buckets.get(key) ?? { arrival: 0, tail: 0, lateTail: 0, blockedUntil: 0 };
    buckets.delete(key);
    buckets.set(key, bucket);
    return bucket;
  }

  function evict(now: number): void {
    let looked = 0;
    for (const [key, bucket] of buckets) {
      if (looked === evictionsPerCall) return;
      looked += 1;
      // One that cannot go yet is passed to the end, so that it does not shield those behind it.
      buckets.delete(key);
      if (lastTime(bucket) > now) buckets.set(key, bucket);
    }
  }

  return {
    reserve(key, now, { perSecond, burst }, waited) {
      evict(now);
      const interval = 1_000 / perSecond;
      const tolerance = (Math.max(1, burst) - 1) * interval;
      const bucket = touch(key);
      // After a penalty there is no burst: the theoretical arrival is ahead by the tolerance.
      if (bucket.blockedUntil > now)
        bucket.arrival = Math.max(bucket.arrival, bucket.blockedUntil + tolerance);
      const free = Math.max(bucket.arrival - tolerance, bucket.blockedUntil);
      const isQueued = !waited && bucket.tail > now;
      if (free <= now && !isQueued) {
        bucket.arrival = Math.max(bucket.arrival, now) + interval;
        return now;
      }
      const slot = Math.max(free, waited ? bucket.lateTail : bucket.tail);
      bucket.lateTail = slot + interval;
      if (!waited) bucket.tail = slot + interval;
      return Math.ceil(slot);
    },
    penalise(key, until) {
      const bucket = touch(key);
      bucket.blockedUntil = Math.max(bucket.blockedUntil, until);
    },
    reset: () => buckets.clear(),
    get size() {
      return buckets.size;
    },
  };
}

function lastTime({ arrival, tail, lateTail, blockedUntil }: Bucket): number {
  return Math.max(arrival, tail, lateTail, blockedUntil);
}
