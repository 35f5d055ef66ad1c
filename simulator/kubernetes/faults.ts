import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../src/model.ts';
import { apiError } from './status.ts';

export type Verb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete';

/** Which requests a fault is for; all, where a field is absent. */
export interface Match {
  verb?: Verb;
  resource?: string;
  where?: (query: URLSearchParams) => boolean;
}

export interface FaultyRequest {
  verb: Verb;
  resource: string;
  query: URLSearchParams;
}

export interface Faults {
  /**
   * Answers the next `times` (1) requests with a status. `Infinity` lasts until `clear`. 429 without a message is that of
   * priority and fairness, which is no Status.
   */
  fail(fault: Match & { status: number; times?: number; retryAfterSeconds?: number; message?: string }): void;
  /** Breaks the connection of the next `times` (1) requests without an answer. */
  reset(fault: Match & { times?: number }): void;
  /** Answers the next `times` (1) requests with a body that is no JSON. */
  garble(fault: Match & { times?: number }): void;
  /** Holds every matching answer back. */
  delay(fault: Match & { ms: number }): void;
  clear(): void;
  /** Applies what is due to a request. True: the request has its answer. */
  apply(request: FaultyRequest, response: ServerResponse): Promise<boolean>;
}

interface Fault extends Match {
  left: number;
  apply(response: ServerResponse): Promise<boolean> | boolean;
}

export function createFaults(): Faults {
  let faults: Fault[] = [];

  function add(match: Match & { times?: number }, apply: Fault['apply'], left = match.times ?? 1): void {
    faults.push({ ...match, left, apply });
  }

  return {
    fail(fault) {
      const { status, retryAfterSeconds, message } = fault;
      add(fault, (response) => {
        const details: JsonObject | undefined =
          retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
        if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
        if (status === 429 && message === undefined) {
          response
            .writeHead(429, { 'Content-Type': 'text/plain; charset=utf-8' })
            .end('Too many requests, please try again later.\n');
          return true;
        }
        throw apiError(status, message ?? `simulated failure ${status}`, details);
      });
    },
    reset: (fault) =>
      add(fault, (response) => {
        response.destroy();
        return true;
      }),
    garble: (fault) =>
      add(fault, (response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"kind":"List","items":[{');
        return true;
      }),
    delay: (fault) => add(fault, () => sleep(fault.ms, false), Number.POSITIVE_INFINITY),
    clear: () => {
      faults = [];
    },
    async apply({ verb, resource, query }, response) {
      const matching = faults.filter(
        (fault) =>
          (fault.verb === undefined || fault.verb === verb) &&
          (fault.resource === undefined || fault.resource === resource) &&
          (fault.where === undefined || fault.where(query)),
      );
      for (const fault of matching) {
        if (fault.left <= 0) continue;
        fault.left -= 1;
        if (fault.left === 0) faults = faults.filter((other) => other !== fault);
        if (await fault.apply(response)) return true;
      }
      return false;
    },
  };
}
