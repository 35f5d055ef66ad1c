/** What commands read of an object, from a file or the cluster. */
import { isApplicationSet } from '../application-set.ts';
import { readApplication } from '../cluster/watch-applications.ts';
import { readApplicationSet } from '../cluster/watch-applicationsets.ts';
import { isObject, objectAt, textOf } from '../json.ts';
import type { Application, JsonObject } from '../model.ts';

export type SecretValues = Readonly<Record<string, Uint8Array>>;

/** `data`, decoded, and `stringData` over it. */
export function secretValues(object: JsonObject): SecretValues {
  const decoded = Object.entries(stringsOf(object.data)).map(([key, text]) => [
    key,
    Buffer.from(text, 'base64'),
  ]);
  const plain = Object.entries(stringsOf(object.stringData)).map(([key, text]) => [key, Buffer.from(text)]);
  return Object.fromEntries([...decoded, ...plain]) as SecretValues;
}

export function stringsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** As the controller reads it. */
export function applicationOf(object: JsonObject, namespace: string): Application {
  const metadata = metadataOf(object);
  const { [lastApplied]: _lastApplied, ...annotations } = stringsOf(metadata.annotations);
  const read = isApplicationSet(object) ? readApplicationSet : readApplication;
  return read(object, {
    uid: textOf(metadata.uid),
    namespace: textOf(metadata.namespace) || namespace,
    name: textOf(metadata.name),
    resourceVersion: textOf(metadata.resourceVersion),
    labels: stringsOf(metadata.labels),
    annotations,
  });
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export function metadataOf(object: JsonObject | undefined): JsonObject {
  return objectAt(object, 'metadata');
}
