/** The environment of conditions: what argocd-notifications gives them. */
import { subjectOf } from '../application-set.ts';
import { MILLISECOND, parseDuration } from '../go/duration.ts';
import { functionType, goFunction } from '../go/function.ts';
import type { GoLocation } from '../go/location.ts';
import { createNamespaces } from '../go/namespaces/create.ts';
import type { RepoProvider } from '../go/namespaces/repo.ts';
import { sharedValues } from '../go/namespaces/shared.ts';
import { syncWindowsValues } from '../go/namespaces/sync-windows.ts';
import { goInt } from '../go/numbers.ts';
import type { GoFunction } from '../go/typed.ts';
import { GoBytes, GoTypedMap } from '../go/value.ts';
import type { JsonObject } from '../model.ts';
import type { SyncWindow } from '../sync-window.ts';
import { readSyncWindows, syncWindowsAt } from '../sync-windows.ts';
import type { ConditionVars, StepAllowance } from './trigger.ts';

export interface ConditionSources {
  /** What the conditions are about; an ApplicationSet is `applicationset` to them, and their `app` is nil. */
  app: JsonObject;
  /** The ConfigMap's `context`; `notificationType` is added, empty. */
  context: Readonly<Record<string, string>>;
  /** Data of the Secret, decoded; left out under self-service. */
  secrets?: Readonly<Record<string, Uint8Array>>;
  appProject?: JsonObject | null;
  /** Unix milliseconds. */
  now: number;
  /** Answers of Argo CD for `repo.GetCommitMetadata` and `repo.GetAppDetails`; without it both fail. */
  repo?: RepoProvider;
  /**
   * Ours, `changes(value, "10m")`: how often a value changed within a window, as the caller's history knows it.
   * Without it the function does not exist. `value` is a Go value, the window in milliseconds.
   */
  changes?: (value: unknown, window: number) => number;
  /**
   * Ours, `operationStartedAfter(value)`: whether the operation that runs, or ran last, was started after the value
   * changed. Without it the function does not exist.
   */
  operations?: OperationHistory;
  /** The sync windows of `appProject`. @defaultValue read anew */
  syncWindows?: () => readonly SyncWindow[];
  /** Told when what a condition was answered may next be otherwise although nothing happens, Unix milliseconds. */
  due?: (at: number) => void;
  /** What the evaluations with these variables may spend together. */
  allowance?: StepAllowance;
  /** What `Local` means; default the zone of the process. */
  local?: () => GoLocation;
}

/** When values changed, counted in operations of the Application. */
export interface OperationHistory {
  /** Told with every evaluation. */
  note(name: string, value: unknown): void;
  startedAfter(name: string): boolean;
}

/** A `map[string]string`. */
export const stringMap = (entries: Readonly<Record<string, string>>): GoTypedMap =>
  new GoTypedMap('string', new Map(Object.entries(entries)));

/** A `map[string][]byte`. */
export const bytesMap = (entries: Readonly<Record<string, Uint8Array>>): GoTypedMap =>
  new GoTypedMap('bytes', new Map(Object.entries(entries).map(([key, value]) => [key, new GoBytes(value)])));

const CHANGES = functionType('func(interface {}, string) int');

function changesFunction(changes: (value: unknown, window: number) => number): GoFunction {
  return goFunction(CHANGES, (value: unknown, window: string) => {
    const duration = parseDuration(window);
    if (duration === undefined || duration.nanoseconds <= 0n)
      throw new Error(`changes: bad window ${JSON.stringify(window)}`);
    return goInt(changes(value, Number(duration.nanoseconds / MILLISECOND)));
  });
}

/** The compiler adds the name of the value as a second argument, see expr/tracked.ts. */
const STARTED_AFTER = functionType('func(interface {}, string) bool');

export function conditionVars(sources: ConditionSources): ConditionVars {
  const { app, context, secrets, appProject, now, repo, changes, operations, allowance, local } = sources;
  const { due, syncWindows = () => readSyncWindows(appProject) } = sources;
  let ofWindows: unknown;
  function windowsValues(): unknown {
    if (ofWindows !== undefined) return ofWindows;
    const state = syncWindowsAt(app, syncWindows(), now);
    if (Number.isFinite(state.changesAt)) due?.(state.changesAt);
    ofWindows = syncWindowsValues(state, now);
    return ofWindows;
  }
  const namespaces = createNamespaces({
    now: () => now,
    ...(repo === undefined ? {} : { repo }),
    ...(local === undefined ? {} : { local }),
  });
  return {
    now,
    ...(allowance === undefined ? {} : { allowance }),
    ...(operations === undefined ? {} : { note: operations.note }),
    values: {
      ...subjectOf(app),
      context: stringMap({ ...context, notificationType: '' }),
      ...(secrets === undefined ? {} : { secrets: bytesMap(secrets) }),
      appProject: appProject ?? null,
      shared: sharedValues({ app, context, repo, syncWindows: windowsValues }),
      ...namespaces,
      ...(changes === undefined ? {} : { changes: changesFunction(changes) }),
      ...(operations === undefined
        ? {}
        : {
            operationStartedAfter: goFunction(STARTED_AFTER, (_: unknown, name: string) =>
              operations.startedAfter(name),
            ),
          }),
    },
  };
}
