/** The environment of conditions: what argocd-notifications gives them. */
import { type GoLocation } from '../go/location.ts';
import { createNamespaces } from '../go/namespaces/create.ts';
import type { RepoProvider } from '../go/namespaces/repo.ts';
import { GoBytes, GoTypedMap } from '../go/value.ts';
import type { JsonObject } from '../model.ts';
import type { ConditionVars } from './trigger.ts';

export interface ConditionSources {
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
  /** What `Local` means; default the zone of the process. */
  local?: () => GoLocation;
}

/** A `map[string]string`. */
export const stringMap = (entries: Readonly<Record<string, string>>): GoTypedMap =>
  new GoTypedMap('string', new Map(Object.entries(entries)));

/** A `map[string][]byte`. */
export const bytesMap = (entries: Readonly<Record<string, Uint8Array>>): GoTypedMap =>
  new GoTypedMap('bytes', new Map(Object.entries(entries).map(([key, value]) => [key, new GoBytes(value)])));

export function conditionVars(sources: ConditionSources): ConditionVars {
  const { app, context, secrets, appProject, now, repo, local } = sources;
  const namespaces = createNamespaces({
    now: () => now,
    ...(repo === undefined ? {} : { repo }),
    ...(local === undefined ? {} : { local }),
  });
  return {
    now,
    values: {
      app,
      context: stringMap({ ...context, notificationType: '' }),
      ...(secrets === undefined ? {} : { secrets: bytesMap(secrets) }),
      appProject: appProject ?? null,
      ...namespaces,
    },
  };
}
