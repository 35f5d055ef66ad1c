/**
 * What is known of each Application and when it is evaluated. Longer than most files: the order of events, of what the
 * ledger answers and of what is written has to be seen in one place.
 */

import { createChangeCounter } from '../alerts/change-history.ts';
import {
  type DecidedPart,
  decide,
  type Evaluation,
  type OpenNotices,
  openNotices,
  toldRows,
} from '../alerts/decide.ts';
import { rowsOfImport } from '../alerts/imported-rows.ts';
import { slotOf } from '../alerts/keys.ts';
import type { ImportedAlert } from '../alerts/notified-annotation.ts';
import { isNewborn, operationOf } from '../application.ts';
import type { RepoEvaluation } from '../argocd/evaluation.ts';
import { isBefore } from '../cluster/revision.ts';
import { isOperationStuck } from '../cluster/sync-status.ts';
import type { ActiveConfig, Configurations } from '../configurations/configurations.ts';
import { createShares } from '../configurations/shares.ts';
import type { Part } from '../ledger/pieces.ts';
import type { ApplicationRecord, ChangeHistory, Row } from '../ledger/rows.ts';
import { createLineBudget } from '../line-budget.ts';
import type { Logger } from '../log.ts';
import type { AlertSeries } from '../metrics/application-series.ts';
import type { Metrics } from '../metrics.ts';
import type { Application, Delivery, JsonObject } from '../model.ts';
import type { StepAllowance } from '../triggers/trigger.ts';
import { applicationRecord, recordFingerprint } from './application-record.ts';
import { type AlertEvaluation, evaluateApplication } from './evaluate.ts';
import type { Hold, Progress } from './progress.ts';
import { createPutOff } from './put-off.ts';
import type { TermLedger } from './term-ledger.ts';
import type { LedgerWriter } from './writer.ts';

/** What the watch, or the ledger at start, says of an Application. */
export interface ApplicationEvent {
  /** For one that is gone: the last that is known of it. */
  application: Application;
  /** `unwatched`: it is still there, but no longer among those that are watched. */
  kind: 'seen' | 'deleted' | 'unwatched';
  /** When it was received, Unix milliseconds. */
  observedAt: number;
  /** It happened before this process began to watch, which may have been decided about already. */
  isReplayed?: boolean;
}

export interface Observer {
  /** Takes events in order, keeps none of them waiting for I/O, never throws. */
  observe(event: ApplicationEvent): void;
  /** Evaluates the known objects again: the configuration, a project or the time has changed. */
  reevaluate(which: (application: Application, timeDependent: boolean) => boolean): Promise<void>;
  /** Resolves when every Application observed so far has been loaded from the ledger and evaluated. */
  settled(): Promise<void>;
  has(uid: string): boolean;
  /** The Application as it was observed last. */
  known(uid: string): Application | undefined;
  /** Rows that say that the oncePer values which match now are told, by Application: what pruning must keep. */
  matching(): IterableIterator<{ uid: string; told: Row<'told'>[] }>;
  size(): number;
  /** Evaluates nothing any more; the metrics of the Applications go. */
  stop(): void;
}

interface Deps {
  ledger: Pick<TermLedger, 'load'>;
  writer: LedgerWriter;
  configurations: Configurations;
  /** The AppProject of an Application. */
  project(application: Application): JsonObject | undefined;
  /** Who answers the `repo` functions of conditions; nobody: such a condition fails. */
  repo?(application: Application, active: ActiveConfig): RepoEvaluation | undefined;
  /** Argo CD's gate: an operation has finished that the status does not reflect yet. */
  isRefreshed(object: JsonObject): boolean;
  progress: Pick<Progress, 'hold'>;
  /** What argocd-notifications has recorded on the Application itself. */
  importAlerts(application: Application, evaluations: readonly AlertEvaluation[]): ImportedAlert[];
  /** Told of alerts without oncePer that are over. */
  onEnded(application: Application, evaluations: readonly Evaluation[]): void;
  /** Told of oncePer values that count as told without a message. */
  onNamed(delivery: Delivery): void;
  /** More events wait for the ledger than are kept in memory: told once, and they are given up. */
  onOverflow(): void;
  metrics: Metrics;
  log: Logger;
  now(): number;
}

interface Options {
  /** Events that may wait for the ledger. @defaultValue 100000 */
  limit?: number;
  /** Milliseconds before the ledger is asked again that did not answer; doubles up to `maxRetryDelay`. @defaultValue 100 */
  retryDelay?: number;
  /** @defaultValue 5000 */
  maxRetryDelay?: number;
}

interface Tracked {
  application: Application;
  open: OpenNotices;
  timeDependent: boolean;
  /**
   * When something was last decided, Unix milliseconds. A later decision gets a later time, because it is what tells
   * two occurrences of an alert apart; a watch that catches up shows both in one millisecond.
   */
  decidedAt: number;
  /** Events that arrived while the ledger was asked; undefined once it has answered. */
  waiting?: { event: ApplicationEvent; hold: Hold }[];
  /** Of the record in the ledger; undefined before there is one. */
  fingerprint?: string;
  /** The revision up to which an earlier process has decided; undefined where there was none. */
  decidedUpTo?: string | undefined;
  /** For conditions that ask how often a value has changed; stands in the record, too. */
  history: ChangeHistory;
  /**
   * Alerts that nobody is told of, since nothing is sent through their services yet, by namespace, trigger and condition.
   * They are in no ledger: after a restart they hold since they were seen again.
   */
  undelivered: ReadonlyMap<string, AlertSeries>;
  /** `startedAt` of an operation that has no end, once that is logged. */
  stuck?: string;
  /** Failures logged already, so that each is logged when it changes and not with every event. */
  failures: string;
}

/** An event that waits for its turn. */
interface Postponed {
  entry: Tracked;
  event: ApplicationEvent;
  hold: Hold;
}

/** What an evaluation needs of the ledger. */
const loadedKinds = ['application', 'notice', 'gone'] as const;
/**
 * Milliseconds for which it is remembered that an Application was deleted: longer than an API server remembers what
 * happened before, which is minutes.
 */
const goneFor = 7 * 24 * 3_600_000;
/** Applications asked of the ledger at the same time. */
const loadConcurrency = 64;
/** Milliseconds of evaluation after which other work gets its turn. */
const slice = 20;

/** Steps of conditions, and of whatever is around them for an Application, after which other work gets its turn. */
export const turn = 200_000;
const aroundApplication = 200;

export function createObserver(deps: Deps, options: Options = {}): Observer {
  const { limit = 100_000, retryDelay = 100, maxRetryDelay = 5_000 } = options;
  const { ledger, writer, configurations, metrics, log } = deps;
  const tracked = new Map<string, Tracked>();
  const toLoad: string[] = [];
  const waiters: (() => void)[] = [];
  const lines = createLineBudget(deps.now);
  /** Triggers and services told already, by the configuration that cannot serve them. */
  const unserved = new WeakMap<ActiveConfig, Set<string>>();
  const shares = createShares(deps.now);
  /** Events that wait for the next turn, in order; while there are any, all that follow wait behind them. */
  let postponed: Postponed[] = [];
  const putOff = createPutOff((uid) => {
    const entry = tracked.get(uid);
    // One that waits for the ledger is evaluated then.
    if (!entry || entry.waiting) return 0;
    const wait = waitOf(entry);
    if (wait === 0) again(entry);
    return wait;
  });
  let spentInTurn = 0;
  let isTurnEnding = false;
  let loading = 0;
  let waitingEvents = 0;
  let stopped = false;

  function load(): void {
    while (loading < loadConcurrency && !stopped) {
      const uid = toLoad.shift();
      if (uid === undefined) break;
      loading += 1;
      void loadOne(uid).finally(() => {
        loading -= 1;
        load();
      });
    }
    settle();
  }

  const isSettled = (): boolean => loading === 0 && toLoad.length === 0 && postponed.length === 0;

  function settle(): void {
    if (isSettled()) for (const resolve of waiters.splice(0)) resolve();
  }

  function spend(steps: number): void {
    spentInTurn += steps;
    if (isTurnEnding) return;
    isTurnEnding = true;
    setImmediate(nextTurn);
  }

  function nextTurn(): void {
    isTurnEnding = false;
    spentInTurn = 0;
    const due = postponed;
    postponed = [];
    for (const [index, { entry, event, hold }] of due.entries()) {
      if (spentInTurn >= turn) {
        postponed = due.slice(index);
        break;
      }
      // Dropped by an event before.
      if (tracked.get(entry.application.uid) === entry) applyNow(entry, event, hold);
      else observe(event, hold, entry.decidedAt);
      hold.release();
    }
    settle();
  }

  async function loadOne(uid: string): Promise<void> {
    const entry = tracked.get(uid);
    if (!entry?.waiting) return;
    const rows = await untilLoaded(uid);
    if (stopped) return;
    const waited = entry.waiting;
    delete entry.waiting;
    waitingEvents -= waited.length;
    const record = rows.find((row) => row.kind === 'application')?.value;
    if (record) {
      entry.open = openNotices(rows.filter((row) => row.kind === 'notice'));
      entry.fingerprint = recordFingerprint(record);
      entry.history = record.history ?? {};
      entry.decidedUpTo = record.revision;
    }
    const isGone = !record && rows.some((row) => row.kind === 'gone');
    for (const [index, { event, hold }] of waited.entries()) {
      // Not watched any more, and then again.
      if (tracked.get(uid) !== entry) observe(event, hold, entry.decidedAt);
      // Neither seen nor in the ledger: its deletion has been told and written before.
      else if (!record && index === 0 && event.kind === 'deleted') drop(entry);
      // It was forgotten after all of this.
      else if (isGone && event.isReplayed) drop(entry);
      else apply(entry, event, hold);
      hold.release();
    }
  }

  /** A replayed event that an earlier process has decided about: later ones are in the ledger. */
  function isDecided({ application, isReplayed }: ApplicationEvent, { decidedUpTo }: Tracked): boolean {
    return (
      isReplayed === true && decidedUpTo !== undefined && isBefore(application.resourceVersion, decidedUpTo)
    );
  }

  async function untilLoaded(uid: string): Promise<Row<(typeof loadedKinds)[number]>[]> {
    for (let wait = retryDelay; !stopped; wait = Math.min(wait * 2, maxRetryDelay)) {
      try {
        // One that is watched again: what was decided before is still on its way.
        await writer.written(uid);
        return await ledger.load(uid, loadedKinds);
      } catch (error) {
        log.warn({ err: error }, 'Cannot read the ledger, trying again');
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    return [];
  }

  function apply(entry: Tracked, event: ApplicationEvent, hold: Hold): void {
    if (postponed.length === 0 && spentInTurn < turn) applyNow(entry, event, hold);
    else if (hasRoom()) postponed.push({ entry, event, hold: hold.share() });
  }

  function again(entry: Tracked): void {
    const hold = deps.progress.hold();
    apply(entry, { application: entry.application, kind: 'seen', observedAt: deps.now() }, hold);
    hold.release();
  }

  /** Whether one more event may wait; if not, everything will be watched again. */
  function hasRoom(): boolean {
    if (waitingEvents + postponed.length < limit) return true;
    if (stopped) return false;
    log.error(
      { limit },
      'More events wait to be evaluated than are kept in memory: they will be watched again',
    );
    stopped = true;
    deps.onOverflow();
    return false;
  }

  function applyNow(entry: Tracked, event: ApplicationEvent, hold: Hold): void {
    if (stopped) return;
    try {
      if (event.kind === 'unwatched') {
        drop(entry);
        return;
      }
      if (event.kind !== 'deleted' && isDecided(event, entry)) return;
      entry.application = event.kind === 'deleted' ? withDeletionTimestamp(event) : event.application;
      evaluate(entry, event, hold);
      if (event.kind === 'deleted') {
        drop(entry);
        const { uid, resourceVersion } = entry.application;
        // Of one without a record there is nothing to forget.
        if (entry.fingerprint !== undefined)
          writer.write(
            uid,
            { clear: true, last: { put: [goneRow(resourceVersion, deps.now())] } },
            hold.share(),
          );
      }
    } catch (error) {
      log.error(
        { err: error, application: nameOf(event.application) },
        'Application could not be evaluated: please report this',
      );
    }
  }

  function evaluate(entry: Tracked, { kind, observedAt }: ApplicationEvent, hold: Hold): void {
    const { application } = entry;
    metrics.setApplication(application, observedAt);
    if (kind === 'seen' && !deps.isRefreshed(application.object)) return;
    reportStuck(entry);
    const before = entry.history;
    const evaluations = evaluateAll(entry);
    const isHistoryNew = entry.history !== before;
    const now = Math.max(deps.now(), entry.decidedAt + 1);
    const firstSight = entry.fingerprint === undefined;
    const imported = rowsOfImport(
      application.uid,
      firstSight ? deps.importAlerts(application, evaluations) : [],
      now,
    );
    if (imported.rows.length > 0)
      entry.open = openNotices(imported.rows.filter((row) => row.kind === 'notice'));
    const decision = decide(application, evaluations, entry.open, { now, observedAt }, imported.told);
    entry.open = decision.open;
    if (decision.parts.length > 0) entry.decidedAt = now;
    metrics.setAlerts(application, [...activeAlerts(entry, evaluations), ...entry.undelivered.values()]);
    const isTold = entry.fingerprint !== undefined || evaluations.length > 0;
    const parts = [...partsOfImport(imported.rows, decision.parts), ...decision.parts];
    const record = isTold ? recordOf(entry, parts.length > 0 || isHistoryNew) : undefined;
    for (const delivery of decision.named) deps.onNamed(delivery);
    if (decision.ended.length > 0) deps.onEnded(application, decision.ended);
    if (record) writer.write(application.uid, { parts, last: { put: [recordRow(record)] } }, hold.share());
  }

  /** Argo CD itself may have stopped syncing it, so it is said once for each such operation. */
  function reportStuck(entry: Tracked): void {
    const { application } = entry;
    const stuck = isOperationStuck(application.object)
      ? operationOf(application.object).startedAt
      : undefined;
    metrics.setStuckOperation(application, stuck);
    if (stuck !== undefined && stuck !== entry.stuck)
      log.warn(
        { application: nameOf(application), startedAt: stuck },
        'Operation is over and has no end (finishedAt): Argo CD may have stopped syncing the Application',
      );
    if (stuck === undefined) delete entry.stuck;
    else entry.stuck = stuck;
  }

  function evaluateAll(entry: Tracked): AlertEvaluation[] {
    const { application } = entry;
    const project = deps.project(application);
    const evaluations: AlertEvaluation[] = [];
    const failures: string[] = [];
    const counter = createChangeCounter(entry.history, deps.now(), operationOf(application.object).startedAt);
    entry.timeDependent = false;
    const undelivered = new Map<string, AlertSeries>();
    const actives = configurations.of(application.namespace);
    const lost = new Set<string>();
    for (const active of actives) {
      const repo = deps.repo?.(application, active);
      const allowance = allowanceOf(active);
      const given = allowance.steps;
      const answer = evaluateApplication(application, project, active, deps.now(), counter, repo, allowance);
      const spent = given - Math.max(allowance.steps, 0);
      shares.spend(active, spent);
      spend(spent + aroundApplication);
      if (answer.exhausted !== undefined) complain(active, answer.exhausted, allowance);
      if (answer.exhausted !== undefined && given === 0) putOff.add(application.uid, shares.wait(active));
      evaluations.push(...answer.evaluations);
      entry.timeDependent ||= answer.timeDependent || answer.exhausted !== undefined;
      for (const { name, triggered } of answer.conditions) {
        metrics.evaluations.inc({ name, triggered: String(triggered) });
      }
      for (const trigger of answer.unknownTriggers) {
        // An annotation counts under each configuration; one of them has to have the trigger.
        if (lost.has(trigger) || actives.some(({ config }) => config.triggers.has(trigger))) continue;
        lost.add(trigger);
        if (isFirst(active, `trigger ${trigger}`)) reportUnknownTrigger(active, trigger, application);
      }
      for (const service of answer.unsentServices) {
        if (isFirst(active, `service ${service}`)) reportUnsentService(active, service, application);
      }
      for (const { trigger, condition, severity, status } of answer.undelivered) {
        const key = JSON.stringify([active.namespace, trigger, condition]);
        const before = entry.undelivered.get(key);
        if (status === 'matched') undelivered.set(key, before ?? { trigger, severity, since: deps.now() });
        else if (before) undelivered.set(key, before);
      }
      if (isNewborn(application.object)) continue;
      for (const failure of answer.failures) {
        metrics.evaluationErrors.inc({ trigger: failure.trigger });
        failures.push(`${failure.trigger}: ${failure.error}`);
      }
    }
    entry.history = counter.history();
    entry.undelivered = undelivered;
    const told = failures.join('\n');
    if (told !== entry.failures && told !== '') reportFailures(application, failures, told);
    entry.failures = told;
    return evaluations;
  }

  /** None where the configuration has used up its share: then its conditions fail, and are evaluated later. */
  function allowanceOf(active: ActiveConfig): StepAllowance {
    const { perEvent, perSecond } = shares.of(active);
    if (shares.wait(active) === 0)
      return {
        steps: perEvent,
        exhausted: `the conditions of the ConfigMap need more than ${perEvent} steps for one Application together`,
      };
    return {
      steps: 0,
      exhausted: `the conditions of the ConfigMap need more than ${perSecond} steps a second: they are evaluated later`,
    };
  }

  /** Milliseconds until every configuration that acts for it has room. */
  function waitOf({ application }: Tracked): number {
    return Math.max(0, ...configurations.of(application.namespace).map(shares.wait));
  }

  function complain(active: ActiveConfig, trigger: string, { exhausted }: StepAllowance): void {
    configurations.complain(active.namespace, {
      key: `trigger.${trigger}`,
      severity: 'error',
      what: exhausted,
      fix: 'Go through shorter lists in its conditions, or have fewer of them.',
    });
  }

  /** Of what fails alike for ten thousand Applications, such as those that were never synced, a few tell enough. */
  function reportFailures(application: Application, failures: string[], told: string): void {
    const worth = lines.take(told);
    const level = worth === 'no' ? 'debug' : 'warn';
    log[level]({ application: nameOf(application), failures }, 'Conditions could not be evaluated');
    if (worth === 'last') log.warn('More conditions that could not be evaluated are logged at debug level');
  }

  function isFirst(active: ActiveConfig, subject: string): boolean {
    const told = unserved.get(active) ?? new Set();
    unserved.set(active, told);
    const { size } = told;
    return told.add(subject).size > size;
  }

  function reportUnsentService(active: ActiveConfig, service: string, application: Application): void {
    log.warn(
      { service, namespace: active.namespace, application: nameOf(application) },
      'Subscription to a service that is configured and not sent through yet: no delivery is made for it',
    );
  }

  function reportUnknownTrigger(active: ActiveConfig, trigger: string, application: Application): void {
    // Each is also an Event on the Application, and none that stands in the ConfigMap is missing there.
    log[lines.take('unknown trigger') === 'no' ? 'debug' : 'warn'](
      { trigger, namespace: active.namespace, application: nameOf(application) },
      'Subscription to a trigger that is not configured',
    );
  }

  /**
   * The record is written when the Application is first subscribed to something, with each change, and when what
   * decides about subscriptions differs.
   */
  function recordOf(entry: Tracked, isChanged: boolean): ApplicationRecord | undefined {
    const record = { ...applicationRecord(entry.application), history: entry.history };
    const fingerprint = recordFingerprint(record);
    const isNew = fingerprint !== entry.fingerprint;
    entry.fingerprint = fingerprint;
    return isNew || isChanged ? record : undefined;
  }

  function drop(entry: Tracked): void {
    metrics.forgetApplication(entry.application);
    tracked.delete(entry.application.uid);
  }

  function observe(event: ApplicationEvent, hold: Hold, decidedAt = 0): void {
    const { application } = event;
    const { uid } = application;
    const entry = tracked.get(uid);
    if (!entry || entry.waiting) {
      if (!hasRoom()) return;
      waitingEvents += 1;
    }
    if (stopped) return;
    if (entry?.waiting) entry.waiting.push({ event, hold: hold.share() });
    else if (entry) apply(entry, event, hold);
    else {
      tracked.set(uid, {
        application,
        open: new Map(),
        timeDependent: false,
        decidedAt,
        waiting: [{ event, hold: hold.share() }],
        history: {},
        undelivered: new Map(),
        failures: '',
      });
      toLoad.push(uid);
      load();
    }
  }

  return {
    observe(event) {
      const hold = deps.progress.hold();
      observe(event, hold);
      hold.release();
    },
    async reevaluate(which) {
      let since = performance.now();
      for (const entry of Array.from(tracked.values())) {
        if (stopped) return;
        // What is known of it may be older than what waits.
        while (postponed.length > 0) await new Promise(setImmediate);
        if (entry.waiting || tracked.get(entry.application.uid) !== entry) continue;
        if (!which(entry.application, entry.timeDependent)) continue;
        again(entry);
        if (performance.now() - since < slice) continue;
        await new Promise(setImmediate);
        since = performance.now();
      }
    },
    settled: () => (isSettled() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    has: (uid) => tracked.has(uid),
    known(uid) {
      const entry = tracked.get(uid);
      return entry?.waiting?.at(-1)?.event.application ?? entry?.application;
    },
    *matching() {
      for (const [uid, { open }] of tracked) {
        const told = toldRows(uid, open, deps.now());
        if (told.length > 0) yield { uid, told };
      }
    },
    size: () => tracked.size,
    stop() {
      stopped = true;
      putOff.stop();
      postponed = [];
      for (const { application } of tracked.values()) metrics.forgetApplication(application);
      tracked.clear();
      for (const resolve of waiters.splice(0)) resolve();
    },
  };
}

function recordRow(value: ApplicationRecord): Row<'application'> {
  return { kind: 'application', key: '', value };
}

function goneRow(revision: string, now: number): Row<'gone'> {
  return { kind: 'gone', key: '', value: { revision }, expiresAt: now + goneFor };
}

/** What was imported, but for notices that have changed since, of which there is one row. */
function partsOfImport(rows: readonly Row[], decided: readonly DecidedPart[]): Part[] {
  const changed = new Set(
    decided.flatMap(({ put = [], remove = [] }) => [...put, ...remove].map(({ key }) => key)),
  );
  return rows.filter(({ key }) => !changed.has(key)).map((row) => ({ put: [row] }));
}

/** An alert is active while its condition holds; a failed evaluation is no answer, so it leaves the alert as it was. */
function activeAlerts(
  entry: Tracked,
  evaluations: readonly AlertEvaluation[],
): { trigger: string; severity: string; since: number }[] {
  const alerts = new Map<string, { trigger: string; severity: string; since: number }>();
  for (const evaluation of evaluations) {
    if (evaluation.result.status === 'unmatched') continue;
    const alert = entry.open.get(slotOf(evaluation))?.alerts.at(-1);
    if (!alert) continue;
    const { trigger, severity } = evaluation;
    const key = `${trigger}\n${severity}`;
    const since = Math.min(alert.since, alerts.get(key)?.since ?? Number.POSITIVE_INFINITY);
    alerts.set(key, { trigger, severity, since });
  }
  return [...alerts.values()];
}

/**
 * An Application without finalizers vanishes without ever carrying a deletionTimestamp; conditions such as
 * `app.metadata.deletionTimestamp != nil` get to see one all the same.
 */
function withDeletionTimestamp({ application, observedAt }: ApplicationEvent): Application {
  const metadata = application.object.metadata as JsonObject;
  if (metadata.deletionTimestamp) return application;
  const deletionTimestamp = `${new Date(observedAt).toISOString().slice(0, 19)}Z`;
  return { ...application, object: { ...application.object, metadata: { ...metadata, deletionTimestamp } } };
}

function nameOf(application: Application): string {
  return `${application.namespace}/${application.name}`;
}
