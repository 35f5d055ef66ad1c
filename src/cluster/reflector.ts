import { pause, systemClock } from '../clock.ts';
import { createBreaks } from './breaks.ts';
import { ClusterError } from './cluster-error.ts';
import { type Ending, endingOf, noRestarts } from './endings.ts';
import { createFailureLog } from './failure-log.ts';
import { createFrameReader } from './frame-reader.ts';
import { readFrames } from './frames.ts';
import { readMetadata } from './kube-object.ts';
import { readPages } from './list-pages.ts';
import { createOddities } from './oddities.ts';
import { type CatchUpOutcome, createPosition } from './position.ts';
import { defaultTimings, type ReflectorDeps, type ReflectorOptions } from './reflector-options.ts';
import type { ReflectorState } from './reflector-state.ts';
import { createRefusals } from './refusals.ts';
import { createRetryPace } from './retry-pace.ts';
import { watchSilence } from './silence.ts';
import { createThinReader } from './thin.ts';
import { createView, keyOf } from './view.ts';

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

/** A watch that failed so often at one revision without showing anything is listed again: its revision may be bad. */
const maxBarrenWatches = 3;
/** One that the server ended sooner than this, and without a frame, has shown nothing. */
const shortestWatchMs = 1000;

export function createReflector<T>(deps: ReflectorDeps, options: ReflectorOptions<T>): Reflector<T> {
  const { connection, clock = systemClock, random = Math.random } = deps;
  const { name, path } = options;
  const selected = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
  const timings = { ...defaultTimings, ...options.timings };
  const log = deps.log.child({ watch: name });
  const pace = createRetryPace(clock, random, { backoff: timings.backoff });
  const view = createView(log, options.read, options.handlers);
  const position = createPosition(view, log);
  const failures = createFailureLog(log, clock.now);
  const refusals = createRefusals({ pace, log, now: clock.now }, options, timings.forbiddenPatienceMs);
  const oddities = createOddities(log);
  const accept = createFrameReader(view, position, oddities);
  const thin = options.isThin ? createThinReader() : undefined;
  const stopping = new AbortController();
  const { signal } = stopping;
  const breaks = createBreaks(clock, signal, options.room);
  const restarts = noRestarts();
  let running: Promise<void> | undefined;
  let phase: ReflectorState['phase'] = 'stopped';
  let lists = 0;
  let lastFrameAt: number | undefined;
  let blindSince: number | undefined;
  let barren = 0;
  let pageSize = timings.pageSize;

  /** Reads all pages; what an earlier attempt has read of them stays, it was true. */
  async function list(): Promise<void> {
    phase = 'listing';
    let listing: ReturnType<typeof position.list> | undefined;
    let revision = '';
    const query = { limit: pageSize, ...selected };
    const how = { timeoutMs: timings.listTimeoutMs, ...(thin ? { parse: thin.list } : {}) };
    for await (const page of readPages(connection, { path, query, signal, ...how })) {
      listing ??= position.list(page.revision);
      revision = page.revision;
      for (const item of page.items) {
        const metadata = readMetadata(item);
        if (metadata === undefined) oddities.skipped(item);
        else listing.hold(item, metadata);
      }
      lastFrameAt = clock.now();
      if (breaks.isDue()) await breaks.take();
    }
    lists += 1;
    refusals.listed();
    pageSize = timings.pageSize;
    listing?.done(revision);
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
      () => (breaks.isTaking() ? clock.now() : lastSignOfLife),
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
          ...selected,
        },
        signal: aborter.signal,
      });
      phase = 'watching';
      blindSince = undefined;
      failures.recovered();
      refusals.opened();
      for await (const frame of readFrames(chunks, thin?.frame)) {
        if (signal.aborted) break;
        lastFrameAt = lastSignOfLife = clock.now();
        const ending = accept(frame);
        if (ending !== undefined) return ending;
        frames += 1;
        barren = 0;
        pace.worked();
        if (!breaks.isDue()) continue;
        await breaks.take();
        lastSignOfLife = clock.now();
      }
      if (clock.now() - openedAt < shortestWatchMs && frames === 0) {
        return { reason: 'ended', error: new Error('the server ended the watch at once') };
      }
      pace.worked();
      if (clock.now() - openedAt < (seconds - 1) * 1000) pace.endedEarly();
      return { reason: 'ended' };
    } catch (error) {
      if (error === silence) return { reason: 'silent' };
      return endingOf(error);
    } finally {
      stopWatchdog();
      signal.removeEventListener('abort', abort);
      aborter.abort();
      blindSince ??= aborter.signal.reason === silence ? lastSignOfLife : clock.now();
    }
  }

  /** Decides how to go on after a watch; answers the milliseconds to wait. */
  function afterWatch({ reason, error, retryAfterMs }: Ending): number {
    restarts[reason] += 1;
    if (reason === 'silent') return afterSilence();
    if (error === undefined) return 0;
    const status = error instanceof ClusterError ? error.status : undefined;
    if (reason === 'malformed' || reason === 'error-frame' || reason === 'refused') {
      const isTemporary = status === 401 || status === 403 || status === 429;
      if (!isTemporary) barren += 1;
    }
    const mayBeAbsent = options.optional !== undefined && (status === 404 || status === 403);
    // What a server refuses that has just started says nothing of the revision.
    const isUnfounded = pace.isRecovering() && reason === 'refused' && status !== 404;
    const isLost = reason === 'expired' || status === 404 || mayBeAbsent || barren >= maxBarrenWatches;
    if (isLost && !isUnfounded) lose(reason);
    // Of a definition that was removed the list that follows finds out.
    if (!(mayBeAbsent && status === 404)) failures.failed(error, reason, isUnfounded);
    const delay = pace.next(reason, retryAfterMs);
    if (!mayBeAbsent || isUnfounded) return delay;
    const isFirst = refusals.refused();
    if (status === 403 && !refusals.isEarly()) refusals.forbid('watch');
    return isFirst ? 0 : delay;
  }

  /**
   * No failure: the connection may be dead, but nothing comes either of what does not change where etcd does not tell
   * the API server of its progress. A revision that has not come about yet, as after a restored backup, is silent, too.
   */
  function afterSilence(): number {
    log.debug({ ms: timings.silenceMs }, 'The watch has shown nothing for long: opening another');
    barren += 1;
    if (barren >= maxBarrenWatches) lose('silent');
    return 0;
  }

  function lose(reason: Ending['reason']): void {
    barren = 0;
    position.lose(reason);
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
    refusals.absent();
    // Its objects are gone with it.
    view.retain(new Set());
    return goOnWithout('absent', timings.absentPollMs);
  }

  function afterForbiddenList(error: Error): number {
    refusals.refused();
    if (refusals.forbidden() === undefined && refusals.isEarly()) {
      restarts.refused += 1;
      failures.failed(error, 'refused', true);
      return Math.min(pace.next('refused'), timings.forbiddenPatienceMs / 4);
    }
    refusals.forbid('list');
    // What is known stays: nothing says that it is gone.
    return goOnWithout('forbidden', timings.forbiddenPollMs);
  }

  function goOnWithout(as: 'absent' | 'forbidden', pollMs: number): number {
    phase = as;
    blindSince = undefined;
    failures.givenUp();
    pace.worked();
    position.skip();
    return pollMs * (1 + random() / 4);
  }

  async function run(): Promise<void> {
    blindSince = clock.now();
    while (!signal.aborted) {
      let delay = 0;
      try {
        if (position.cursor() === undefined) await list();
        // Whoever waited for the list may have stopped it.
        if (signal.aborted) break;
        const cursor = position.cursor();
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
    position.stop();
  }

  return {
    start(from) {
      if (running !== undefined) throw new Error(`The watch of ${name} was started before`);
      position.start(from);
      running = run();
    },
    async stop() {
      stopping.abort(new Error('The watch is stopped'));
      await running;
      position.stop();
    },
    ready: () => position.ready,
    caughtUp: () => position.caughtUp,
    revision: () => position.reported(),
    get: (namespace, objectName) => view.get(keyOf({ namespace, name: objectName })),
    values: () => view.values(),
    state: () => ({
      name,
      phase,
      synced: position.isSynced(),
      objects: view.size(),
      lastFrameAt,
      lagMs: blindSince === undefined ? 0 : Math.max(0, clock.now() - blindSince),
      lists,
      restarts: { ...restarts },
      failure: failures.current(phase === 'waiting' ? connection.trouble?.() : undefined),
      forbidden: refusals.forbidden(),
    }),
  };
}

const silence = new Error('no frame for too long');
