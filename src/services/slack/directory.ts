import { z } from 'zod';
import { orAborted } from '../../aborted.ts';
import type { Logger } from '../../log.ts';
import { withTimeLimit } from '../../net/time-limit.ts';
import type { SlackCall } from './client.ts';
import { failureOf } from './errors.ts';
import { nextPage, parsePage, UnreadablePage } from './pages.ts';

/** Ids of Slack's channels or user groups by name, remembered. */
export interface Directory {
  /** Ids of those that are found within the time that a message waits for it. Never rejects. */
  find(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

export type DirectoryKind = 'channel' | 'group';

interface Deps {
  name: string;
  call: SlackCall;
  log: Logger;
  now(): number;
}

/** Milliseconds. */
const second = 1_000;
const minute = 60 * second;
/** A message waits so long for all its names together. */
const patience = 3 * second;
/** A name that is not in the list is looked for in a new list after so long, one that is in it is believed for longer. */
const goodFor = { hit: 60 * minute, miss: minute } as const;
/** So far a list is read; channels beyond are not known. */
const mostPages = 10;
/** Names of which was told that Slack does not know them. */
const mostTold = 1_000;

const Channels = z.object({ channels: z.array(z.object({ id: z.string(), name: z.string() })) });
const Groups = z.object({ usergroups: z.array(z.object({ id: z.string(), handle: z.string() })) });

const WHAT = {
  channel: { what: 'channel', scope: 'channels:read' },
  group: { what: 'user group', scope: 'usergroups:read' },
} as const;

export function createDirectory(kind: DirectoryKind, deps: Deps): Directory {
  const { name: service, call, log, now } = deps;
  let list: ReadonlyMap<string, string> = new Map();
  let listedAt = Number.NEGATIVE_INFINITY;
  /** Slack is not asked before. */
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let listing: Promise<void> | undefined;
  const told = new Set<string>();

  async function readList(signal: AbortSignal): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    if (kind === 'group') {
      const { usergroups } = parsePage(Groups, await call('usergroups.list', {}, signal));
      for (const { id, handle } of usergroups) found.set(handle.toLowerCase(), id);
      return found;
    }
    const form = { types: 'public_channel', exclude_archived: 'true', limit: '999' };
    let cursor = '';
    for (let page = 0; page < mostPages; page += 1) {
      const answer = await call('conversations.list', cursor === '' ? form : { ...form, cursor }, signal);
      for (const { id, name } of parsePage(Channels, answer).channels) found.set(name.toLowerCase(), id);
      cursor = nextPage(answer).cursor;
      if (cursor === '') break;
    }
    return found;
  }

  async function refresh(signal: AbortSignal): Promise<void> {
    try {
      list = await readList(signal);
      listedAt = now();
    } catch (error) {
      const failure = error instanceof UnreadablePage ? undefined : failureOf(error, signal, now());
      const retryAfter = failure?.kind === 'retry' ? failure.retryAfter : undefined;
      pausedUntil = now() + Math.max(retryAfter ?? 0, goodFor.miss);
      tell(`! ${failure?.reason ?? 'unreadable'}`, {
        reason: failure?.reason ?? 'unreadable',
        error: failure?.detail ?? String(error),
        scope: WHAT[kind].scope,
      });
    }
  }

  function tell(key: string, fields: Record<string, string>): void {
    if (told.has(key)) return;
    if (told.size >= mostTold) told.clear();
    told.add(key);
    log.warn(
      { service, kind: WHAT[kind].what, ...fields },
      'Slack could not look up a name, it is shown as it is',
    );
  }

  async function idOf(name: string): Promise<string | undefined> {
    const key = name.toLowerCase();
    const age = now() - listedAt;
    const known = list.get(key);
    if (known !== undefined && age < goodFor.hit) return known;
    if (age >= goodFor.miss && now() >= pausedUntil) {
      listing ??= withTimeLimit(patience, undefined, refresh).finally(() => {
        listing = undefined;
      });
      await listing;
    }
    const found = list.get(key);
    if (found === undefined && now() >= pausedUntil) tell(key, { mention: name, reason: 'not_found' });
    return found;
  }

  return {
    async find(names, signal) {
      const found = new Map<string, string>();
      if (names.length === 0) return found;
      const lookups = names.map(async (name) => {
        const id = await idOf(name);
        if (id !== undefined) found.set(name, id);
      });
      await withTimeLimit(patience, signal, (limited) => orAborted(Promise.all(lookups), limited));
      return new Map(found);
    },
  };
}
