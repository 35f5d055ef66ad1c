import type { Logger } from '../log.ts';
import type { JsonObject } from '../model.ts';
import type { BackoffOptions } from './backoff.ts';
import { type CatchUp, createCatchUp } from './catch-up.ts';
import { type Clock, pause, systemClock } from './clock.ts';
import { ClusterError } from './cluster-error.ts';
import type { Connection } from './connect.ts';
import { type Ending, endingOf, malformed, noRestarts, type RestartReason } from './endings.ts';
import { createFailureLog, type Failure } from './failure-log.ts';
import { type Frame, readFrames } from './frames.ts';
import { type ObjectMetadata, readMetadata, readObjectRevision } from './kube-object.ts';
import { readPages } from './list-pages.ts';
import { createOddities } from './oddities.ts';
import { createRetryPace } from './retry-pace.ts';
import { readRevision } from './revision.ts';
import { describeRight, type Right, rightOf } from './rights.ts';
import { watchSilence } from './silence.ts';
import { createView, keyOf, type Origin, type ReadObject, type ReflectorHandlers } from './view.ts';

// Longer than the 300 lines we aim for: listing, watching and the decision what to do next share one state.

/**
 * Keeps a view of one collection of the API server, for as long as it runs and whatever happens to the connection:
 * a paged list, then a watch from its revision, resumed where it broke and listed again where it cannot be resumed.
 *
 * Handlers are called one at a time, in the order of the server's changes, and must only enqueue; what they throw is
 * logged. Each object is reported when it appears, when its resourceVersion changes, and when it is gone: exactly
 * once, whether its deletion was seen or was found out by a list. An object that was deleted and created again under
 * its name is reported as both. Repeated frames are not reported.
 *
 * Started from the revision where an earlier process left off, it first catches up (catch-up.ts): each change since is
 * reported as if somebody had watched. Where the server has forgotten them, as it does within minutes, only what they
 * led to is reported.
 */
export interface Reflector<T> {
  /**
   * Starts once; an error to start again. `from`: an earlier `revision()` of this collection, up to which everything
   * was dealt with. One that is no revision, or not older than the collection, is ignored.
   */
  start(from?: string): void;
  /** Resolves when no handler will be called any more. */
  stop(): Promise<void>;
  /** True once everything of the first list was reported; false if it was stopped before. */
  ready(): Promise<boolean>;
  /** Resolves when what happened before the first list is over and reported, on a quiet cluster after a minute. */
  caughtUp(): Promise<CatchUpOutcome>;
  /** Up to which every change was given to the handlers, or what it led to; undefined before the first list. */
  revision(): string | undefined;
  get(namespace: string, name: string): T | undefined;
  values(): IterableIterator<T>;
  state(): ReflectorState;
}

/** `replayed`: each change since the revision given; `listed`: only the state, nothing was or could be replayed. */
export type CatchUpOutcome = 'replayed' | 'listed' | 'stopped';

export interface ReflectorState {
  name: string;
  /** `absent`: the API server does not know the resource. `forbidden`: it is optional, and not ours to read. */
  phase: 'stopped' | 'listing' | 'watching' | 'waiting' | 'absent' | 'forbidden';
  synced: boolean;
  objects: number;
  /** Unix milliseconds of the last frame or list page. */
  lastFrameAt: number | undefined;
  /** For how long changes may have gone unseen: 0 while a watch is open. Milliseconds. */
  lagMs: number;
  lists: number;
  restarts: Readonly<Record<RestartReason, number>>;
  /** What keeps it from working now. */
  failure: Failure | undefined;
  /** What it may not do, in the phase `forbidden`, since when, Unix milliseconds, and what is missing without it. */
  forbidden: { right: Right; since: number; without: string } | undefined;
}

export interface ReflectorDeps {
  connection: Pick<Connection, 'json' | 'stream' | 'untilBack'>;
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
  /**
   * A resource that Herald works without, where it is missing (404) or forbidden (403): it is then synced, and asked for
   * again seldom. `without`: what does not work then, and the mend, for people. `isMinor`: somebody else makes up for it.
   */
  optional?: { without: string; mend: string; isMinor?: true };
  /** Told when the phase `forbidden` begins and ends. */
  onForbidden?(isForbidden: boolean): void;
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
  /** @defaultValue 60000 */
  forbiddenPollMs: number;
  /** A server that has just started forbids what it will allow: what is optional is not given up sooner. @defaultValue 3000 */
  forbiddenPatienceMs: number;
  backoff: BackoffOptions;
}

const defaults: ReflectorTimings = {
  pageSize: 500,
  listTimeoutMs: 60_000,
  watchSeconds: [300, 600],
  silenceMs: 120_000,
  absentPollMs: 300_000,
  forbiddenPollMs: 60_000,
  forbiddenPatienceMs: 3_000,
  backoff: {},
};

/** A watch that failed so often at one revision without showing anything is listed again: its revision may be bad. */
const maxBarrenWatches = 3;
/** A watch that the server ended sooner than this, and without a frame, has shown nothing. */
const shortestWatchMs = 1000;

export function createReflector<T>(deps: ReflectorDeps, options: ReflectorOptions<T>): Reflector<T> {
  const { connection, clock = systemClock, random = Math.random } = deps;
  const { name, path, labelSelector, fieldSelector } = options;
  const timings = { ...defaults, ...options.timings };
  const log = deps.log.child({ watch: name });
  const pace = createRetryPace(clock, random, { backoff: timings.backoff });
  const view = createView(log, options.read, options.handlers);
  const failures = createFailureLog(log, () => clock.now());
  const oddities = createOddities(log);
  const stopping = new AbortController();
  const { signal } = stopping;
  const ready = Promise.withResolvers<boolean>();
  const caughtUp = Promise.withResolvers<CatchUpOutcome>();
  const restarts = noRestarts();

  let running: Promise<void> | undefined;
  let phase: ReflectorState['phase'] = 'stopped';
  let synced = false;
  let lists = 0;
  let lastFrameAt: number | undefined;
  let blindSince: number | undefined;
  let absent = false;
  let forbidden: ReflectorState['forbidden'];
  /** Of the first 403 in a row. */
  let refusedSince: number | undefined;
  /** The revision to watch from; undefined: list first. */
  let cursor: string | undefined;
  let reported: string | undefined;
  /** Where an earlier process left off, until a list is done. */
  let leftOff: bigint | undefined;
  let catchUp: CatchUp | undefined;
  let barren = 0;
  let pageSize = timings.pageSize;

  function markSynced(): void {
    if (synced) return;
    synced = true;
    view.synced();
    ready.resolve(true);
  }

  function advance(revision: string): void {
    cursor = revision;
    reported = revision;
  }

  /** Reads all pages; what an earlier attempt has read of them stays, it was true. */
  async function list(): Promise<void> {
    phase = 'listing';
    const seen = new Set<string>();
    let revision = '';
    let next: CatchUp | undefined;
    const query = { limit: pageSize, labelSelector, fieldSelector };
    for await (const page of readPages(connection, {
      path,
      query,
      signal,
      timeoutMs: timings.listTimeoutMs,
    })) {
      if (revision === '') next = catchUpTo(page.revision);
      revision = page.revision;
      for (const item of page.items) {
        const metadata = readMetadata(item);
        if (metadata === undefined) oddities.skipped(item);
        else if (next !== undefined) next.list(item, metadata);
        else {
          view.hold(item, metadata);
          seen.add(keyOf(metadata));
        }
      }
      lastFrameAt = clock.now();
    }
    lists += 1;
    absent = false;
    pageSize = timings.pageSize;
    if (next === undefined || leftOff === undefined) {
      view.retain(seen);
      advance(revision);
      markSynced();
      caughtUp.resolve('listed');
    } else {
      // Nothing is deleted for being absent from the list: the watch shows when that came about.
      next.listed(revision);
      catchUp = next;
      advance(String(leftOff));
      log.info({ from: cursor, to: revision }, 'Catching up with what happened since the last run');
      if (!next.isHolding()) markSynced();
    }
    leftOff = undefined;
  }

  function catchUpTo(revision: string): CatchUp | undefined {
    const now = readRevision(revision);
    if (leftOff === undefined || now === undefined || leftOff >= now) return undefined;
    return createCatchUp(view, leftOff);
  }

  function endCatchUp(outcome: 'replayed' | 'listed'): void {
    if (catchUp === undefined) return;
    catchUp.settle();
    advance(catchUp.end());
    catchUp = undefined;
    markSynced();
    caughtUp.resolve(outcome);
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
      const seconds = Math.round(least + random() * (most - least));
      const chunks = await connection.stream({
        path,
        query: {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: revision,
          timeoutSeconds: seconds,
          labelSelector,
          fieldSelector,
        },
        signal: aborter.signal,
      });
      phase = 'watching';
      blindSince = undefined;
      refusedSince = undefined;
      failures.recovered();
      if (forbidden !== undefined) {
        forbidden = undefined;
        options.onForbidden?.(false);
      }
      for await (const frame of readFrames(chunks)) {
        if (signal.aborted) break;
        lastFrameAt = lastSignOfLife = clock.now();
        const ending = accept(frame);
        if (ending !== undefined) return ending;
        frames += 1;
        barren = 0;
        pace.worked();
      }
      if (clock.now() - openedAt < shortestWatchMs && frames === 0) {
        return { reason: 'ended', error: new Error('the server ended the watch at once') };
      }
      pace.worked();
      if (clock.now() - openedAt < (seconds - 1) * 1000) pace.endedEarly();
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
        return show(frame.resourceVersion);
      case 'ERROR': {
        const error = new Error(`${frame.code} ${frame.reason}: ${frame.message}`);
        if (frame.code === 410) return { reason: 'expired', error };
        return { reason: 'error-frame', error, retryAfterMs: frame.retryAfterMs };
      }
      case 'malformed':
        return malformed(`is ${frame.what}`);
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED': {
        const { type, object } = frame;
        const metadata = readMetadata(object);
        if (metadata === undefined) return skip(object);
        return show(metadata.resourceVersion, metadata, (origin) =>
          type === 'DELETED' ? view.drop(object, metadata, origin) : view.hold(object, metadata, origin),
        );
      }
    }
  }

  /** An object that nothing can be made of, which only its revision moves on from. */
  function skip(object: JsonObject): Ending | undefined {
    const revision = readObjectRevision(object);
    if (revision === undefined) return malformed('names no object');
    oddities.skipped(object);
    return show(revision);
  }

  /** The watch has come to a revision, in a bookmark or with a change. */
  function show(
    revision: string,
    metadata?: ObjectMetadata,
    report?: (origin: Origin) => void,
  ): Ending | undefined {
    const place = catchUp?.place(revision);
    if (place === 'old') return undefined;
    if (place === 'unknown') return malformed('has a revision that is no number');
    if (place === 'later') endCatchUp('replayed');
    report?.({ isReplayed: place === 'replayed' });
    advance(revision);
    if (catchUp === undefined) return undefined;
    catchUp.shown(revision, metadata);
    if (catchUp.isOver()) endCatchUp('replayed');
    else if (!catchUp.isHolding()) markSynced();
    return undefined;
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
    const mayBeAbsent = options.optional !== undefined && (status === 404 || status === 403);
    // What a server refuses that has just started says nothing of the revision.
    const isUnfounded = pace.isRecovering() && reason === 'refused' && status !== 404;
    const isLost = reason === 'expired' || status === 404 || mayBeAbsent || barren >= maxBarrenWatches;
    if (isLost && !isUnfounded) {
      barren = 0;
      if (catchUp === undefined) cursor = undefined;
      else {
        log.warn(
          { from: cursor, reason },
          'Changes since the last run cannot be shown, only what they led to',
        );
        endCatchUp('listed');
      }
    }
    // Of a definition that was removed the list that follows finds out.
    if (!(mayBeAbsent && status === 404)) failures.failed(error, reason, isUnfounded);
    const isFirst = refusedSince === undefined;
    const delay = pace.next(reason, retryAfterMs);
    if (!mayBeAbsent || isUnfounded) return delay;
    refusedSince ??= clock.now();
    if (status === 403 && !isEarly()) setForbidden('watch');
    return isFirst ? 0 : delay;
  }

  /** The same after a list that failed. */
  function afterList(error: unknown): number {
    const status = error instanceof ClusterError ? error.status : undefined;
    const { reason, retryAfterMs } = endingOf(error);
    if (options.optional !== undefined && status === 404) return setAbsent();
    if (options.optional !== undefined && status === 403) return afterForbiddenList(error as Error);
    // The list took longer than its revision was kept: larger pages take fewer round trips.
    if (status === 410) pageSize = Math.min(pageSize * 2, 10_000);
    restarts[reason] += 1;
    failures.failed(error as Error, reason, pace.isRecovering());
    return pace.next(reason, retryAfterMs);
  }

  function setAbsent(): number {
    if (!absent) log.info({ status: 404 }, 'The resource is not there: asking again seldom');
    absent = true;
    // Its objects are gone with it.
    view.retain(new Set());
    phase = 'absent';
    goOnWithout();
    return timings.absentPollMs * (1 + random() / 4);
  }

  /** It is too early to say that a refusal will last. */
  function isEarly(): boolean {
    return pace.isRecovering() || clock.now() - (refusedSince ?? clock.now()) < timings.forbiddenPatienceMs;
  }

  function setForbidden(verb: Right['verb']): void {
    if (forbidden !== undefined) return;
    const { without, mend, isMinor } = options.optional ?? { without: '', mend: '' };
    const right = rightOf(path, verb);
    forbidden = { right, since: refusedSince ?? clock.now(), without };
    log[isMinor ? 'info' : 'warn'](
      { right: describeRight(right), without, mend },
      'A right is missing: going on without',
    );
    options.onForbidden?.(true);
  }

  function afterForbiddenList(error: Error): number {
    refusedSince ??= clock.now();
    if (forbidden === undefined && isEarly()) {
      restarts.refused += 1;
      failures.failed(error, 'refused', true);
      return Math.min(pace.next('refused'), timings.forbiddenPatienceMs / 4);
    }
    setForbidden('list');
    // What is known stays: nothing says that it is gone.
    phase = 'forbidden';
    goOnWithout();
    return timings.forbiddenPollMs * (1 + random() / 4);
  }

  function goOnWithout(): void {
    blindSince = undefined;
    failures.givenUp();
    pace.worked();
    leftOff = undefined;
    markSynced();
    caughtUp.resolve('listed');
  }

  async function run(): Promise<void> {
    blindSince = clock.now();
    while (!signal.aborted) {
      let delay = 0;
      try {
        if (cursor === undefined) await list();
        // Whoever waited for the list may have stopped it.
        if (signal.aborted) break;
        const ending = cursor === undefined ? undefined : await watch(cursor);
        if (ending !== undefined && !signal.aborted) delay = afterWatch(ending);
      } catch (error) {
        if (signal.aborted) break;
        delay = afterList(error);
      }
      if (signal.aborted) break;
      if (phase !== 'absent' && phase !== 'forbidden') phase = 'waiting';
      if (delay > 0 && (await connection.untilBack(signal))) delay = pace.cameBack();
      await pause(clock, delay, signal);
    }
    phase = 'stopped';
    ready.resolve(false);
    caughtUp.resolve('stopped');
  }

  return {
    start(from) {
      if (running !== undefined) throw new Error(`The watch of ${name} was started before`);
      leftOff = from === undefined ? undefined : readRevision(from);
      running = run();
    },
    async stop() {
      stopping.abort(new Error('The watch is stopped'));
      await running;
      ready.resolve(false);
      caughtUp.resolve('stopped');
    },
    ready: () => ready.promise,
    caughtUp: () => caughtUp.promise,
    revision: () => reported,
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
      forbidden,
    }),
  };
}

const silence = new Error('no frame for too long');
