import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../src/model.ts';
import { metadataOf } from './object.ts';
import { apiVersion, type Resource, type Target } from './resources.ts';
import { parseSelectors, type Selector } from './selectors.ts';
import { apiError, statusOf } from './status.ts';
import type { Change, Entry, Store } from './store.ts';

export type FrameFault = 'malformed' | 'truncated';

/** What happens to a watch in the place of its next frame once it has shown so many; to one of those opened later. */
export interface Interruption {
  after: number;
  /** The connection breaks; the server ends it in time; it says 410; the frame is spoilt. */
  how: 'drop' | 'finish' | 'expire' | FrameFault;
}

export interface Watches {
  open(target: Target, query: URLSearchParams, response: ServerResponse): void;
  /** Sends a bookmark to every watch that wants one. */
  bookmark(): void;
  /** Breaks the connection of every watch, without an end of the stream. */
  drop(plural?: string): void;
  /** Makes the watches that are open silent for good, as a connection that a firewall forgot. */
  stall(plural?: string): void;
  /** Ends the streams as the server does when `timeoutSeconds` are over, or at once where it is to shut down. */
  finish(plural?: string): void;
  /** Sends an ERROR frame and ends the streams. */
  fail(code: number, message: string, plural?: string): void;
  /** Spoils the next frame of each watch: another text in its place, or half of it and then the end. */
  spoil(fault: FrameFault, plural?: string): void;
  /** For watches that are opened from now on, one each. */
  interrupt(...interruptions: Interruption[]): void;
  /** Nothing that waits for a watch to open, or to show something, happens any more. */
  clear(): void;
  /** Queries of the watches that are open; stalled ones too. */
  queries(plural?: string): URLSearchParams[];
  /** Bytes that they have been sent and that wait in this process. */
  unread(plural?: string): number;
  close(): void;
}

interface Watch {
  /** It shows what came after this revision. */
  from: number;
  /** Bookmarks say nothing up to this one. */
  known: number;
  target: Target;
  query: URLSearchParams;
  selector: Selector;
  bookmarks: boolean;
  response: ServerResponse;
  stalled: boolean;
  spoil: FrameFault | undefined;
  interruption: Interruption | undefined;
  timers: NodeJS.Timeout[];
}

/** How long before the end of a watch it is told how far it has come, in milliseconds. */
const beforeTheEnd = 2_000;

export interface WatchesOptions {
  /**
   * Bookmarks say how far etcd is, and come however quiet the resource; false: as of an etcd that does not tell of its
   * progress, only up to the latest change of the resource.
   */
  etcdTellsProgress: boolean;
  bookmarkIntervalMs: number;
  /** Where the client sets no `timeoutSeconds`. */
  defaultTimeoutSeconds: number;
  /** The watch of a client that reads so slowly is ended. */
  maxBufferedBytes: number;
  /** Called when a watch has opened or closed. */
  onChange: () => void;
}

export function createWatches(store: Store, options: WatchesOptions): Watches {
  const open = new Set<Watch>();
  let interruptions: Interruption[] = [];

  function of(plural?: string): Watch[] {
    return [...open].filter((watch) => plural === undefined || watch.target.resource.plural === plural);
  }

  /** Nothing is sent to the watch any more. */
  function forget(watch: Watch): void {
    for (const timer of watch.timers) clearTimeout(timer);
    if (open.delete(watch)) options.onChange();
  }

  function end(watch: Watch, last?: Buffer): void {
    if (watch.stalled || !open.has(watch)) return;
    forget(watch);
    watch.response.end(last);
  }

  function destroy(watch: Watch): void {
    forget(watch);
    watch.response.destroy();
  }

  function interrupt(watch: Watch, how: Interruption['how']): void {
    watch.interruption = undefined;
    switch (how) {
      case 'drop':
        forget(watch);
        // What was written before gets there; readers skip an empty line.
        watch.response.write('\n', () => watch.response.destroy());
        break;
      case 'finish':
        end(watch);
        break;
      case 'expire':
        end(watch, frame('ERROR', statusOf(apiError(410, 'The resourceVersion is too old'))));
        break;
      default:
        watch.spoil = how;
    }
  }

  function write(watch: Watch, frame: Buffer): void {
    if (watch.interruption?.after === 0) interrupt(watch, watch.interruption.how);
    else if (watch.interruption !== undefined) watch.interruption.after -= 1;
    if (watch.stalled || !open.has(watch)) return;
    if (watch.spoil === 'truncated') {
      end(watch, frame.subarray(0, frame.length / 2));
    } else {
      watch.response.write(
        watch.spoil === 'malformed' ? `{"type":"MODIFIED","object":{"metadata":\n` : frame,
      );
    }
    watch.spoil = undefined;
  }

  function bookmark(watch: Watch): void {
    const { resource } = watch.target;
    const reached = options.etcdTellsProgress ? store.revision() : store.latest(resource);
    // Nothing is said where there was nothing since the watch began.
    if (!watch.bookmarks || reached <= watch.known) return;
    const metadata = { resourceVersion: String(reached) };
    write(watch, frame('BOOKMARK', { kind: resource.kind, apiVersion: apiVersion(resource), metadata }));
  }

  function deliver(watch: Watch, change: Change, frames: Frames): void {
    const type = change.resourceVersion > watch.from ? typeFor(watch, change) : undefined;
    if (type !== undefined) write(watch, frames(type));
  }

  /** As the API server does: what was sent arrives, and then the watch ends. What it resumes with is not too much. */
  function endWhereUnread(watch: Watch): void {
    if (watch.response.writableLength > options.maxBufferedBytes) end(watch);
  }

  store.onChange((change) => {
    const frames = framesOf(change);
    for (const watch of open) {
      deliver(watch, change, frames);
      endWhereUnread(watch);
    }
  });

  return {
    open(target, query, response) {
      const selector = parseSelectors(query, target.resource.plural);
      const asked = query.get('resourceVersion') ?? '';
      const from = Number(asked);
      if (!Number.isSafeInteger(from)) {
        const message = `strconv.ParseUint: parsing "${asked}": invalid syntax`;
        throw apiError(500, `resourceVersion: Invalid value: "${asked}": ${message}`, undefined, '');
      }
      if (query.get('sendInitialEvents') !== null) {
        throw apiError(422, 'sendInitialEvents: Forbidden: the simulated API server does not stream lists');
      }
      response.writeHead(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
      response.flushHeaders();

      const watch: Watch = {
        from,
        known: options.etcdTellsProgress ? from : Math.max(from, store.latest(target.resource)),
        target,
        query,
        selector,
        bookmarks: query.get('allowWatchBookmarks') === 'true',
        response,
        stalled: false,
        spoil: undefined,
        interruption: undefined,
        timers: [],
      };
      const compacted = store.compacted(target.resource);
      if (from !== 0 && from < compacted) {
        const message = `too old resource version: ${asked} (${compacted + 1})`;
        response.end(frame('ERROR', statusOf(apiError(410, message))));
        return;
      }
      const timeout = Number(query.get('timeoutSeconds') ?? 0) || options.defaultTimeoutSeconds;
      watch.timers.push(
        setTimeout(() => end(watch), timeout * 1000),
        setInterval(() => bookmark(watch), options.bookmarkIntervalMs),
      );
      const last = timeout * 1000 - beforeTheEnd;
      if (last > 0) watch.timers.push(setTimeout(() => bookmark(watch), last));
      watch.interruption = interruptions.shift();
      open.add(watch);
      response.on('close', () => forget(watch));
      if (from === 0) {
        for (const entry of store.entries(target.resource, target.namespace)) {
          if (selector(entry)) write(watch, textFrame('ADDED', entry.text));
        }
      } else {
        for (const change of store.changesAfter(target.resource, from)) {
          deliver(watch, change, framesOf(change));
        }
      }
      options.onChange();
    },

    bookmark: () => of().forEach(bookmark),
    drop: (plural) => of(plural).forEach(destroy),
    stall: (plural) =>
      of(plural).forEach((watch) => {
        watch.stalled = true;
      }),
    finish: (plural) => of(plural).forEach((watch) => end(watch)),
    fail: (code, message, plural) =>
      of(plural).forEach((watch) => end(watch, frame('ERROR', statusOf(apiError(code, message))))),
    spoil: (fault, plural) =>
      of(plural).forEach((watch) => {
        watch.spoil = fault;
      }),
    interrupt: (...more) => {
      interruptions = interruptions.concat(more.map((interruption) => ({ ...interruption })));
    },
    clear: () => {
      interruptions = [];
      for (const watch of open) watch.spoil = watch.interruption = undefined;
    },
    queries: (plural) => of(plural).map((watch) => watch.query),
    unread: (plural) => of(plural).reduce((sum, { response }) => sum + response.writableLength, 0),
    close: () => of().forEach(destroy),
  };
}

/** What a change is to one watch: an object that begins or ceases to match is added or deleted. */
function typeFor(watch: Watch, change: Change): Change['type'] | undefined {
  const { entry, previous, resource } = change;
  if (!isWatched(watch.target, resource, entry.namespace)) return undefined;
  const did = previous !== undefined && watch.selector(previous);
  const does = change.type !== 'DELETED' && watch.selector(entry);
  if (does) return did ? 'MODIFIED' : 'ADDED';
  return did ? 'DELETED' : undefined;
}

function isWatched(target: Target, resource: Resource, namespace: string): boolean {
  return target.resource === resource && (target.namespace === undefined || target.namespace === namespace);
}

/** A change as frames of each type, made when the first watch needs one and then the same for all. */
type Frames = (type: Change['type']) => Buffer;

function framesOf({ type: happened, entry, previous }: Change): Frames {
  const made: Partial<Record<Change['type'], Buffer>> = {};
  return (type) => {
    // What ceases to match is shown as it was when it did, at the revision of the change.
    const isCeasing = type === 'DELETED' && happened !== 'DELETED' && previous !== undefined;
    made[type] ??= textFrame(type, isCeasing ? atRevision(previous, entry.resourceVersion) : entry.text);
    return made[type];
  };
}

function atRevision(entry: Entry, resourceVersion: number): string {
  const object = JSON.parse(entry.text) as JsonObject;
  metadataOf(object).resourceVersion = String(resourceVersion);
  return JSON.stringify(object);
}

function textFrame(type: string, text: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":${text}}\n`);
}

function frame(type: string, object: JsonObject): Buffer {
  return textFrame(type, JSON.stringify(object));
}
