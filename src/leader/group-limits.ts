import type { GroupRule } from '../alerts/rules.ts';
import type { Destination } from '../model.ts';

/** How many messages a rule allows a recipient in a minute. Counted here alone: a new term begins with none. */
export interface GroupLimits {
  /** When there is room for one more, Unix milliseconds. */
  freeAt(rule: GroupRule, destination: Destination, now: number): number;
  count(rule: GroupRule, destination: Destination, now: number): void;
}

const minute = 60_000;

export function createGroupLimits(): GroupLimits {
  const counted = new WeakMap<GroupRule, Map<string, number[]>>();

  function timesOf(rule: GroupRule, destination: Destination, now: number): number[] {
    const byDestination = counted.get(rule) ?? new Map<string, number[]>();
    counted.set(rule, byDestination);
    const key = JSON.stringify([destination.service, destination.recipient]);
    // A time that is ahead was noted before the clock was set back.
    const times = (byDestination.get(key) ?? []).filter((at) => at > now - minute && at <= now);
    byDestination.set(key, times);
    return times;
  }

  return {
    freeAt(rule, destination, now) {
      if (rule.maxPerMinute === undefined) return now;
      const times = timesOf(rule, destination, now);
      const first = times.at(-rule.maxPerMinute);
      return first === undefined ? now : first + minute;
    },
    count(rule, destination, now) {
      if (rule.maxPerMinute !== undefined) timesOf(rule, destination, now).push(now);
    },
  };
}
