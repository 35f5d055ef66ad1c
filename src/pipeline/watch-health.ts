import type { ReflectorState } from '../cluster/reflector.ts';

/** A watch that shows nothing for so long is stuck: bookmarks come every minute, and the watchdog acts after two. */
const stuckAfter = 600_000;

/**
 * What only a restart of the process would mend: a watch that has stopped by itself, or claims to be open while
 * nothing comes. An API server that is away is not that.
 */
export function stuckWatches(states: readonly ReflectorState[], now: number): string[] {
  return states
    .filter(
      ({ phase, lastFrameAt }) =>
        phase === 'stopped' || (phase === 'watching' && now - (lastFrameAt ?? now) > stuckAfter),
    )
    .map(({ name }) => name);
}

/**
 * The first lists that are not done yet, each with what keeps it: a status, or that there is no answer. Whoever reaches
 * the port reads it, so hosts and users are in the log alone.
 */
export function missingLists(states: readonly ReflectorState[]): string[] {
  return states
    .filter(({ synced }) => !synced)
    .map(({ name, failure }) => (failure ? `${name} (${withoutDetails(failure)})` : name));
}

function withoutDetails(failure: string): string {
  const [status] = /(?<![\d.:/])[45]\d\d(?: [A-Z][a-z]+)*(?![\d.])/.exec(failure) ?? [];
  return status === undefined ? 'no answer' : status;
}

/** A check's answer: not ok while something is in the way. */
export function verdict(
  obstacles: readonly (string | undefined)[],
  fine: string,
): { ok: boolean; reason: string } {
  const found = obstacles.filter((obstacle) => obstacle !== undefined);
  return found.length === 0 ? { ok: true, reason: fine } : { ok: false, reason: found.join(', ') };
}
