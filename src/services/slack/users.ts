import { orAborted } from '../../aborted.ts';
import type { Logger } from '../../log.ts';
import { withTimeLimit } from '../../net/time-limit.ts';
import type { Scrub } from '../secrets.ts';
import type { SlackCall } from './client.ts';
import { failureOf } from './errors.ts';

/** Slack's users by e-mail address, remembered. */
export interface Users {
  /** Ids of those that are found within the time that a message waits for it. Never rejects. */
  find(addresses: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

interface Deps {
  name: string;
  call: SlackCall;
  log: Logger;
  scrub: Scrub;
  now(): number;
}

/** Milliseconds. */
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
/** A message waits so long for all its mentions together. */
const patience = 3 * second;
const rememberFor = { found: 24 * hour, notFound: hour, failed: minute };
/** So long nobody is looked up after Slack has said that the token may not. */
const withoutScope = 10 * minute;
const mostRemembered = 10_000;
/** Of one message; more are shown as addresses. users.lookupByEmail takes about 50 a minute. */
const mostLookups = 20;

export function createUsers(deps: Deps): Users {
  const { name, call, log, scrub, now } = deps;
  const remembered = new Map<string, { id: string | undefined; until: number }>();
  const asked = new Map<string, Promise<string | undefined>>();
  /** Nobody is looked up before. */
  let pausedUntil = 0;
  /** Reasons logged already. */
  const told = new Set<string>();

  function remember(address: string, id: string | undefined, ttl: number): void {
    remembered.delete(address);
    remembered.set(address, { id, until: now() + ttl });
    if (remembered.size <= mostRemembered) return;
    const [oldest] = remembered.keys();
    if (oldest !== undefined) remembered.delete(oldest);
  }

  async function look(address: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { user } = await call('users.lookupByEmail', { email: address }, signal);
      const id = typeof user?.id === 'string' && /^[UW][A-Z0-9]+$/.test(user.id) ? user.id : undefined;
      remember(address, id, id === undefined ? rememberFor.notFound : rememberFor.found);
      return id;
    } catch (error) {
      const failure = failureOf(error, signal, now());
      const { reason } = failure;
      if (reason === 'users_not_found') remember(address, undefined, rememberFor.notFound);
      else if (failure.kind === 'rejected' && failure.scope === 'service')
        pause(reason, withoutScope, failure.detail);
      else if (failure.kind === 'retry' && failure.retryAfter !== undefined)
        pause(reason, failure.retryAfter, failure.detail);
      else {
        remember(address, undefined, rememberFor.failed);
        log.info(
          { service: name, reason, error: scrub(failure.detail) },
          'User of Slack could not be looked up',
        );
      }
      return undefined;
    }
  }

  function pause(reason: string, milliseconds: number, error: string): void {
    pausedUntil = now() + milliseconds;
    if (told.has(reason)) return;
    told.add(reason);
    log.warn(
      { service: name, reason, error: scrub(error) },
      'Slack looks up nobody, mentions are shown as e-mail addresses',
    );
  }

  function idOf(address: string): Promise<string | undefined> {
    const known = remembered.get(address);
    if (known !== undefined && now() < known.until) return Promise.resolve(known.id);
    if (now() < pausedUntil) return Promise.resolve(undefined);
    const running =
      asked.get(address) ??
      withTimeLimit(patience, undefined, (signal) => look(address, signal)).finally(() =>
        asked.delete(address),
      );
    asked.set(address, running);
    return running;
  }

  return {
    async find(addresses, signal) {
      const found = new Map<string, string>();
      const lookups = addresses.slice(0, mostLookups).map(async (address) => {
        const id = await idOf(address.toLowerCase());
        if (id !== undefined) found.set(address, id);
      });
      await withTimeLimit(patience, signal, (limited) => orAborted(Promise.all(lookups), limited));
      return new Map(found);
    },
  };
}
