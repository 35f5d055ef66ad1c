import { adopt } from '../alerts/adoption.ts';
import { noticeKey } from '../alerts/keys.ts';
import { lastWell } from '../alerts/last-well.ts';
import { live, placeOf } from '../alerts/lives.ts';
import type { Silence } from '../alerts/mutes.ts';
import { silenceOfAnnotations } from '../alerts/silence-annotations.ts';
import type { Configurations } from '../configurations/configurations.ts';
import { objectAt, textAt } from '../json.ts';
import type { Part } from '../ledger/pieces.ts';
import type { Alert, AlertEnd, AlertIdentity, OngoingNotice } from '../ledger/rows.ts';
import type { Application, JsonObject } from '../model.ts';
import type { AlertReport } from './alert-report.ts';
import { conditionsOf, type EvaluatedCondition } from './conditions.ts';
import type { AlertEvaluation } from './evaluate.ts';
import type { Groups } from './groups.ts';
import type { Holding } from './holding.ts';
import { createLife, type Life } from './life.ts';
import { createTelling } from './telling.ts';
import type { Tracked } from './tracked.ts';

/** What results, or nothing but time, mean for the alerts of an Application that have an end. */
export interface Ongoing {
  /** Takes on the life of the entry, and takes out of its open notices those that are alerts with an end now. */
  advance(entry: Tracked, evaluations: readonly AlertEvaluation[], about: About): Advance;
}

export interface About {
  now: number;
  /** A time at which no alert of this Application began before. */
  occurrence: number;
  observedAt: number;
  /** Nothing has happened to the Application: what it is decided by may have changed. */
  isAgain: boolean;
  /** When oncePer values were told by argocd-notifications, by the keys of their rows. */
  imported: ReadonlyMap<string, number>;
  /** The Application is gone, or not watched any more. */
  over?: Exclude<AlertEnd, 'recovered'>;
  /** Up to when alerts ripen, Unix milliseconds; absent: now. */
  ripeUntil?: number;
}

export interface Advance {
  parts: Part[];
  /** Of conditions whose matches are told once. */
  plain: readonly AlertEvaluation[];
  due?: number;
  /** Keys of rows of oncePer values that the ledger is to be asked about before more can be told. */
  ask: string[];
}

interface Deps {
  configurations: Pick<Configurations, 'get'>;
  holding: Holding;
  groups: Pick<Groups, 'holders' | 'isComplete' | 'opensAt'>;
  project(application: Application): JsonObject | undefined;
  report: AlertReport;
}

const nothing: Omit<Advance, 'plain'> = { parts: [], ask: [] };

export function createOngoing(deps: Deps): Ongoing {
  const { configurations, holding } = deps;
  const telling = createTelling(deps);

  function silencesOf(application: Application): Silence[] {
    const { namespace, name, annotations, project } = application;
    const own = silenceOfAnnotations(annotations, `${namespace}/${name}`);
    const ofProject = silenceOfAnnotations(annotationsOf(deps.project(application)), `AppProject ${project}`);
    return [own, ofProject].flatMap(({ silence }) => silence ?? []);
  }

  const isToldByGroup = (key: string): boolean => deps.groups.holders(key).some(({ isTold }) => isTold);

  const exists = ({ configNamespace, trigger, condition }: AlertIdentity): boolean =>
    configurations
      .get(configNamespace)
      ?.config.triggers.get(trigger)
      ?.conditions.some(({ id }) => id === condition) ?? false;

  function withAcknowledgement(alert: Alert): Alert {
    if (alert.state === 'resolved') return alert;
    const asked = holding.acknowledged(alert.key);
    if (!asked) return alert;
    const { at, by, comment, withdrawn } = asked;
    const { acknowledged: _before, ...kept } = alert;
    return withdrawn ? kept : { ...kept, acknowledged: { at, by, comment } };
  }

  return {
    advance(entry, evaluations, about) {
      const { application } = entry;
      const { now, occurrence, observedAt, isAgain, over, ripeUntil } = about;
      const silences = silencesOf(application);
      const isPlain =
        !entry.life &&
        silences.length === 0 &&
        evaluations.every(({ of, configNamespace }) => !of.lifecycle && holding.isIdle(configNamespace));
      if (isPlain) return { ...nothing, plain: evaluations };
      const evaluated = conditionsOf(deps, application, evaluations, silences, now);
      const conditions = evaluated.map(({ condition }) => condition);
      if (!entry.life && !conditions.some(({ isOngoing }) => isOngoing))
        return { ...nothing, plain: evaluations };
      const life = entry.life ?? createLife();
      const taken = takeOver(entry, life, evaluated, about);
      const lives = live(identityOf(application), taken.alerts, conditions, {
        now,
        occurrence,
        isAgain,
        exists,
        lastWell: lastWell(entry.well, application.object),
        ...(ripeUntil === undefined ? {} : { ripeUntil }),
        ...(over ? { over: { why: over, spares: sparing(application, life, isToldByGroup) } } : {}),
      });
      const alerts = new Map([...lives.alerts].map(([key, alert]) => [key, withAcknowledgement(alert)]));
      const told = telling.tell({
        application,
        life,
        alerts,
        notices: taken.notices,
        evaluated: new Map(evaluated.map((each) => [placeOf(each.condition), each])),
        silences,
        isOver: over !== undefined,
        now,
        occurrence,
        observedAt,
      });
      entry.life = { ...told.life, evaluations };
      const dues = [lives.due, told.due].filter((due) => due !== undefined);
      return {
        // What was told once goes last: what takes its place is there then, wherever a crash comes.
        parts: [...told.parts, ...taken.parts],
        plain: evaluated.flatMap((each) => (lives.plain.has(each.condition) ? each.evaluations : [])),
        ask: told.ask,
        ...(dues.length > 0 ? { due: Math.min(...dues) } : {}),
      };
    },
  };
}

interface Taken {
  alerts: ReadonlyMap<string, Alert>;
  notices: ReadonlyMap<string, OngoingNotice>;
  parts: Part[];
}

/** Takes over what was told once of conditions whose matches are alerts with an end now. */
function takeOver(
  entry: Tracked,
  life: Life,
  evaluated: readonly EvaluatedCondition[],
  { imported, now }: About,
): Taken {
  if (entry.open.size === 0 && imported.size === 0) return { ...life, parts: [] };
  const alerts = new Map(life.alerts);
  const notices = new Map(life.notices);
  const parts: Part[] = [];
  const open = new Map(entry.open);
  const own = new Set([...alerts.values()].filter(({ state }) => state !== 'resolved').map(placeOf));
  const { uid } = entry.application;
  for (const { condition, evaluations } of evaluated) {
    if (!condition.isOngoing) continue;
    const destinations = evaluations.map(({ destination }) => destination);
    const adopted = adopt(identityOf(entry.application), condition, destinations, open, imported, now);
    for (const slot of adopted.slots) {
      open.delete(slot);
      parts.push({ remove: [{ kind: 'notice', key: noticeKey(uid, slot) }] });
    }
    if (own.has(placeOf(condition))) continue;
    for (const alert of adopted.alerts) alerts.set(alert.key, alert);
    for (const [key, notice] of adopted.notices) notices.set(key, notice);
  }
  entry.open = open;
  return { alerts, notices, parts };
}

/**
 * What came with the deletion itself is told first: that an Application is gone may be the very thing that a trigger is
 * about, and a group waits before it tells.
 */
function sparing(
  { object }: Application,
  { alerts, untold }: Life,
  isToldByGroup: (key: string) => boolean,
): (alert: Alert) => boolean {
  const deletedAt = Date.parse(textAt(object, 'metadata', 'deletionTimestamp'));
  return ({ key, since, firedAt }) =>
    firedAt !== undefined &&
    // Not when it fired: what is replayed fires when it is seen, long after.
    since >= deletedAt &&
    (!alerts.has(key) || (untold.has(key) && !isToldByGroup(key)));
}

function identityOf({ uid, namespace, name, project }: Application): Alert['application'] {
  return { uid, namespace, name, project };
}

function annotationsOf(project: JsonObject | undefined): Record<string, string> {
  return project ? (objectAt(project, 'metadata', 'annotations') as Record<string, string>) : {};
}
