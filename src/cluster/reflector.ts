import { z } from 'zod';
import type { Logger } from '../log.ts';
import type { JsonObject } from '../model.ts';
import { type BackoffOptions, createBackoff } from './backoff.ts';
import { type Clock, pause, systemClock } from './clock.ts';
import { ClusterError } from './cluster-error.ts';
import type { Connection } from './connect.ts';
import { createFailureLog } from './failure-log.ts';
import { type Frame, readFrames } from './frames.ts';
import { createView, keyOf, type ReadObject, type ReflectorHandlers } from './view.ts';

// Longer than the 300 lines we aim for: listing, watching and the decision what to do next share one state.

/**
 * Keeps a view of one collection of the API server, for as long as it runs and whatever happens to the connection:
 * a paged list, then a watch from its revision, resumed where it broke and listed again where it cannot be resumed.
 *
 * Handlers are called one at a time, in the order of the server's changes, and must only enqueue; what they throw is
 * logged. Each object is reported when it appears, when its resourceVersion changes, and when it is gone: exactly
 * once, whether its deletion was seen or was found out by a list. An object that was deleted and created again under
 * its name is reported as both. Repeated frames are not reported.
 */
export interface Reflector<T> {
  /** Starts once; an error to start again. */
  start(): void;
  /** Resolves when no handler will be called any more. */
  stop(): Promise<void>;
  /** True once the first list is done; false if it was stopped before. */
  ready(): Promise<boolean>;
  get(namespace: string, name: string): T | undefined;
  values(): IterableIterator<T>;
  state(): ReflectorState;
}

/** Why a watch was started anew. */
export type RestartReason =
  | 'ended'
  | 'expired'
  | 'silent'
  | 'malformed'
  | 'error-frame'
  | 'refused'
  | 'disconnected';

export interface ReflectorState {
  name: string;
  phase: 'stopped' | 'listing' | 'watching' | 'waiting' | 'absent';
  synced: boolean;
  objects: number;
  /** Unix milliseconds of the last frame or list page. */
  lastFrameAt: number | undefined;
  /** For how long changes may have gone unseen: 0 while a watch is open. Milliseconds. */
  lagMs: number;
  lists: number;
  restarts: Readonly<Record<RestartReason, number>>;
  /** What keeps it from working now. */
  failure: string | undefined;
}

export interface ReflectorDeps {
  connection: Pick<Connection, 'json' | 'stream'>;
  log: Logger;
  /** @defaultValue systemClock */
  clock?: Clock;
  /** From 0 up to 1. @defaultValue Math.random */
  random?: () => number;
}

export interface ReflectorOptions<T> {
  /** For logs and metrics: the resource, and which part of it. */
  name: string;
  /** Of the collection. */
  path: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  read: ReadObject<T>;
  handlers: ReflectorHandlers<T>;
  /** A resource that may be missing (404) or forbidden (403): it is then synced, empty, and asked for again seldom. */
  optional?: boolean;
  timings?: Partial<ReflectorTimings>;
}

export interface ReflectorTimings {
  /** @defaultValue 500 objects */
  pageSize: number;
  /** @defaultValue 60000 */
  listTimeoutMs: number;
  /** Bounds of the time after which the server ends a watch. @defaultValue 300 to 600 */
  watchSeconds: readonly [number, number];
  /** A watch without a frame for so long is taken for dead; bookmarks come every minute. @defaultValue 120000 */
  silenceMs: number;
  /** @defaultValue 300000 */
  absentPollMs: number;
  backoff: BackoffOptions;
}

const defaults: ReflectorTimings = {
  pageSize: 500,
  listTimeoutMs: 60_000,
  watchSeconds: [300, 600],
  silenceMs: 120_000,
  absentPollMs: 300_000,
  backoff: {},
};

/** A watch that failed so often at one revision without showing anything is listed again: its revision may be bad. */
const maxBarrenWatches = 3;
/** A watch that the server ended sooner than this, and without a frame, has shown nothing. */
const shortestWatchMs = 1000;

interface Ending {
  reason: RestartReason;
  error?: Error;
  retryAfterMs?: number | undefined;
}

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().nullish() }),
  items: z.array(z.unknown()).nullish(),
});

export function createReflector<T>(deps: ReflectorDeps, options: ReflectorOptions<T>): Reflector<T> {
  const { connection, clock = systemClock, random = Math.random } = deps;
  const { name, path, labelSelector, fieldSelector } = options;
  const timings = { ...defaults, ...options.timings };
  const log = deps.log.child({ watch: name });
  const backoff = createBackoff(random, timings.backoff);
  const view = createView(log, options.read, options.handlers);
  const failures = createFailureLog(log);
  const stopping = new AbortController();
  const { signal } = stopping;
  const ready = Promise.withResolvers<boolean>();
  const restarts: Record<RestartReason, number> = {
    ended: 0,
    expired: 0,
    silent: 0,
    malformed: 0,
    'error-frame': 0,
    refused: 0,
    disconnected: 0,
  };

  let running: Promise<void> | undefined;
  let phase: ReflectorState['phase'] = 'stopped';
  let synced = false;
  let lists = 0;
  let lastFrameAt: number | undefined;
  let blindSince: number | undefined;
  let absent = false;
  /** The revision to watch from; undefined: list first. */
  let cursor: string | undefined;
  let barren = 0;
  let pageSize = timings.pageSize;

  function markSynced(): void {
    if (synced) return;
    synced = true;
    view.synced();
    ready.resolve(true);
  }

  /** Reads all pages; what an earlier attempt has read of them stays, it was true. */
  async function list(): Promise<void> {
    phase = 'listing';
    const seen = new Set<string>();
    let token: string | undefined;
    let revision: string;
    do {
      const answer = await connection.json({
        path,
        query: { limit: pageSize, continue: token, labelSelector, fieldSelector },
        signal,
        timeoutMs: timings.listTimeoutMs,
      });
      const page = Page.safeParse(answer);
      if (!page.success) throw new ClusterError(`GET ${path}: the answer is no list`, { kind: 'malformed' });
      signal.throwIfAborted();
      for (const item of page.data.items ?? []) {
        const metadata = view.hold(item as JsonObject);
        if (metadata === undefined) log.warn('Skipped an object without a name, uid or resourceVersion');
        else seen.add(keyOf(metadata));
      }
      lastFrameAt = clock.now();
      token = page.data.metadata.continue || undefined;
      revision = page.data.metadata.resourceVersion;
    } while (token !== undefined);
    view.retain(seen);
    lists += 1;
    absent = false;
    pageSize = timings.pageSize;
    cursor = revision;
    markSynced();
  }

  /** One watch, from opening to ending. */
  async function watch(revision: string): Promise<Ending> {
    const aborter = new AbortController();
    const abort = (): void => aborter.abort(signal.reason);
    signal.addEventListener('abort', abort);
    const openedAt = clock.now();
    let lastSignOfLife = openedAt;
    let frames = 0;
    const stopWatchdog = watchSilence(
      clock,
      timings.silenceMs,
      () => lastSignOfLife,
      () => aborter.abort(silence),
    );
    try {
      const [least, most] = timings.watchSeconds;
      const chunks = await connection.stream({
        path,
        query: {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: revision,
          timeoutSeconds: Math.round(least + random() * (most - least)),
          labelSelector,
          fieldSelector,
        },
        signal: aborter.signal,
      });
      phase = 'watching';
      blindSince = undefined;
      failures.recovered();
      for await (const frame of readFrames(chunks)) {
        if (signal.aborted) break;
        lastFrameAt = lastSignOfLife = clock.now();
        const ending = accept(frame);
        if (ending !== undefined) return ending;
        frames += 1;
        barren = 0;
        backoff.reset();
      }
      if (clock.now() - openedAt < shortestWatchMs && frames === 0) {
        return { reason: 'ended', error: new Error('the server ended the watch at once') };
      }
      backoff.reset();
      return { reason: 'ended' };
    } catch (error) {
      if (error === silence) return { reason: 'silent', error: silence };
      return endingOf(error);
    } finally {
      stopWatchdog();
      signal.removeEventListener('abort', abort);
      aborter.abort();
      blindSince ??= aborter.signal.reason === silence ? lastSignOfLife : clock.now();
    }
  }

  function accept(frame: Frame): Ending | undefined {
    switch (frame.type) {
      case 'BOOKMARK':
        cursor = frame.resourceVersion;
        return undefined;
      case 'ERROR': {
        const error = new Error(`${frame.code} ${frame.reason}: ${frame.message}`);
        if (frame.code === 410) return { reason: 'expired', error };
        return { reason: 'error-frame', error, retryAfterMs: frame.retryAfterMs };
      }
      case 'malformed':
        return { reason: 'malformed', error: new Error(`a frame of the watch is ${frame.what}`) };
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED': {
        const metadata = frame.type === 'DELETED' ? view.drop(frame.object) : view.hold(frame.object);
        if (metadata === undefined) {
          return { reason: 'malformed', error: new Error('a frame of the watch names no object') };
        }
        cursor = metadata.resourceVersion;
        return undefined;
      }
    }
  }

  /** Decides how to go on after a watch; answers the milliseconds to wait. */
  function afterWatch({ reason, error, retryAfterMs }: Ending): number {
    restarts[reason] += 1;
    if (error === undefined) return 0;
    const status = error instanceof ClusterError ? error.status : undefined;
    if (reason === 'silent' || reason === 'malformed' || reason === 'error-frame' || reason === 'refused') {
      const isTemporary = status === 401 || status === 403 || status === 429;
      if (!isTemporary) barren += 1;
    }
    const mayBeAbsent = options.optional === true && (status === 404 || status === 403);
    if (reason === 'expired' || status === 404 || mayBeAbsent || barren >= maxBarrenWatches) {
      cursor = undefined;
      barren = 0;
    }
    const isFirst = backoff.isFresh();
    const delay = backoff.next(retryAfterMs);
    // Of a definition that was removed the list that follows finds out.
    if (!(mayBeAbsent && status === 404)) failures.failed(error, reason);
    return isFirst && (reason === 'expired' || mayBeAbsent) ? 0 : delay;
  }

  /** The same after a list that failed. */
  function afterList(error: unknown): number {
    const status = error instanceof ClusterError ? error.status : undefined;
    if (options.optional === true && (status === 404 || status === 403)) {
      if (!absent) {
        log.info({ status }, 'The resource is not there, or not ours to read: asking again seldom');
      }
      absent = true;
      // Only a 404 says that the objects are gone.
      if (status === 404) view.retain(new Set());
      phase = 'absent';
      blindSince = undefined;
      failures.recovered();
      backoff.reset();
      markSynced();
      return timings.absentPollMs * (1 + random() / 4);
    }
    // The list took longer than its revision was kept: larger pages take fewer round trips.
    if (status === 410) pageSize = Math.min(pageSize * 2, 10_000);
    const { reason, retryAfterMs } = endingOf(error);
    restarts[reason] += 1;
    failures.failed(error as Error, reason);
    return backoff.next(retryAfterMs);
  }

  async function run(): Promise<void> {
    blindSince = clock.now();
    while (!signal.aborted) {
      let delay = 0;
      try {
        if (cursor === undefined) await list();
        const ending = cursor === undefined ? undefined : await watch(cursor);
        if (ending !== undefined && !signal.aborted) delay = afterWatch(ending);
      } catch (error) {
        if (signal.aborted) break;
        delay = afterList(error);
      }
      if (signal.aborted) break;
      if (phase !== 'absent') phase = 'waiting';
      await pause(clock, delay, signal);
    }
    phase = 'stopped';
    ready.resolve(false);
  }

  return {
    start() {
      if (running !== undefined) throw new Error(`The watch of ${name} was started before`);
      running = run();
    },
    async stop() {
      stopping.abort(new Error('The watch is stopped'));
      await running;
      ready.resolve(false);
    },
    ready: () => ready.promise,
    get: (namespace, objectName) => view.get(keyOf({ namespace, name: objectName })),
    values: () => view.values(),
    state: () => ({
      name,
      phase,
      synced,
      objects: view.size(),
      lastFrameAt,
      lagMs: blindSince === undefined ? 0 : Math.max(0, clock.now() - blindSince),
      lists,
      restarts: { ...restarts },
      failure: failures.current(),
    }),
  };
}

const silence = new Error('no frame for too long');

function watchSilence(
  clock: Clock,
  limitMs: number,
  lastSign: () => number,
  onSilence: () => void,
): () => void {
  let cancel = clock.after(limitMs, check);
  function check(): void {
    const age = clock.now() - lastSign();
    if (age >= limitMs) onSilence();
    else cancel = clock.after(limitMs - age, check);
  }
  return () => cancel();
}

function endingOf(error: unknown): Ending {
  if (!(error instanceof ClusterError)) return { reason: 'disconnected', error: error as Error };
  const { retryAfterMs } = error;
  if (error.status === 410) return { reason: 'expired', error };
  if (error.kind === 'malformed') return { reason: 'malformed', error };
  const isRefusal = error.kind === 'status' || error.kind === 'credentials';
  return { reason: isRefusal ? 'refused' : 'disconnected', error, retryAfterMs };
}
