/** The variables of the conformance vectors, with the types that Kubernetes' decoder gives them. */
import { readFileSync } from 'node:fs';
import { decodeJson } from '../../src/go/json.ts';
import { UTC } from '../../src/go/location.ts';
import { createNamespaces } from '../../src/go/namespaces/create.ts';
import type { RepoProvider } from '../../src/go/namespaces/repo.ts';
import { appDetailsValue, commitMetadataValue } from '../../src/go/namespaces/repo-values.ts';
import type { GoTime } from '../../src/go/time.ts';
import { parseRFC3339 } from '../../src/go/time-parse.ts';
import type { JsonObject } from '../../src/model.ts';
import { bytesMap, stringMap } from '../../src/triggers/vars.ts';

/** The clock of all vectors. */
export const FROZEN_NOW = Date.UTC(2026, 10, 22, 12);

export interface Fixtures {
  context: Record<string, string>;
  secrets: Record<string, string>;
  appProject: JsonObject;
  commitMetadata: Record<string, CommitMetadata>;
  appDetails: AppDetails;
  vars: Record<string, JsonObject>;
  apps: Record<string, JsonObject>;
}

interface CommitMetadata {
  Message: string;
  Author: string;
  Date: string;
  Tags: string[];
}

interface NamedValue {
  Name: string;
  Value?: string;
  Path?: string;
}

interface AppDetails {
  Type: string;
  Helm: {
    HelmAppSpec: {
      Name: string;
      ValueFiles: string[];
      Parameters: NamedValue[];
      Values: string;
      FileParameters: NamedValue[];
    };
    HelmParameterOverrides: NamedValue[];
  } | null;
}

export const readFixtures = (file: string): Fixtures => decodeJson(readFileSync(file, 'utf8')) as Fixtures;

/** The fixed answers that the vectors marked `stubbedRepoServer` got. */
export function fixedRepo(fixtures: Fixtures, app: JsonObject | undefined): RepoProvider {
  return {
    commitMetadata: (revision) => {
      const spec = (app?.['spec'] ?? {}) as { source?: { repoURL?: string } };
      if (spec.source?.repoURL === undefined) throw new Error('failed to get application source repo URL');
      const found = fixtures.commitMetadata[revision];
      if (found === undefined) throw new Error(`unknown commit ${revision}`);
      const date = parseRFC3339(found.Date, UTC) as { time: GoTime };
      const { Message: message, Author: author, Tags: tags } = found;
      return commitMetadataValue({ message, author, date: date.time, tags });
    },
    appDetails: () => appDetails(fixtures.appDetails),
  };
}

function appDetails({ Type: type, Helm: helm }: AppDetails): unknown {
  const named = ({ Name: name, Value: value = '', Path: path = '' }: NamedValue) => ({ name, value, path });
  const spec = helm?.HelmAppSpec;
  return appDetailsValue({
    type,
    helm: spec && {
      name: spec.Name,
      valueFiles: spec.ValueFiles,
      parameters: spec.Parameters.map(named),
      values: spec.Values,
      fileParameters: spec.FileParameters.map(named),
      overrides: helm?.HelmParameterOverrides.map(named) ?? [],
    },
    kustomize: undefined,
    directory: false,
  });
}

const encoder = new TextEncoder();
const encodeAll = (texts: Record<string, string>): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, encoder.encode(text)]));

/** The variables of a case: those of an Application (`{app, context, secrets, appProject}`) or a plain set. */
export function caseVars(
  fixtures: Fixtures,
  vector: { vars?: JsonObject; varsRef?: string },
  notificationType: string,
): Record<string, unknown> {
  const ref = vector.varsRef ?? '';
  const app = fixtures.apps[ref];
  const plain: Record<string, unknown> =
    app === undefined
      ? { ...(fixtures.vars[ref] ?? vector.vars) }
      : {
          app,
          appProject: fixtures.appProject,
          context: { ...fixtures.context, notificationType },
          secrets: fixtures.secrets,
        };
  for (const [key, make] of [
    ['context', (value: object) => stringMap(value as Record<string, string>)],
    ['secrets', (value: object) => bytesMap(encodeAll(value as Record<string, string>))],
  ] as const) {
    const value = plain[key];
    if (typeof value === 'object' && value !== null) plain[key] = make(value);
  }
  const { time, strings, repo } = createNamespaces({
    now: () => FROZEN_NOW,
    local: () => UTC,
    repo: fixedRepo(fixtures, app ?? (vector.vars?.['app'] as JsonObject | undefined)),
  });
  return { ...plain, time, strings, repo };
}
