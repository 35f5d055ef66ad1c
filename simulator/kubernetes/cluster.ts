import type { Json, JsonObject } from '../../src/model.ts';
import { mergePatch } from './merge-patch.ts';
import { metadataOf } from './object.ts';
import { type Plural, resourceOfKind, resources } from './resources.ts';
import type { createStore, Named } from './store.ts';
import type { Watches } from './watches.ts';

export interface ObjectName {
  kind: string;
  namespace?: string;
  name: string;
}

/** The cluster's objects, changed from inside: each change is a revision that watches see. */
export interface SimulatedCluster {
  /** Creates the object, or replaces all of it but what the server owns. Its namespace is created where missing. */
  apply(object: JsonObject): JsonObject;
  /** Creates the object without a look at it, which costs a fifth; it is changed. Its namespace must be there. */
  plant(object: JsonObject): void;
  /** Applies a merge patch. `manager`: who does, for `metadata.managedFields`. */
  patch(name: ObjectName, patch: JsonObject, manager?: string): JsonObject;
  /**
   * Changes the text that is stored, without reading it: a twentieth of what a patch costs. Labels and what else the server
   * knows of the object have to stay.
   */
  rewrite(name: ObjectName, edit: (text: string) => string): void;
  /** Deletes it; with finalizers it stays, marked, until a patch empties them. False: there is none. */
  remove(name: ObjectName): boolean;
  get(name: ObjectName): JsonObject | undefined;
  list(kind: string, namespace?: string): JsonObject[];
  /** That of the latest change. */
  revision(): string;
  /** Forgets the history up to the revision, or all of it: what resumes from before gets 410. Open watches go on. */
  compact(through?: string): void;
  /** Is told of every change from now on, of whatever kind. */
  onChange(listener: (change: ClusterChange) => void): void;
  /** Makes a CustomResourceDefinition appear or vanish, with its objects' endpoints. */
  setInstalled(plural: Plural, installed: boolean): void;
}

export interface ClusterChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** At its end, where it was deleted. */
  object: JsonObject;
  revision: string;
}

export function createCluster(
  store: ReturnType<typeof createStore>,
  absent: Set<string>,
  watches: Watches,
): SimulatedCluster {
  function named({ kind, namespace, name }: ObjectName): Named {
    const resource = resourceOfKind(kind);
    return { resource, name, ...(resource.namespaced ? { namespace: namespace ?? 'default' } : {}) };
  }

  function ensureNamespace(namespace: string | undefined): void {
    const resource = resourceOfKind('Namespace');
    if (namespace === undefined || store.find({ resource, name: namespace }) !== undefined) return;
    store.create({ resource }, { metadata: { name: namespace } });
  }

  function targetOf(object: JsonObject): Named {
    const metadata = metadataOf(object);
    return named({
      kind: stringOf(object.kind),
      name: stringOf(metadata.name),
      ...(typeof metadata.namespace === 'string' ? { namespace: metadata.namespace } : {}),
    });
  }

  return {
    plant: (object) => void store.plant(targetOf(object), object),
    apply(object) {
      const metadata = metadataOf(object);
      const target = targetOf(object);
      ensureNamespace(target.namespace);
      const { name: _name, ...collection } = target;
      const { resourceVersion: _resourceVersion, uid: _uid, ...owned } = metadata;
      const wanted = { ...object, metadata: owned };
      const entry =
        store.find(target) === undefined ? store.create(collection, wanted) : store.update(target, wanted);
      return JSON.parse(entry.text) as JsonObject;
    },
    patch(name, patch, manager) {
      const target = named(name);
      const entry = store.find(target);
      if (entry === undefined)
        throw new Error(`There is no ${name.kind} ${name.namespace ?? ''}/${name.name}`);
      const merged = mergePatch(JSON.parse(entry.text) as JsonObject, patch) as JsonObject;
      return JSON.parse(store.update(target, merged, manager).text) as JsonObject;
    },
    rewrite: (name, edit) => void store.rewrite(named(name), edit),
    remove(name) {
      const target = named(name);
      if (store.find(target) === undefined) return false;
      store.remove(target);
      return true;
    },
    get(name) {
      const entry = store.find(named(name));
      return entry === undefined ? undefined : (JSON.parse(entry.text) as JsonObject);
    },
    revision: () => String(store.revision()),
    compact: (through) => store.compact(through === undefined ? store.revision() : Number(through)),
    onChange: (listener) =>
      store.onChange(({ type, entry, resourceVersion }) =>
        listener({
          type,
          object: JSON.parse(entry.text) as JsonObject,
          revision: String(resourceVersion),
        }),
      ),
    list: (kind, namespace) =>
      store.entries(resourceOfKind(kind), namespace).map((entry) => JSON.parse(entry.text) as JsonObject),
    setInstalled(plural, installed) {
      if (!resources.some((resource) => resource.plural === plural)) throw new Error(`No resource ${plural}`);
      if (installed) absent.delete(plural);
      else absent.add(plural);
      if (!installed) watches.finish(plural);
    },
  };
}

function stringOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error('An object needs a kind and a name');
  return value;
}
