/** What is known of each Application, and the order of events, of what the ledger answers and of what is decided. */

import type { Clock } from '../clock.ts';
import type { Row } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, JsonObject } from '../model.ts';
import { type Alerting, createAlerting } from './alerting.ts';
import type { ApplicationEvent } from './application-event.ts';
import { createApplying } from './applying.ts';
import { createAsking } from './asking.ts';
import { createDeciding } from './deciding.ts';
import { createDeletions } from './deletions.ts';
import { createDueTimes } from './due-times.ts';
import { createEvaluationProblems } from './evaluation-problems.ts';
import { createEvaluator, resync } from './evaluator.ts';
import { createLeaving } from './leaving.ts';
import { createLoading, type LoadedRow } from './loading.ts';
import type { Hold, Progress } from './progress.ts';
import type { TermLedger } from './term-ledger.ts';
import { createTracked, restore, type Tracked, toldRowsOf } from './tracked.ts';
import { createTurns } from './turns.ts';
import type { LedgerWriter } from './writer.ts';

export interface Observer {
  /** Takes events in order, keeps none of them waiting for I/O, never throws. */
  observe(event: ApplicationEvent): void;
  /** Evaluates the known objects again: the configuration or a project has changed. */
  reevaluate(which: (application: Application) => boolean): Promise<void>;
  /** Evaluates again whatever was to be evaluated at some time: the clock was set back. */
  hurry(): void;
  /** Resolves when every Application observed so far has been loaded from the ledger and evaluated. */
  settled(): Promise<void>;
  has(uid: string): boolean;
  /** The Application as it was observed last. */
  known(uid: string): Application | undefined;
  /** Rows that say that the oncePer values which match now are told, by Application: what pruning must keep. */
  matching(): IterableIterator<{ uid: string; told: Row<'told'>[] }>;
  size(): number;
  /** Events that wait to be evaluated: for their turn, or for the ledger. */
  waiting(): number;
  /** Undefined where there is room for more events, or what resolves when there is. */
  room(): Promise<void> | undefined;
  /** Of alerts with an end: silences, acknowledgements and groups. */
  alerting: Pick<Alerting, 'begin' | 'refresh' | 'scopes'>;
  /** Every Application has been shown and evaluated: what is told together can be told. */
  complete(): void;
  /** What is gone has been reported, too: groups wait no longer to know what has become of an Application. */
  goneReported(): Promise<void>;
  /** When something is looked at next, Unix milliseconds. */
  nextDue(): number | undefined;
  /** Evaluates nothing any more; the metrics of the Applications go. */
  stop(): void;
}

type EvaluatorDeps = Omit<Parameters<typeof createEvaluator>[0], 'spend' | 'problems'>;
type DecidingDeps = Omit<Parameters<typeof createDeciding>[0], 'ongoing' | 'groups' | 'asking'>;

export interface ObserverDeps extends EvaluatorDeps, DecidingDeps {
  ledger: Pick<TermLedger, 'load' | 'read' | 'rows'>;
  writer: LedgerWriter;
  /** Argo CD's gate: an operation has finished that the status does not reflect yet. */
  isRefreshed(object: JsonObject): boolean;
  progress: Pick<Progress, 'hold'>;
  /** More events wait to be evaluated than are kept in memory: told once, and they are given up. */
  onOverflow(): void;
  metrics: Metrics;
  log: Logger;
  clock: Clock;
}

interface Options {
  /** Events that may wait to be evaluated, without the first of each Application. @defaultValue 100000 */
  limit?: number;
  /** Milliseconds before the ledger is asked again that did not answer; doubles up to `maxRetryDelay`. @defaultValue 100 */
  retryDelay?: number;
  /** @defaultValue 5000 */
  maxRetryDelay?: number;
}

/** Milliseconds at least between two looks at what waits for its configuration to have room. */
const shortestWait = 50;
/** Milliseconds of evaluation after which other work gets its turn. */
const slice = 20;
/** Multiples of it, without what is before the point, are spread evenly, however many there are. */
const goldenRatio = (1 + Math.sqrt(5)) / 2;

export function createObserver(deps: ObserverDeps, options: Options = {}): Observer {
  const { limit = 100_000 } = options;
  const { metrics, log, clock } = deps;
  const tracked = new Map<string, Tracked>();
  const waiters: (() => void)[] = [];
  let waitingEvents = 0;
  let phases = 0;
  let stopped = false;
  const alerting = createAlerting({ ...deps, schedule, look }, options);
  const loading = createLoading({ ...deps, before: alerting.begun, onLoaded: settle }, options);
  const asking = createAsking({ ...deps, onAnswer: answered }, options);
  const turns = createTurns({ clock, onTurn: settle });
  const problems = createEvaluationProblems({ metrics, log, now: clock.now });
  const evaluator = createEvaluator({ ...deps, spend: turns.spend, problems });
  const deciding = createDeciding({ ...deps, ...alerting, asking });
  const dueTimes = createDueTimes({ clock, due });
  const deletions = createDeletions({ isKnown: (uid) => tracked.has(uid), schedule, clock });
  const leaving = createLeaving({ ...deps, deciding, schedule });
  const applying = createApplying({
    ...deps,
    deciding,
    deletions,
    evaluator,
    leaving,
    problems,
    spend: turns.spend,
    schedule,
    drop,
  });

  const isSettled = (): boolean => loading.size() === 0 && asking.isIdle() && turns.waiting() === 0;

  function schedule(key: string, at: number | undefined): void {
    if (!stopped) dueTimes.set(key, at);
  }

  /** Looks at it soon: what holds back its alerts, or what is told of them, has changed. */
  function look(uid: string): void {
    if (tracked.has(uid) || leaving.has(uid)) schedule(uid, clock.now());
  }

  function answered({ application: { uid } }: Tracked): void {
    look(uid);
    settle();
  }

  function settled(): Promise<void> {
    return isSettled() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve));
  }

  function settle(): void {
    if (isSettled()) for (const resolve of waiters.splice(0)) resolve();
  }

  function observe(event: ApplicationEvent, hold: Hold, decidedAt = 0): void {
    const { application } = event;
    const { uid } = application;
    const entry = tracked.get(uid);
    if (stopped) return;
    if (entry && !entry.waiting) return apply(entry, event, hold);
    // The first of each is no more than the watch holds itself.
    if (entry && !hasRoom()) return;
    waitingEvents += 1;
    if (entry) entry.waiting?.push({ event, hold: hold.share() });
    else {
      const phase = Math.floor(((phases++ * goldenRatio) % 1) * resync);
      const added = createTracked(application, { decidedAt, phase });
      added.waiting = [{ event, hold: hold.share() }];
      tracked.set(uid, added);
      loading.load(uid, (rows) => loaded(added, rows));
    }
  }

  function loaded(entry: Tracked, rows: readonly LoadedRow[]): void {
    const waited = entry.waiting ?? [];
    delete entry.waiting;
    waitingEvents -= waited.length;
    const record = restore(entry, rows);
    if (record) {
      leaving.remove(entry.application.uid);
      deletions.load(entry.application.uid, record.object);
    }
    const isGone = !record && rows.some((row) => row.kind === 'gone');
    for (const [index, { event, hold }] of waited.entries()) {
      // Not watched any more, and then again.
      if (!isTracked(entry)) observe(event, hold, entry.decidedAt);
      // Neither seen nor in the ledger: its deletion has been told and written before.
      else if (!record && index === 0 && event.kind === 'deleted') drop(entry);
      // It was forgotten after all of this.
      else if (isGone && event.isReplayed) drop(entry);
      else apply(entry, event, hold);
      hold.release();
    }
  }

  function applyNow(entry: Tracked, event: ApplicationEvent, hold: Hold): void {
    if (!stopped) applying.apply(entry, event, hold);
  }

  const isTracked = (entry: Tracked): boolean => tracked.get(entry.application.uid) === entry;

  /** Whether one more event may wait; if not, everything will be watched again. */
  function hasRoom(): boolean {
    if (waitingEvents - loading.size() + turns.waiting() < limit) return true;
    if (stopped) return false;
    log.error(
      { limit },
      'More events wait to be evaluated than are kept in memory: they will be watched again',
    );
    stopped = true;
    deps.onOverflow();
    return false;
  }

  function apply(entry: Tracked, event: ApplicationEvent, hold: Hold): void {
    if (!turns.isFree() && !hasRoom()) return;
    const shared = hold.share();
    turns.take(() => {
      // It may have been dropped by an event before, while this one waited.
      if (isTracked(entry)) applyNow(entry, event, shared);
      else observe(event, shared, entry.decidedAt);
      shared.release();
    });
  }

  /** Evaluates it again, as it is known when its turn comes. */
  function again(entry: Tracked): void {
    const hold = deps.progress.hold();
    turns.take(() => {
      const what = { kind: 'seen', observedAt: clock.now(), isAgain: true } as const;
      if (isTracked(entry)) applyNow(entry, { ...what, application: entry.application }, hold);
      hold.release();
    });
  }

  async function due(uid: string): Promise<void> {
    await turns.idle();
    if (stopped || alerting.groups.look(uid) || leaving.look(uid)) return;
    const entry = tracked.get(uid);
    // One that waits for the ledger is evaluated then.
    if (!entry || entry.waiting) return;
    const wait = evaluator.wait(entry.application);
    if (wait > 0) dueTimes.set(uid, clock.now() + Math.max(wait, shortestWait));
    else again(entry);
  }

  function drop(entry: Tracked): void {
    deletions.forget(entry.application.uid);
    metrics.forgetApplication(entry.application);
    metrics.setOngoingAlerts(entry.application, []);
    tracked.delete(entry.application.uid);
    dueTimes.set(entry.application.uid, undefined);
  }

  return {
    observe(event) {
      const hold = deps.progress.hold();
      observe(event, hold);
      if (!stopped) deletions.note(event, hold);
      hold.release();
    },
    async reevaluate(which) {
      leaving.lookAtAll();
      let since = clock.monotonic();
      for (const entry of Array.from(tracked.values())) {
        await turns.idle();
        if (stopped) return;
        if (entry.waiting || !isTracked(entry) || !which(entry.application)) continue;
        again(entry);
        if (clock.monotonic() - since < slice) continue;
        await clock.turn();
        since = clock.monotonic();
      }
    },
    hurry: dueTimes.hurry,
    settled,
    has: (uid) => tracked.has(uid),
    known(uid) {
      const entry = tracked.get(uid);
      return entry?.waiting?.at(-1)?.event.application ?? entry?.application;
    },
    *matching() {
      for (const [uid, entry] of tracked) {
        const told = toldRowsOf(entry, clock.now());
        if (told.length > 0) yield { uid, told };
      }
    },
    size: () => tracked.size,
    waiting: () => waitingEvents + turns.waiting(),
    room: turns.room,
    alerting,
    complete() {
      alerting.groups.complete();
      deletions.settle();
      leaving.lookAtAll();
      for (const [uid, { life }] of tracked) if (life && (life.untold.size > 0 || life.isWaiting)) look(uid);
    },
    async goneReported() {
      await settled();
      await alerting.account();
    },
    nextDue: dueTimes.next,
    stop() {
      stopped = true;
      for (const part of [alerting, loading, asking, turns, dueTimes, leaving, deletions]) part.stop();
      for (const { application } of tracked.values()) {
        metrics.forgetApplication(application);
        metrics.setOngoingAlerts(application, []);
      }
      tracked.clear();
      for (const resolve of waiters.splice(0)) resolve();
    },
  };
}
