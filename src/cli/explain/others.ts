/** Whether the controller of argocd-notifications still works beside Herald. */

import { notifiedAnnotation } from '../../alerts/notified-annotation.ts';
import { at, isObject, objectAt, objectsAt, textAt } from '../../json.ts';
import type { JsonObject } from '../../model.ts';
import type { ClusterReader } from '../io.ts';

/** What was written so long ago says nothing of who runs now. */
const fresh = 3_600_000;

/** Deployments of it that are to run, for people; none where they may not be read. */
export async function otherControllers(cluster: ClusterReader, namespace: string): Promise<string[]> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments`;
  const name = 'argocd-notifications-controller';
  const found = await cluster
    .json({ path, query: { labelSelector: `app.kubernetes.io/name=${name}` } })
    .then((list) => objectsAt(list, 'items'))
    .catch(() => []);
  const named = found.some((each) => textAt(each, 'metadata', 'name') === name)
    ? []
    : [await cluster.json({ path: `${path}/${name}` }).catch(() => undefined)].filter(isObject);
  return [...found, ...named].filter(isOther).map((deployment) => {
    const replicas = replicasOf(deployment);
    return `Deployment ${namespace}/${textAt(deployment, 'metadata', 'name')} (${replicas} replica${replicas === 1 ? '' : 's'})`;
  });
}

function replicasOf(deployment: JsonObject): number {
  const replicas = at(deployment, 'spec', 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

/** Not Herald's own image in its place, which has the name of the program in its path or its settings. */
function isOther(deployment: JsonObject): boolean {
  const containers = objectsAt(deployment, 'spec', 'template', 'spec', 'containers');
  const isHerald = containers.some(
    (container) =>
      /(^|\/)[^/]*herald[^/]*$/i.test(textAt(container, 'image')) ||
      objectsAt(container, 'env').some((variable) => textAt(variable, 'name').startsWith('HERALD_')),
  );
  return replicasOf(deployment) > 0 && !isHerald;
}

/** Who wrote its record on the Application, where that was lately and not Herald. `now`: Unix milliseconds. */
export function freshWrite(application: JsonObject, now: number): { by: string; at: number } | undefined {
  for (const entry of objectsAt(application, 'metadata', 'managedFields')) {
    const by = textAt(entry, 'manager');
    const time = Date.parse(textAt(entry, 'time'));
    const annotations = objectAt(entry, 'fieldsV1', 'f:metadata', 'f:annotations');
    if (!Object.hasOwn(annotations, `f:${notifiedAnnotation}`) || by.startsWith('herald')) continue;
    if (now - time < fresh) return { by, at: time };
  }
  return undefined;
}
