import { z } from 'zod';
import type { JsonObject } from '../model.ts';

/** What every stored object has; labels and annotations are empty where the server sends none, without last-applied. */
export interface ObjectMetadata {
  uid: string;
  /** '' for a resource without namespaces. */
  namespace: string;
  name: string;
  resourceVersion: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const Strings = z.record(z.string(), z.string()).nullish();

const Identity = z.object({
  metadata: z.object({
    uid: z.string().min(1),
    name: z.string().min(1),
    namespace: z.string().nullish(),
    resourceVersion: z.string().min(1),
  }),
});

const Decorations = z.object({ metadata: z.object({ labels: Strings, annotations: Strings }) });

/** Undefined: this is no object of a cluster. Labels or annotations that are no strings are taken as absent. */
export function readMetadata(object: JsonObject): ObjectMetadata | undefined {
  const identity = Identity.safeParse(object);
  if (!identity.success) return undefined;
  const { uid, name, namespace, resourceVersion } = identity.data.metadata;
  const decorations = Decorations.safeParse(object).data?.metadata;
  const { [lastApplied]: _lastApplied, ...annotations } = decorations?.annotations ?? {};
  return {
    uid,
    name,
    namespace: namespace ?? '',
    resourceVersion,
    labels: decorations?.labels ?? {},
    annotations,
  };
}

/**
 * The object without what only tools of kubectl read, which is often half of it. Changes and answers the object given:
 * it comes fresh from the parser, and nobody else holds it.
 */
export function project(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) return object;
  delete metadata.managedFields;
  const { annotations } = metadata;
  if (annotations !== null && typeof annotations === 'object' && !Array.isArray(annotations)) {
    delete annotations[lastApplied];
  }
  return object;
}
