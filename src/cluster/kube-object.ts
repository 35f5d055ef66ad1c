import { z } from 'zod';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';

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

/** `min(1)` would compare the `length` of a value that is no string, too, and throw where that is an odd object. */
export const Name = z.string().refine((text) => text !== '');

const Identity = z.object({
  metadata: z.object({
    uid: Name,
    name: Name,
    namespace: z.string().nullish(),
    resourceVersion: Name,
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

const Managed = z.object({
  metadata: z.object({
    managedFields: z.array(
      z
        .object({
          manager: Name,
          time: z.string().nullish(),
          fieldsV1: z.object({
            'f:metadata': z.object({ 'f:annotations': z.record(z.string(), z.unknown()) }),
          }),
        })
        .or(z.unknown().transform(() => undefined)),
    ),
  }),
});

/** The field manager that wrote the annotation last; undefined: the API server has noted nobody. */
export function annotationWriter(object: JsonObject, annotation: string): string | undefined {
  const entries = Managed.safeParse(object).data?.metadata.managedFields ?? [];
  const writers = entries.filter(
    (entry) =>
      entry !== undefined && Object.hasOwn(entry.fieldsV1['f:metadata']['f:annotations'], `f:${annotation}`),
  );
  // Several have written the same.
  return writers.toSorted((a, b) => ((a?.time ?? '') < (b?.time ?? '') ? -1 : 1)).at(-1)?.manager;
}

const Revision = z.object({ metadata: z.object({ resourceVersion: Name }) });

/** The resourceVersion alone, of what may be no object of a cluster otherwise. */
export function readObjectRevision(object: JsonObject): string | undefined {
  return Revision.safeParse(object).data?.metadata.resourceVersion;
}

/**
 * Deeper than any object that people write. Beyond some thousands of levels an object can be read and no more written,
 * neither to the store nor into a message; the API server accepts ten thousand.
 */
const deepest = 500;

/**
 * The object without what only tools of kubectl read, which is often half of it, and with null in place of what is
 * nested beyond reason. Changes and answers the object given: it comes fresh from the parser, and nobody else holds it.
 */
export function project(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (isObject(metadata)) {
    delete metadata.managedFields;
    const { annotations } = metadata;
    if (isObject(annotations)) delete annotations[lastApplied];
  }
  cutBelow(object, deepest, present);
  return object;
}

/** The value of a property that is there; undefined for one that is parsed on demand, which is left alone. */
const present: Read = (holder, key) =>
  Object.getOwnPropertyDescriptor(holder, key)?.value as Json | undefined;

/** The list, as the parser answers it, changed, with null in place of what is nested beyond reason. */
export function cutDeepList(list: Json[]): Json[] {
  cutBelow(list, deepest - 1, (holder, key) => holder[key]);
  return list;
}

type Read = (holder: JsonObject, key: string) => Json | undefined;

function cutBelow(value: Json[] | JsonObject, levels: number, read: Read): void {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item = value[index] as Json;
      if (item === null || typeof item !== 'object') continue;
      if (levels === 1) value[index] = null;
      else cutBelow(item, levels - 1, read);
    }
    return;
  }
  for (const key of Object.keys(value)) {
    const item = read(value, key);
    if (item === undefined || item === null || typeof item !== 'object') continue;
    if (levels === 1) value[key] = null;
    else cutBelow(item, levels - 1, read);
  }
}
