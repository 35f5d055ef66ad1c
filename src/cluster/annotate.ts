/**
 * The API server of Kubernetes: connections, lists and watches of what Herald reads, Events and annotations. It may
 * import the ground alone.
 */
import type { OtherKind } from '../model.ts';
import { ClusterError } from './cluster-error.ts';
import type { Connection } from './connect.ts';
import { readMetadata } from './kube-object.ts';
import { argoPath } from './scope.ts';

export interface AnnotateTarget {
  uid: string;
  namespace: string;
  name: string;
}

/** `gone`: the Application was deleted, or another has taken its name. */
export type AnnotateResult = { status: 'patched'; resourceVersion: string } | { status: 'gone' };

const conflictAttempts = 3;
/** Under this name the API server notes what Herald has written. */
export const fieldManager = 'herald';

/**
 * Sets one annotation of an Application, or removes it (null). The merge patch names that key and no other, so that
 * what others write meanwhile stays; it names the uid, so that a successor of the same name is left alone.
 * Throws ClusterError for anything else than what AnnotateResult says.
 */
export async function annotateApplication(
  connection: Pick<Connection, 'json'>,
  { uid, namespace, name }: AnnotateTarget,
  key: string,
  value: string | null,
  signal?: AbortSignal,
): Promise<AnnotateResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const patched = await connection.json({
        method: 'PATCH',
        path: `${argoPath('applications', namespace)}/${encodeURIComponent(name)}`,
        query: { fieldManager },
        contentType: 'application/merge-patch+json',
        body: { metadata: { uid, annotations: { [key]: value } } },
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: 'patched', resourceVersion: readMetadata(patched)?.resourceVersion ?? '' };
    } catch (error) {
      const status = error instanceof ClusterError ? error.status : undefined;
      // The server answers 422 to a patch with the uid of another object.
      if (status === 404 || (status === 422 && isUidMismatch(error as ClusterError)))
        return { status: 'gone' };
      // It repeats a patch itself where writes collide, and gives up at last; nothing was written then.
      if (status !== 409 || attempt === conflictAttempts) throw error;
    }
  }
}

/**
 * The annotations as they stand now; undefined: the Application is gone, or another has taken its name. A watch with a
 * label selector, and a list after a restart, only tell that it is not among those that are watched.
 */
export async function readAnnotations(
  connection: Pick<Connection, 'json'>,
  { uid, namespace, name, kind }: AnnotateTarget & { kind?: OtherKind },
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const collection = kind === 'ApplicationSet' ? 'applicationsets' : 'applications';
    const path = `${argoPath(collection, namespace)}/${encodeURIComponent(name)}`;
    const metadata = readMetadata(await connection.json({ path }));
    return metadata?.uid === uid ? metadata.annotations : undefined;
  } catch (error) {
    if (error instanceof ClusterError && error.status === 404) return undefined;
    throw error;
  }
}

/** Whether it no longer exists. Throws ClusterError when the API server does not say. */
export async function isGone(
  connection: Pick<Connection, 'json'>,
  target: AnnotateTarget & { kind?: OtherKind },
): Promise<boolean> {
  return (await readAnnotations(connection, target)) === undefined;
}

function isUidMismatch(error: ClusterError): boolean {
  return error.message.includes('metadata.uid');
}
