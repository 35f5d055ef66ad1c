import { type DecidedPart, decide, type Evaluation, openNotices } from '../alerts/decide.ts';
import { rowsOfImport } from '../alerts/imported-rows.ts';
import { lastWell } from '../alerts/last-well.ts';
import { placeOf } from '../alerts/lives.ts';
import type { ImportedAlert } from '../alerts/notified-annotation.ts';
import type { Clock } from '../clock.ts';
import type { Part } from '../ledger/pieces.ts';
import type { ApplicationRecord, Row } from '../ledger/rows.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, Delivery } from '../model.ts';
import { applicationRecord, recordFingerprint } from './application-record.ts';
import type { Asking } from './asking.ts';
import type { AlertEvaluation } from './evaluate.ts';
import type { Groups } from './groups.ts';
import type { About, Ongoing } from './ongoing.ts';
import type { Hold } from './progress.ts';
import { activeAlerts, type Tracked } from './tracked.ts';
import type { LedgerWriter, Write } from './writer.ts';

/** What evaluations mean for an Application, handed to the writer. */
export interface Deciding {
  /**
   * `isHistoryNew`: what it remembers of the past is to be written, too. Answers when it is to be looked at again although
   * nothing happens, Unix milliseconds.
   */
  decide(
    entry: Tracked,
    evaluations: readonly AlertEvaluation[],
    about: AboutDecision & { isHistoryNew: boolean },
    hold: Hold,
  ): number | undefined;
  /** The same where nothing is known but that time has passed. */
  pass(entry: Tracked, about: AboutDecision, hold: Hold): number | undefined;
  /** Whether something of its alerts is still to be told. */
  isOwed(entry: Tracked): boolean;
  /** The Application was deleted; `isOwed`: its rows stay until all is told. */
  forget(entry: Tracked, hold: Hold): void;
}

interface AboutDecision {
  observedAt: number;
  over?: NonNullable<About['over']>;
  /** Nothing has happened to the Application. */
  isAgain?: boolean;
  /** Up to when alerts ripen, Unix milliseconds. @defaultValue now, and never while what follows is to be replayed */
  ripeUntil?: number;
}

interface Deps {
  writer: Pick<LedgerWriter, 'write'>;
  ongoing: Ongoing;
  groups: Pick<Groups, 'set' | 'suspend'>;
  asking: Pick<Asking, 'ask'>;
  /** What argocd-notifications has recorded on the Application itself. */
  importAlerts(application: Application, evaluations: readonly AlertEvaluation[]): ImportedAlert[];
  /** Told of alerts without oncePer that are over. */
  onEnded(application: Application, evaluations: readonly Evaluation[]): void;
  /** Told of oncePer values that count as told without a message. */
  onNamed(delivery: Delivery): void;
  metrics: Pick<Metrics, 'setAlerts'>;
  clock: Pick<Clock, 'now'>;
}

/**
 * Milliseconds for which it is remembered that an Application was deleted: longer than an API server remembers what
 * happened before, which is minutes.
 */
const goneFor = 7 * 24 * 3_600_000;

const noTimes: ReadonlyMap<string, number> = new Map();

export function createDeciding({ writer, ongoing, groups, metrics, clock, ...deps }: Deps): Deciding {
  /** What groups are to know of an Application is what is durable. */
  function write(entry: Tracked, change: Write, hold: Hold): void {
    const { uid } = entry.application;
    const { life } = entry;
    const shared = hold.share();
    if (!life) {
      writer.write(uid, change, shared);
      return;
    }
    life.unwritten.count += 1;
    groups.suspend(uid);
    const durable: Hold = {
      share: () => durable,
      release() {
        shared.release();
        life.unwritten.count -= 1;
        handOn(entry);
      },
    };
    writer.write(uid, change, durable);
  }

  function handOn(entry: Tracked): void {
    if (entry.life?.unwritten.count === 0) groups.set(entry.application.uid, entry.life.members);
  }

  const deciding: Deciding = {
    decide(entry, evaluations, about, hold) {
      const { observedAt, isHistoryNew, isAgain = false, over, ripeUntil = latest(entry) } = about;
      const { application } = entry;
      const occurrence = Math.max(clock.now(), entry.decidedAt + 1);
      const firstSight = entry.fingerprint === undefined;
      const imported = rowsOfImport(
        application.uid,
        firstSight ? deps.importAlerts(application, evaluations) : [],
        occurrence,
      );
      if (imported.rows.length > 0)
        entry.open = openNotices(imported.rows.filter((row) => row.kind === 'notice'));
      const openBefore = unvalued(entry);
      const {
        parts: ofAlerts,
        plain,
        due,
        ask,
      } = ongoing.advance(entry, evaluations, {
        now: clock.now(),
        occurrence,
        observedAt,
        isAgain,
        imported: imported.rows.length > 0 ? timesOf(imported.rows) : noTimes,
        ...(over ? { over } : {}),
        ...(ripeUntil === undefined ? {} : { ripeUntil }),
      });
      const decision = decide(
        application,
        plain,
        entry.open,
        { now: occurrence, observedAt, lastWell: lastWell(entry.well, application.object) },
        imported.told,
      );
      entry.open = decision.open;
      const decided = [...ofAlerts, ...decision.parts];
      if (decided.length > 0) entry.decidedAt = occurrence;
      metrics.setAlerts(application, activeAlerts(entry, evaluations));
      const isTold = entry.fingerprint !== undefined || evaluations.length + decided.length > 0;
      const parts = [...partsOfImport(imported.rows, decided), ...decided];
      const record = isTold ? recordOf(entry, parts.length > 0 || isHistoryNew) : undefined;
      for (const delivery of decision.named) deps.onNamed(delivery);
      const openNow = unvalued(entry);
      const endedAlerts = evaluations.filter(
        (evaluation) => openBefore.has(placeOf(evaluation)) && !openNow.has(placeOf(evaluation)),
      );
      const ended = [...decision.ended, ...endedAlerts];
      if (ended.length > 0) deps.onEnded(application, ended);
      // In one write with what the deletion means: after a crash it is not evaluated again, and begins no alert again.
      const gone = over === 'application deleted' ? [goneRow(entry)] : [];
      if (record)
        write(
          entry,
          { parts, last: { put: [{ kind: 'application', key: '', value: record }, ...gone] } },
          hold,
        );
      else handOn(entry);
      if (ask.length > 0) deps.asking.ask(entry, ask);
      return due;
    },
    pass(entry, about, hold) {
      const evaluations = (entry.life?.evaluations ?? []).map((evaluation) => ({
        ...evaluation,
        result: noAnswer,
      }));
      return deciding.decide(entry, evaluations, { ...about, isHistoryNew: false }, hold);
    },
    isOwed: ({ life }) => life !== undefined && life.alerts.size > 0,
    forget(entry, hold) {
      const { application, fingerprint, life } = entry;
      // Of one without a record there is nothing to forget.
      if (fingerprint === undefined) return;
      const clear = life === undefined || life.alerts.size === 0;
      writer.write(application.uid, { clear, last: { put: [goneRow(entry)] } }, hold.share());
    },
  };

  function goneRow({ application }: Tracked): Row<'gone'> {
    const value = { revision: application.resourceVersion };
    return { kind: 'gone', key: '', value, expiresAt: clock.now() + goneFor };
  }

  return deciding;
}

/** Until what follows is replayed, nobody knows whether it lasts. */
function latest({ isPast }: Tracked): number | undefined {
  return isPast ? Number.NEGATIVE_INFINITY : undefined;
}

/** Conditions that have an open alert without oncePer. */
function unvalued({ life }: Tracked): ReadonlySet<string> {
  const open = [...(life?.alerts.values() ?? [])].filter(
    ({ state, oncePer }) => state !== 'resolved' && oncePer === '',
  );
  return new Set(open.map(placeOf));
}

const noAnswer = { status: 'failed', error: 'nothing but time has passed' } as const;

/** When oncePer values were told, by the keys of their rows. */
function timesOf(rows: readonly Row[]): Map<string, number> {
  return new Map(rows.flatMap((row) => (row.kind === 'told' ? [[row.key, row.value.since] as const] : [])));
}

/**
 * The record is written when the Application is first subscribed to something, with each change, and when what decides
 * about subscriptions differs.
 */
function recordOf(entry: Tracked, isChanged: boolean): ApplicationRecord | undefined {
  const record = {
    ...applicationRecord(entry.application),
    history: entry.history,
    ...(entry.well ? { well: entry.well } : {}),
  };
  const fingerprint = recordFingerprint(record);
  const isNew = fingerprint !== entry.fingerprint;
  entry.fingerprint = fingerprint;
  return isNew || isChanged ? record : undefined;
}

/** What was imported, but for notices that have changed since, of which there is one row. */
function partsOfImport(rows: readonly Row[], decided: readonly DecidedPart[]): Part[] {
  const changed = new Set(
    decided.flatMap(({ put = [], remove = [] }) => [...put, ...remove].map(({ key }) => key)),
  );
  return rows.filter(({ key }) => !changed.has(key)).map((row) => ({ put: [row] }));
}
