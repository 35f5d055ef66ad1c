import { at } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { mergePatch } from './merge-patch.ts';
import { metadataOf } from './object.ts';
import type { Named, Store } from './store.ts';

/** The subresource `scale` of an object, after a patch of it. */
export function scaled(store: Store, named: Named, patch: JsonObject): JsonObject {
  const replicas = at(patch, 'spec', 'replicas');
  const read = () => JSON.parse(store.find(named)?.text ?? '{}') as JsonObject;
  if (replicas !== undefined) store.update(named, mergePatch(read(), { spec: { replicas } }) as JsonObject);
  const object = read();
  const { name, namespace, uid, resourceVersion } = metadataOf(object) as Record<string, string>;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: name ?? '',
      namespace: namespace ?? '',
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
    },
    spec: { replicas: at(object, 'spec', 'replicas') ?? 1 },
    status: { replicas: at(object, 'status', 'replicas') ?? 0 },
  };
}
