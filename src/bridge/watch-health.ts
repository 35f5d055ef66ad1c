import type { ReflectorState } from '../cluster/reflector-state.ts';
import { describeRight } from '../cluster/rights.ts';
import { STATUS_CODES } from '../net/node-http.ts';

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

/** Answers that go on until a person mends a role, an installation or a flag; and how long one is waited for. */
const lasting = new Set([400, 401, 403, 404, 422]);
const refusedAfter = 10_000;
/** A server that is away for longer is said. */
const awayAfter = 60_000;

/**
 * Watches that worked once and do not now, each with the answer that it gets and since when. Herald looks at nothing
 * new meanwhile, so it is not ready; a restart would mend nothing.
 */
export function failingWatches(states: readonly ReflectorState[], now: number): string[] {
  return states.flatMap(({ name, phase, synced, failure }) => {
    if (!synced || phase === 'watching' || failure === undefined) return [];
    const limit = lasting.has(failure.status ?? 0) ? refusedAfter : awayAfter;
    if (now - failure.since < limit) return [];
    return [`${name} since ${new Date(failure.since).toISOString()} (${shown(failure)})`];
  });
}

/** What Herald does without, because it may not read it. */
export function missingRights(states: readonly ReflectorState[]): string[] {
  return states.flatMap(({ forbidden }) => {
    if (forbidden === undefined) return [];
    const { right, since, without } = forbidden;
    return [`may not ${describeRight(right)} since ${new Date(since).toISOString()}: without ${without}`];
  });
}

/**
 * The first lists that are not done yet, each with what keeps it: a status, or that there is no answer. Whoever reaches
 * the port reads it, so hosts and users are in the log alone.
 */
export function missingLists(states: readonly ReflectorState[]): string[] {
  return states
    .filter(({ synced }) => !synced)
    .map(({ name, failure }) => (failure ? `${name} (${shown(failure)})` : name));
}

function shown({ status }: NonNullable<ReflectorState['failure']>): string {
  return status === undefined ? 'no answer' : `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

/** A check's answer: not ok while something is in the way. */
export function verdict(
  obstacles: readonly (string | undefined)[],
  fine: string,
): { ok: boolean; reason: string } {
  const found = obstacles.filter((obstacle) => obstacle !== undefined);
  return found.length === 0 ? { ok: true, reason: fine } : { ok: false, reason: found.join(', ') };
}
