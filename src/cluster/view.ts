import type { Logger } from '../log.ts';
import type { JsonObject } from '../model.ts';
import { type ObjectMetadata, readMetadata } from './kube-object.ts';

export interface ReflectorHandlers<T> {
  upsert(object: T, previous: T | undefined): void;
  /** `last`: as the server last showed it. An object that ceases to match the selector is deleted, too. */
  delete(last: T): void;
  /** The first list is done. Of an optional resource that is absent, too. */
  synced?(): void;
}

/** What is kept of an object, which it may change; undefined: it is none of ours. */
export type ReadObject<T> = (object: JsonObject, metadata: ObjectMetadata) => T | undefined;

/**
 * The objects as they are known, one projection each. It turns what the server says into reports: a revision that is
 * known already is none, and nothing is deleted twice.
 */
export interface View<T> {
  /** The object exists, in this revision. Undefined: it is no object of a cluster. */
  hold(object: JsonObject): ObjectMetadata | undefined;
  /** The object, as it was at last, does not exist any more. */
  drop(object: JsonObject): ObjectMetadata | undefined;
  /** Of what is known, only these keys exist. */
  retain(keys: ReadonlySet<string>): void;
  /** The first list is done. */
  synced(): void;
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  size(): number;
}

interface Held<T> {
  uid: string;
  resourceVersion: string;
  value: T;
}

export function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

export function createView<T>(log: Logger, read: ReadObject<T>, handlers: ReflectorHandlers<T>): View<T> {
  const objects = new Map<string, Held<T>>();

  function emit(handler: keyof ReflectorHandlers<T>, call: () => void): void {
    try {
      call();
    } catch (error) {
      log.error({ err: error, handler }, 'A handler of a watch failed');
    }
  }

  function forget(key: string, last: T): void {
    objects.delete(key);
    emit('delete', () => handlers.delete(last));
  }

  function tryRead(object: JsonObject, metadata: ObjectMetadata): T | undefined {
    try {
      return read(object, metadata);
    } catch (error) {
      const { namespace, name } = metadata;
      log.error({ err: error, namespace, name }, 'Could not read an object');
      return undefined;
    }
  }

  return {
    hold(object) {
      const metadata = readMetadata(object);
      if (metadata === undefined) return undefined;
      const key = keyOf(metadata);
      let held = objects.get(key);
      if (held !== undefined && held.uid !== metadata.uid) {
        forget(key, held.value);
        held = undefined;
      }
      const { uid, resourceVersion } = metadata;
      if (held?.resourceVersion === resourceVersion) return metadata;
      const value = tryRead(object, metadata);
      if (value !== undefined) {
        objects.set(key, { uid, resourceVersion, value });
        emit('upsert', () => handlers.upsert(value, held?.value));
      } else if (held !== undefined) {
        forget(key, held.value);
      }
      return metadata;
    },
    drop(object) {
      const metadata = readMetadata(object);
      if (metadata === undefined) return undefined;
      const key = keyOf(metadata);
      const held = objects.get(key);
      if (held === undefined) return metadata;
      const last = held.uid === metadata.uid ? tryRead(object, metadata) : undefined;
      forget(key, last ?? held.value);
      return metadata;
    },
    retain(keys) {
      for (const [key, held] of objects) {
        if (!keys.has(key)) forget(key, held.value);
      }
    },
    synced: () => emit('synced', () => handlers.synced?.()),
    get: (key) => objects.get(key)?.value,
    *values() {
      for (const held of objects.values()) yield held.value;
    },
    size: () => objects.size,
  };
}
