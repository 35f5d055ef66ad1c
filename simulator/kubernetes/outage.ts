import type { Verb } from './faults.ts';
import { forbidden } from './rbac.ts';
import type { Target } from './resources.ts';
import { type ApiError, apiError } from './status.ts';

/**
 * What an API server that has just started answers until its caches are filled, as 1.34 does. Milliseconds since it
 * listens.
 */
export interface WarmUp {
  /** Until then its authorizer knows no Role: 403. @defaultValue 0 */
  rolesMs?: number;
  /** Until then its watch caches are not filled: watches get 429 with Retry-After 1. @defaultValue 0 */
  storageMs?: number;
}

export interface Outage {
  begin(warmUp: WarmUp): void;
  /** The refusal that is due to a request, if any. */
  refuse(verb: Verb, target: Target, user: string): ApiError | undefined;
}

export function createOutage(now: () => number): Outage {
  let since = 0;
  let warmUp: WarmUp = {};
  return {
    begin(next) {
      since = now();
      warmUp = next;
    },
    refuse(verb, target, user) {
      const age = now() - since;
      if (age < (warmUp.rolesMs ?? 0)) {
        return forbidden(user, verb, target, target.name);
      }
      if (age < (warmUp.storageMs ?? 0) && verb === 'watch') {
        return apiError(429, 'storage is (re)initializing', { retryAfterSeconds: 1 });
      }
      return undefined;
    },
  };
}
