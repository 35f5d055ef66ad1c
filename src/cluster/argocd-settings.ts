import { orAborted } from '../aborted.ts';
import { isObject, objectsAt, textAt } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import { ClusterError } from './cluster-error.ts';
import type { ApiRequest } from './connect.ts';
import { describeRight } from './rights.ts';
import { corePath } from './scope.ts';

/** What Argo CD keeps in its namespace about repositories and tools. Not for logs. */
export interface ArgocdSettings {
  /** Labelled `argocd.argoproj.io/secret-type`, `repository` or `repo-creds`; undefined: they may not be read. */
  secrets: { name: string; type: string; data: Record<string, string> }[] | undefined;
  /** Of argocd-cm; undefined: it may not be read, or is not there. */
  configMap: Record<string, string> | undefined;
}

interface Deps {
  connection: { json(request: Pick<ApiRequest, 'path' | 'query'>): Promise<unknown> };
  /** Told of a right that is missing, each time it is. */
  onForbidden(missing: { right: string; without: string; mend: string }): void;
}

const secretType = 'argocd.argoproj.io/secret-type';
const pageSize = 500;

/**
 * Reads them when they are needed, and keeps nothing: credentials of repositories are in this process only while a
 * question is asked with them. Those who ask at the same time share one look. Rejects with a ClusterError.
 */
export function createArgocdSettings(
  { connection, onForbidden }: Deps,
  namespace: string,
): (signal: AbortSignal) => Promise<ArgocdSettings> {
  let running: Promise<ArgocdSettings> | undefined;

  async function list(
    plural: 'secrets' | 'configmaps',
    selector: Record<string, string>,
  ): Promise<JsonObject[]> {
    const items: JsonObject[] = [];
    let continuation: string | undefined;
    do {
      const page = await connection.json({
        path: corePath(plural, namespace),
        query: { ...selector, limit: pageSize, continue: continuation },
      });
      items.push(...objectsAt(page, 'items'));
      continuation = textAt(page, 'metadata', 'continue') || undefined;
    } while (continuation !== undefined);
    return items;
  }

  /** undefined where the right is missing. */
  async function permitted(
    plural: 'secrets' | 'configmaps',
    selector: Record<string, string>,
    consequence: { without: string; mend: string },
  ): Promise<JsonObject[] | undefined> {
    try {
      return await list(plural, selector);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 403) throw error;
      onForbidden({ right: describeRight({ verb: 'list', resource: plural, namespace }), ...consequence });
      return undefined;
    }
  }

  async function read(): Promise<ArgocdSettings> {
    const [secrets, configMaps] = await Promise.all([
      permitted(
        'secrets',
        { labelSelector: `${secretType} in (repository,repo-creds)` },
        {
          without:
            'credentials of repositories: repo functions can only tell of public ones, and of what Argo CD has in its cache',
          mend: 'Allow it: config/base/role-labelled-secrets.yaml.',
        },
      ),
      // By the selector, since argocd-notifications may list ConfigMaps and get no other than its own.
      permitted(
        'configmaps',
        { fieldSelector: 'metadata.name=argocd-cm' },
        {
          without:
            "the settings of Helm and Kustomize in argocd-cm: repo.GetAppDetails takes Argo CD's defaults",
          mend: 'Allow list of argocd-cm, as config/base/role.yaml does.',
        },
      ),
    ]);
    const [configMap] = configMaps ?? [];
    return {
      secrets: secrets?.map((secret) => ({
        name: textAt(secret, 'metadata', 'name'),
        type: textAt(secret, 'metadata', 'labels', secretType),
        data: mapped(secret.data, (encoded) => Buffer.from(encoded, 'base64').toString()),
      })),
      configMap: configMap && mapped(configMap.data, (text) => text),
    };
  }

  return async (signal) => {
    running ??= read().finally(() => {
      running = undefined;
    });
    const shared = running;
    await orAborted(shared, signal);
    signal.throwIfAborted();
    return shared;
  };
}

function mapped(data: Json | undefined, convert: (text: string) => string): Record<string, string> {
  if (!isObject(data)) return {};
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, convert(value)]] : [],
    ),
  );
}
