/**
 * The sync windows of an AppProject as they bear on an Application: whether Argo CD lets it be synced, and until when
 * (behaviour of Argo CD's `SyncWindows.CanSync`, of which test/argocd has vectors). Pure.
 */
import { operationOf, readTime } from './application.ts';
import { isApplicationSet } from './application-set.ts';
import { at, objectsAt } from './json.ts';
import type { JsonObject } from './model.ts';
import { readSyncWindow, type SyncWindow } from './sync-window.ts';

export interface SyncWindowsState {
  /** The windows that are for the Application, in the order of the AppProject. */
  assigned: readonly SyncWindow[];
  active: readonly SyncWindow[];
  /** Those for which it is not synced by itself: open ones that deny, or closed ones that allow, or those that are wrong. */
  blocking: readonly SyncWindow[];
  /** Argo CD begins to sync it by itself. */
  canSync: boolean;
  /** A person may begin to sync it. */
  canSyncManually: boolean;
  /** Its operation is running and held up. */
  isOperationBlocked: boolean;
  /** What is wrong with a window, for which Argo CD lets nobody sync. */
  error?: string;
  /** When any window opens or closes next, Unix milliseconds; Infinity where none does within five years. */
  changesAt: number;
  /** When `canSync` next comes to something else; Infinity where that is not in sight. Takes longer than the rest. */
  until(): number;
}

/** All windows of an AppProject. */
export function readSyncWindows(project: JsonObject | null | undefined): readonly SyncWindow[] {
  return objectsAt(project ?? {}, 'spec', 'syncWindows').map(readSyncWindow);
}

export function syncWindowsAt(
  app: JsonObject,
  windows: readonly SyncWindow[],
  now: number,
): SyncWindowsState {
  const assigned = isApplicationSet(app) ? [] : windows.filter((window) => window.isFor(app));
  const wrong = assigned.filter(({ error }) => error !== undefined);
  const { phase } = operationOf(app);
  const [first] = wrong;
  if (first?.error !== undefined) {
    const refused = { canSync: false, canSyncManually: false, isOperationBlocked: phase === 'Running' };
    const { error } = first;
    const never = Number.POSITIVE_INFINITY;
    return { ...refused, assigned, active: [], blocking: wrong, error, changesAt: never, until: () => never };
  }
  const { active, blocking } = standing(assigned, now);
  return {
    assigned,
    active,
    blocking,
    canSync: blocking.length === 0,
    canSyncManually: allows(blocking, true),
    isOperationBlocked: phase === 'Running' && !mayGoOn(app, assigned, now),
    changesAt: Math.min(...assigned.map((window) => window.changesAt(now))),
    until: () => changeAfter(assigned, now),
  };
}

interface Standing {
  active: readonly SyncWindow[];
  blocking: readonly SyncWindow[];
}

function standing(assigned: readonly SyncWindow[], moment: number, zoneAt = moment): Standing {
  const active = assigned.filter((window) => window.isActive(moment, zoneAt));
  const denying = active.filter(({ kind }) => kind === 'deny');
  if (denying.length > 0) return { active, blocking: denying };
  const allowing = assigned.filter(({ kind }) => kind === 'allow');
  return { active, blocking: allowing.some((window) => active.includes(window)) ? [] : allowing };
}

function allows(blocking: readonly SyncWindow[], isManual: boolean): boolean {
  return blocking.length === 0 || (isManual && blocking.every(({ manualSync }) => manualSync));
}

/** An operation that was allowed when it began is not held up by windows that all let it overrun. */
function mayGoOn(app: JsonObject, assigned: readonly SyncWindow[], now: number): boolean {
  const isManual = at(app, 'status', 'operationState', 'operation', 'initiatedBy', 'automated') !== true;
  const { blocking } = standing(assigned, now);
  if (allows(blocking, isManual)) return true;
  const started = readTime(operationOf(app).startedAt);
  if (!started || !blocking.every(({ syncOverrun }) => syncOverrun)) return false;
  return allows(standing(assigned, started.seconds * 1_000, now).blocking, isManual);
}

/** Windows that open and close in turns are followed for so long, and so often. */
const longest = 5 * 366 * 86_400_000;
const mostSteps = 1_000;

function changeAfter(assigned: readonly SyncWindow[], now: number): number {
  const isBlocked = standing(assigned, now).blocking.length > 0;
  let moment = now;
  for (let steps = 0; steps < mostSteps && moment < now + longest; steps += 1) {
    const { active, blocking } = standing(assigned, moment);
    if (blocking.length > 0 !== isBlocked) return moment;
    const ends = (windows: readonly SyncWindow[]) => windows.map((window) => window.changesAt(moment));
    const others = assigned.filter((window) => !active.includes(window));
    const allowing = active.filter(({ kind }) => kind === 'allow');
    // All that deny have to close, or one that allows to open; of those that allow the last has to close, or one that denies to open.
    moment = isBlocked
      ? active.some((window) => blocking.includes(window))
        ? Math.max(...ends(blocking))
        : Math.min(...ends(blocking))
      : Math.min(
          ...ends(others.filter(({ kind }) => kind === 'deny')),
          allowing.length > 0 ? Math.max(...ends(allowing)) : Number.POSITIVE_INFINITY,
        );
  }
  return Number.POSITIVE_INFINITY;
}
