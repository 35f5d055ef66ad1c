/** The objects and their history. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { textOf } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { createHistory, type History } from './history.ts';
import { managedFieldsAfter } from './managed-fields.ts';
import { finalizersOf, generated, metadataOf, normalise, serialise, validateIdentity } from './object.ts';
import { alreadyExists, conflict, immutableUid, notFound } from './refusals.ts';
import { type Resource, resources, type Target } from './resources.ts';

/**
 * One stored revision of an object. Immutable: the history and list snapshots share it. The text is all that is
 * kept of the object (10,000 Applications of 20 KB fit), so what is read is always a copy.
 */
export interface Entry {
  key: string;
  namespace: string;
  name: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
  /** That field selectors know beside name and namespace; none but of Events. */
  fields?: Readonly<Record<string, string>>;
  resourceVersion: number;
  text: string;
}

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: Resource;
  entry: Entry;
  /** The revision before it. */
  previous: Entry | undefined;
  resourceVersion: number;
}

/** The named object, of a resource that has names. */
export type Named = Target & { name: string };

export interface Store {
  /** The revision that a list made now would answer. */
  revision(): number;
  /** That of the latest change of the resource, whatever the namespace. */
  latest(resource: Resource): number;
  /** Changes of the resource at or before this revision are no longer known. */
  compacted(resource: Resource): number;
  find(target: Named): Entry | undefined;
  /** All objects of the resource, in the server's order (namespace, then name). */
  entries(resource: Resource, namespace?: string): readonly Entry[];
  /** Changes after the revision, oldest first. */
  changesAfter(resource: Resource, revision: number): Change[];
  create(target: Target, object: JsonObject): Entry;
  /** The same without a look at the object, which is changed: for the many objects of a load. */
  plant(target: Named, object: JsonObject): Entry;
  /**
   * Replaces the object; a revision in `metadata.resourceVersion` must be the current one. `manager`: who writes; absent:
   * nobody who is noted.
   */
  update(target: Named, object: JsonObject, manager?: string): Entry;
  /** The next revision of the object has this text, of which nothing is checked: for loads that cost the server little. */
  rewrite(target: Named, edit: (text: string) => string): Entry;
  /** Deletes it, or marks it where finalizers are left. The last revision is answered. */
  remove(target: Named, preconditions?: { uid?: string; resourceVersion?: string }): Entry;
  /** Forgets the history up to the revision. */
  compact(through: number): void;
  onChange(listener: (change: Change) => void): void;
}

export interface StoreOptions {
  /** Changes of each resource that are kept for watches that resume. */
  historyLimit: number;
  /** For how long they are kept at most, seen whenever there is another. */
  historyMs: number;
  now: () => number;
}

export function createStore(options: StoreOptions): Store {
  const objects = new Map<Resource, Map<string, Entry>>();
  const sorted = new Map<Resource, Entry[]>();
  const listeners: ((change: Change) => void)[] = [];
  const histories = new Map<Resource, History<Change>>();
  const latest = new Map<Resource, number>();
  let revision = 1000;
  const firstRevision = revision;

  function of(resource: Resource): Map<string, Entry> {
    const found = objects.get(resource);
    if (found !== undefined) return found;
    const created = new Map<string, Entry>();
    objects.set(resource, created);
    return created;
  }

  function historyOf(resource: Resource): History<Change> {
    const found = histories.get(resource);
    if (found !== undefined) return found;
    const created = createHistory<Change>(options, firstRevision);
    histories.set(resource, created);
    return created;
  }

  function find(target: Named): Entry | undefined {
    return of(target.resource).get(keyOf(target.namespace, target.name));
  }

  function existing(target: Named): Entry {
    const entry = find(target);
    if (entry === undefined) throw notFound(target);
    return entry;
  }

  function record(type: Change['type'], resource: Resource, object: JsonObject, previous?: Entry): Entry {
    revision += 1;
    const metadata = metadataOf(object);
    metadata.resourceVersion = String(revision);
    return keep(type, resource, previous, {
      namespace: textOf(metadata.namespace),
      name: textOf(metadata.name),
      key: keyOf(textOf(metadata.namespace), textOf(metadata.name)),
      uid: textOf(metadata.uid),
      labels: (metadata.labels ?? {}) as Record<string, string>,
      ...(resource.kind === 'Event' ? { fields: fieldsOfEvent(object) } : {}),
      resourceVersion: revision,
      text: serialise(resource, object),
    });
  }

  function keep(type: Change['type'], resource: Resource, previous: Entry | undefined, entry: Entry): Entry {
    if (type === 'DELETED') of(resource).delete(entry.key);
    else of(resource).set(entry.key, entry);
    sorted.delete(resource);
    const change: Change = { type, resource, entry, previous, resourceVersion: revision };
    historyOf(resource).add(change, options.now());
    latest.set(resource, revision);
    for (const listener of listeners) listener(change);
    return entry;
  }

  function plant({ resource }: Target, object: JsonObject): Entry {
    const metadata = metadataOf(object);
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timestamp(options.now());
    metadata.generation = 1;
    return record('ADDED', resource, object);
  }

  return {
    revision: () => revision,
    latest: (resource) => latest.get(resource) ?? firstRevision,
    compacted: (resource) => historyOf(resource).compacted(),
    find,

    entries(resource, namespace) {
      let all = sorted.get(resource);
      if (all === undefined) {
        all = [...of(resource).values()].sort((a, b) => (a.key < b.key ? -1 : 1));
        sorted.set(resource, all);
      }
      return namespace === undefined ? all : all.filter((entry) => entry.namespace === namespace);
    },

    changesAfter: (resource, after) => historyOf(resource).after(after),

    create(target, object) {
      const created = normalise(target.resource, object);
      const metadata = metadataOf(created);
      if (typeof metadata.name !== 'string' && typeof metadata.generateName === 'string') {
        metadata.name = `${metadata.generateName}${randomUUID().slice(0, 5)}`;
      }
      const name = validateIdentity(target, created);
      const named = { ...target, name };
      if (find(named) !== undefined) {
        throw alreadyExists(named);
      }
      if (target.namespace !== undefined) metadata.namespace = target.namespace;
      delete metadata.deletionTimestamp;
      return plant(target, created);
    },
    plant,

    update(target, object, manager) {
      const current = existing(target);
      const before = JSON.parse(current.text) as JsonObject;
      const updated = normalise(target.resource, object);
      validateIdentity(target, updated);
      const old = metadataOf(before);
      const metadata = metadataOf(updated);
      if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== old.resourceVersion) {
        throw conflict(
          target,
          'the object has been modified; please apply your changes to the latest version and try again',
        );
      }
      if (metadata.uid !== undefined && metadata.uid !== old.uid) {
        throw immutableUid(target, textOf(metadata.uid));
      }
      for (const field of [
        'uid',
        'creationTimestamp',
        'deletionTimestamp',
        'generation',
        'resourceVersion',
      ]) {
        if (old[field] === undefined) delete metadata[field];
        else metadata[field] = old[field];
      }
      if (target.namespace !== undefined) metadata.namespace = target.namespace;
      if (old.managedFields === undefined) delete metadata.managedFields;
      else metadata.managedFields = old.managedFields;
      if (manager !== undefined && target.resource.custom) {
        const entries = managedFieldsAfter(before, updated, manager, timestamp(options.now()));
        if (entries.length > 0) metadata.managedFields = entries;
      }
      // A write that changes nothing makes no revision.
      if (isDeepStrictEqual(before, updated)) return current;
      if (old.deletionTimestamp !== undefined && finalizersOf(metadata).length === 0) {
        return record('DELETED', target.resource, updated, current);
      }
      if (!isDeepStrictEqual(generated(target.resource, before), generated(target.resource, updated))) {
        metadata.generation = Number(old.generation) + 1;
      }
      return record('MODIFIED', target.resource, updated, current);
    },

    rewrite(target, edit) {
      const current = existing(target);
      const version = (number: number) => `"resourceVersion":"${number}"`;
      revision += 1;
      const text = edit(current.text).replace(version(current.resourceVersion), version(revision));
      return keep('MODIFIED', target.resource, current, { ...current, resourceVersion: revision, text });
    },

    remove(target, preconditions = {}) {
      const current = existing(target);
      const object = JSON.parse(current.text) as JsonObject;
      const metadata = metadataOf(object);
      const { uid, resourceVersion } = preconditions;
      if (
        (uid !== undefined && uid !== metadata.uid) ||
        (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
      ) {
        const asked = uid === undefined ? textOf(resourceVersion) : uid;
        const held = textOf(uid === undefined ? metadata.resourceVersion : metadata.uid);
        const what = uid === undefined ? 'ResourceVersion' : 'UID';
        throw conflict(
          target,
          `the ${what} in the precondition (${asked}) does not match the ${what} in record (${held})`,
        );
      }
      if (finalizersOf(metadata).length === 0) return record('DELETED', target.resource, object, current);
      if (metadata.deletionTimestamp !== undefined) return current;
      metadata.deletionTimestamp = timestamp(options.now());
      metadata.deletionGracePeriodSeconds = 0;
      metadata.generation = Number(metadata.generation) + 1;
      return record('MODIFIED', target.resource, object, current);
    },

    compact(through) {
      for (const resource of resources) historyOf(resource).compact(Math.min(through, revision));
    },

    onChange: (listener) => void listeners.push(listener),
  };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** As the API server selects Events by. */
function fieldsOfEvent({ involvedObject, reason, type }: JsonObject): Record<string, string> {
  const fields: Record<string, string> = { reason: textOf(reason), type: textOf(type) };
  for (const [name, value] of Object.entries((involvedObject ?? {}) as JsonObject))
    fields[`involvedObject.${name}`] = textOf(value);
  return fields;
}
