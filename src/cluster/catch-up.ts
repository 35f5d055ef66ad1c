import type { JsonObject } from '../model.ts';
import type { ObjectMetadata } from './kube-object.ts';
import { readRevision } from './revision.ts';
import { keyOf, type Reading, type View } from './view.ts';

/**
 * What happened while nobody watched, from the revision where an earlier process left off up to that of a list made
 * now. What the list shows in a newer state is held back: a watch from the earlier revision shows every change that
 * led there, one by one. Held are readings, not whole objects, and only until the watch has shown that state.
 */
export interface CatchUp {
  /** An object of the list: reported at once where nothing has happened to it since. */
  list(object: JsonObject, metadata: ObjectMetadata): void;
  /** The list is complete, and of this revision. */
  listed(revision: string): void;
  /** Of the list, where the catch-up ends. */
  end(): string;
  /**
   * What the watch shows at this revision. `old`: nothing new, or it would lead back. `later`: the catch-up was over
   * before it. `unknown`: it has no place in an order.
   */
  place(revision: string): 'old' | 'replayed' | 'later' | 'unknown';
  /** The watch has shown everything up to this revision, and at it this object. */
  shown(revision: string, metadata?: ObjectMetadata): void;
  isOver(): boolean;
  /** Whether the object has changed again, or was deleted, since this revision of it. */
  isPast(metadata: ObjectMetadata): boolean;
  /** Whether an object of the list has still to be shown. */
  isHolding(): boolean;
  /** Makes the view what the list was, whatever the watch has or has not shown. */
  settle(): void;
}

export function createCatchUp<T>(view: View<T>, from: bigint): CatchUp {
  const keys = new Set<string>();
  const heldBack = new Map<string, { at: bigint; reading: Reading<T> }>();
  let cursor = from;
  let end = '';
  let last = from;

  return {
    list(object, metadata) {
      const key = keyOf(metadata);
      keys.add(key);
      const at = readRevision(metadata.resourceVersion);
      if (at !== undefined && at > from) heldBack.set(key, { at, reading: view.read(object, metadata) });
      else view.hold(object, metadata);
    },
    listed(revision) {
      end = revision;
      last = readRevision(revision) ?? from;
    },
    end: () => end,
    place(revision) {
      const at = readRevision(revision);
      if (at === undefined) return 'unknown';
      if (at <= cursor) return 'old';
      return at > last ? 'later' : 'replayed';
    },
    shown(revision, metadata) {
      cursor = readRevision(revision) ?? cursor;
      if (metadata === undefined) return;
      const key = keyOf(metadata);
      const held = heldBack.get(key);
      if (held !== undefined && held.at <= cursor) heldBack.delete(key);
    },
    isPast(metadata) {
      const key = keyOf(metadata);
      const held = heldBack.get(key);
      if (held === undefined) return !keys.has(key);
      return (readRevision(metadata.resourceVersion) ?? cursor) < held.at;
    },
    isOver: () => cursor >= last,
    isHolding: () => heldBack.size > 0,
    settle() {
      for (const { reading } of heldBack.values()) view.put(reading);
      heldBack.clear();
      view.retain(keys);
    },
  };
}
