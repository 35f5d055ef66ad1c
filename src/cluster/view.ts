import type { Logger } from '../log.ts';
import type { JsonObject } from '../model.ts';
import type { ObjectMetadata } from './kube-object.ts';

export interface ReflectorHandlers<T> {
  upsert(object: T, previous: T | undefined, origin: Origin): void;
  /**
   * `last`: as the server last showed it. An object that ceases to match the selector is deleted, too. A replayed
   * deletion may be of an object that was never reported here: it was known to whoever watched before.
   */
  delete(last: T, origin: Origin): void;
  /** The first list is done. Of an optional resource that is absent, too. */
  synced?(): void;
}

/** How a report came about. */
export interface Origin {
  /** It happened before this watch began, after the revision that it was told to start from. */
  isReplayed: boolean;
  /** A later state or the deletion of the object follows. */
  isPast?: boolean;
}

/** What is kept of an object, which it may change; undefined: it is none of ours. */
export type ReadObject<T> = (object: JsonObject, metadata: ObjectMetadata) => T | undefined;

/**
 * The objects as they are known, one projection each. It turns what the server says into reports: a revision that is
 * known already is none, and nothing is deleted twice.
 */
export interface View<T> {
  /** The object exists, in this revision. It comes from a list or the running watch, unless it is said otherwise. */
  hold(object: JsonObject, metadata: ObjectMetadata, origin?: Origin): void;
  /** The object, as it was at last, does not exist any more. */
  drop(object: JsonObject, metadata: ObjectMetadata, origin?: Origin): void;
  /** What `put` needs to do later, if need be, what `hold` does at once. */
  read(object: JsonObject, metadata: ObjectMetadata): Reading<T>;
  put(reading: Reading<T>): void;
  /** Of what is known, only these keys exist. */
  retain(keys: ReadonlySet<string>): void;
  /** The first list is done. */
  synced(): void;
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  size(): number;
}

/** An object as it is kept. */
export interface Reading<T> {
  key: string;
  uid: string;
  resourceVersion: string;
  /** Undefined: it is none of ours. */
  value: T | undefined;
}

type Held<T> = Pick<Reading<T>, 'uid' | 'resourceVersion'> & { value: T };

const observed: Origin = { isReplayed: false };

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

  function forget(key: string, last: T, origin: Origin): void {
    objects.delete(key);
    emit('delete', () => handlers.delete(last, origin));
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

  /** What is known under the key, if it is the same object and not one that has only its name. */
  function known(key: string, uid: string, origin: Origin): Held<T> | undefined {
    const held = objects.get(key);
    if (held === undefined || held.uid === uid) return held;
    forget(key, held.value, origin);
    return undefined;
  }

  function put({ key, uid, resourceVersion, value }: Reading<T>, origin: Origin): void {
    const held = known(key, uid, origin);
    if (held?.resourceVersion === resourceVersion) return;
    if (value !== undefined) {
      objects.set(key, { uid, resourceVersion, value });
      emit('upsert', () => handlers.upsert(value, held?.value, origin));
    } else if (held !== undefined) {
      forget(key, held.value, origin);
    }
  }

  function readingOf(object: JsonObject, metadata: ObjectMetadata): Reading<T> {
    const { uid, resourceVersion } = metadata;
    return { key: keyOf(metadata), uid, resourceVersion, value: tryRead(object, metadata) };
  }

  return {
    hold(object, metadata, origin = observed) {
      const held = known(keyOf(metadata), metadata.uid, origin);
      if (held?.resourceVersion !== metadata.resourceVersion) put(readingOf(object, metadata), origin);
    },
    drop(object, metadata, origin = observed) {
      const key = keyOf(metadata);
      const held = objects.get(key);
      if (held === undefined && !origin.isReplayed) return;
      const isSame = held === undefined || held.uid === metadata.uid;
      const last = isSame ? tryRead(object, metadata) : undefined;
      const shown = last ?? held?.value;
      if (shown !== undefined) forget(key, shown, origin);
    },
    read: readingOf,
    put: (reading) => put(reading, observed),
    retain(keys) {
      for (const [key, held] of objects) {
        if (!keys.has(key)) forget(key, held.value, observed);
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
