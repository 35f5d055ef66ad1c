import { objectsAt, textAt } from '../json.ts';
import { ClusterError } from './cluster-error.ts';
import type { ApiRequest } from './connect.ts';
import { describeRight } from './rights.ts';
import { corePath } from './scope.ts';

interface Deps {
  connection: { json(request: Pick<ApiRequest, 'path' | 'query'>): Promise<unknown> };
  /** Told of a right that is missing, each time it is. */
  onForbidden(missing: { right: string; without: string; mend: string }): void;
}

/** Of one Application within the hour that an API server keeps them; more would say nothing new. */
const mostEvents = 500;

/**
 * What Argo CD has written about changes of an Application's resources and health, the newest first; undefined where the
 * right is missing. Rejects with a ClusterError.
 */
export function createApplicationEvents({ connection, onForbidden }: Deps) {
  return async ({ namespace, name }: { namespace: string; name: string }): Promise<string[] | undefined> => {
    try {
      const page = await connection.json({
        path: corePath('events', namespace),
        query: {
          fieldSelector: `involvedObject.kind=Application,involvedObject.name=${name},reason=ResourceUpdated`,
          limit: mostEvents,
        },
      });
      return objectsAt(page, 'items')
        .map((event) => ({
          at: textAt(event, 'lastTimestamp') || textAt(event, 'metadata', 'creationTimestamp'),
          message: textAt(event, 'message'),
        }))
        .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
        .map(({ message }) => message);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 403) throw error;
      onForbidden({
        right: describeRight({ verb: 'list', resource: 'events', namespace }),
        without: 'which resources of an Application are not healthy, where Argo CD keeps that elsewhere',
        mend: 'Allow it: config/components/application-events; or configure argocd, whose API tells more.',
      });
      return undefined;
    }
  };
}
