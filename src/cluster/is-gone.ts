import { ClusterError } from './cluster-error.ts';
import type { Connection } from './connect.ts';
import { readMetadata } from './kube-object.ts';
import { argoPath } from './scope.ts';

/**
 * Whether an Application no longer exists: a watch with a label selector, and a list after a restart, only tell that
 * it is not among those that are watched. Throws ClusterError when the API server does not say.
 */
export async function isGone(
  connection: Pick<Connection, 'json'>,
  { uid, namespace, name }: { uid: string; namespace: string; name: string },
): Promise<boolean> {
  try {
    const path = `${argoPath('applications', namespace)}/${encodeURIComponent(name)}`;
    const found = readMetadata(await connection.json({ path }));
    return found?.uid !== uid;
  } catch (error) {
    if (error instanceof ClusterError && error.status === 404) return true;
    throw error;
  }
}
