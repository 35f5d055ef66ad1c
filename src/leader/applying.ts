import { noteWell } from '../alerts/last-well.ts';
import type { Clock } from '../clock.ts';
import { isBefore } from '../cluster/revision.ts';
import { textAt } from '../json.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { JsonObject } from '../model.ts';
import { type ApplicationEvent, nameOf, withDeletionTimestamp } from './application-event.ts';
import type { Deciding } from './deciding.ts';
import type { Deletions } from './deletions.ts';
import type { EvaluationProblems } from './evaluation-problems.ts';
import type { Evaluator } from './evaluator.ts';
import type { Leaving } from './leaving.ts';
import type { About } from './ongoing.ts';
import { type Hold, together } from './progress.ts';
import type { Tracked } from './tracked.ts';

/** What an event means for an Application of which all is known that the ledger holds. */
export interface Applying {
  /** Never throws. */
  apply(entry: Tracked, event: ApplicationEvent, hold: Hold): void;
}

interface Deps {
  deciding: Deciding;
  deletions: Pick<Deletions, 'shownOn' | 'take' | 'dueAt'>;
  evaluator: Pick<Evaluator, 'evaluate'>;
  leaving: Pick<Leaving, 'add'>;
  problems: Pick<EvaluationProblems, 'stuck'>;
  isRefreshed(object: JsonObject): boolean;
  /** Told of what it costs, in steps of conditions. */
  spend(steps: number): void;
  /** When to look at it again although nothing happens. */
  schedule(uid: string, at: number | undefined): void;
  /** It is not tracked any more. */
  drop(entry: Tracked): void;
  metrics: Pick<Metrics, 'setApplication'>;
  clock: Pick<Clock, 'now'>;
  log: Logger;
}

/** What an alert with an end costs beside its condition. */
const stepsOfAlert = 400;

type Over = NonNullable<About['over']>;

export function createApplying(deps: Deps): Applying {
  const { deciding, deletions, evaluator, schedule } = deps;

  function applied(entry: Tracked, event: ApplicationEvent, hold: Hold): void {
    if (event.kind === 'unwatched') {
      pass(entry, event, hold, 'unsubscribed');
      leave(entry, 'unsubscribed', hold);
    } else if (event.kind === 'deleted') remove(entry, event, hold);
    // It happened before its deletion, which is written.
    else if (entry.isGone && event.isReplayed) return;
    // What has become of it is about to be replayed, and evaluated then.
    else if (event.isAgain && entry.isPast) return;
    else if (!isDecided(event, entry)) {
      entry.isPast = event.isPast === true;
      entry.application = deletions.shownOn(event.application);
      if (!event.isUnread) evaluate(entry, event, hold);
    }
  }

  function remove(entry: Tracked, event: ApplicationEvent, hold: Hold): void {
    const over = 'application deleted';
    endPast(entry, event, hold);
    entry.application = deletions.shownOn(withDeletionTimestamp(event));
    // Who is subscribed is all that is asked for once the deletion is decided.
    if (entry.isGone && entry.life) entry.life.evaluations = evaluator.evaluate(entry).evaluations;
    if (entry.isGone) pass(entry, event, hold, over);
    else evaluate(entry, event, hold, over);
    leave(entry, over, hold);
  }

  /** What had lasted long enough when it was deleted is told, as it would have been. */
  function endPast(entry: Tracked, { application, observedAt }: ApplicationEvent, hold: Hold): void {
    if (!entry.isPast) return;
    entry.isPast = false;
    const ripeUntil = Date.parse(textAt(application.object, 'metadata', 'deletionTimestamp'));
    if (entry.life && !Number.isNaN(ripeUntil)) deciding.pass(entry, { observedAt, ripeUntil }, hold);
  }

  function leave(entry: Tracked, why: Over, hold: Hold): void {
    deps.drop(entry);
    if (why === 'application deleted') deciding.forget(entry, hold);
    if (deciding.isOwed(entry)) deps.leaving.add(entry, why);
  }

  /** Only time has passed, as far as is known. */
  function pass(
    entry: Tracked,
    { observedAt }: ApplicationEvent,
    hold: Hold,
    over?: Over,
  ): number | undefined {
    if (!entry.life) return undefined;
    return deciding.pass(entry, { observedAt, ...(over ? { over } : {}) }, hold);
  }

  function evaluate(entry: Tracked, event: ApplicationEvent, hold: Hold, over?: Over): void {
    const { application } = entry;
    const { kind, observedAt, isAgain = false } = event;
    deps.metrics.setApplication(application, observedAt);
    if (kind === 'seen' && !deps.isRefreshed(application.object)) {
      if (entry.life) schedule(application.uid, pass(entry, event, hold));
      return;
    }
    deps.problems.stuck(entry);
    const { history, well } = entry;
    const { evaluations, dueAt } = evaluator.evaluate(entry);
    if (!application.kind) entry.well = noteWell(well, application.object, deps.clock.now());
    const held = deletions.take(application.uid);
    const isHistoryNew = entry.history !== history || entry.well !== well || held !== undefined;
    const about = { observedAt, isHistoryNew, isAgain, ...(over ? { over } : {}) };
    const decided = deciding.decide(entry, evaluations, about, together(hold, held));
    held?.release();
    schedule(application.uid, earliest(dueAt, decided, deletions.dueAt(application.uid)));
    deps.spend(stepsOfAlert * (entry.life?.alerts.size ?? 0));
  }

  return {
    apply(entry, event, hold) {
      try {
        applied(entry, event, hold);
      } catch (error) {
        deps.log.error(
          { err: error, application: nameOf(event.application) },
          'Application could not be evaluated: please report this',
        );
      }
    },
  };
}

function earliest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** A replayed event that an earlier process has decided about: later ones are in the ledger. */
function isDecided(
  { application, isReplayed }: ApplicationEvent,
  { decidedUpTo }: Pick<Tracked, 'decidedUpTo'>,
): boolean {
  return (
    isReplayed === true && decidedUpTo !== undefined && isBefore(application.resourceVersion, decidedUpTo)
  );
}
