import type { Logger } from '../log.ts';
import type { ReflectorOptions } from './reflector-options.ts';
import type { RetryPace } from './retry-pace.ts';
import { describeRight, type Right, rightOf } from './rights.ts';

/** What a watch may not do, since when, Unix milliseconds, and what is missing without it. */
export interface Forbidden {
  right: Right;
  since: number;
  without: string;
}

/** What the API server has refused of a resource that Herald works without. */
export interface Refusals {
  /** Notes a 403 or 404; whether it is the first in a row. */
  refused(): boolean;
  /** It is too early to say that a refusal will last: the server has just started. */
  isEarly(): boolean;
  /** The refusal lasts. */
  forbid(verb: Right['verb']): void;
  forbidden(): Forbidden | undefined;
  /** The API server does not know the resource. */
  absent(): void;
  /** It was listed, so that it is there. */
  listed(): void;
  /** A watch is open. */
  opened(): void;
}

interface Deps {
  pace: Pick<RetryPace, 'isRecovering'>;
  log: Logger;
  now(): number;
}

export function createRefusals<T>(
  { pace, log, now }: Deps,
  { path, optional, onForbidden }: Pick<ReflectorOptions<T>, 'path' | 'optional' | 'onForbidden'>,
  patienceMs: number,
): Refusals {
  let forbidden: Forbidden | undefined;
  /** Of the first refusal in a row. */
  let since: number | undefined;
  let isAbsent = false;

  return {
    refused() {
      const isFirst = since === undefined;
      since ??= now();
      return isFirst;
    },
    isEarly: () => pace.isRecovering() || now() - (since ?? now()) < patienceMs,
    forbid(verb) {
      if (forbidden !== undefined) return;
      const { without, mend, isMinor } = optional ?? { without: '', mend: '' };
      const right = rightOf(path, verb);
      forbidden = { right, since: since ?? now(), without };
      log[isMinor ? 'info' : 'warn'](
        { right: describeRight(right), without, mend },
        'A right is missing: going on without',
      );
      onForbidden?.(true);
    },
    forbidden: () => forbidden,
    absent() {
      if (!isAbsent) log.info({ status: 404 }, 'The resource is not there: asking again seldom');
      isAbsent = true;
    },
    listed() {
      isAbsent = false;
    },
    opened() {
      since = undefined;
      if (forbidden === undefined) return;
      forbidden = undefined;
      onForbidden?.(false);
    },
  };
}
