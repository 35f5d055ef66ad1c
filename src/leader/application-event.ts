/**
 * What the replica that leads does: its term, observing, evaluating and deciding, writing, and the mirrored
 * annotation. It may import `delivery/` and what lies below.
 */
import type { Application, JsonObject } from '../model.ts';

/** What the watch, or the ledger at start, says of an Application. */
export interface ApplicationEvent {
  /** For one that is gone: the last that is known of it. */
  application: Application;
  /** `unwatched`: it is still there, but no longer among those that are watched. */
  kind: 'seen' | 'deleted' | 'unwatched';
  /** When it was received, Unix milliseconds. */
  observedAt: number;
  /** It happened before this process began to watch, which may have been decided about already. */
  isReplayed?: boolean;
  /** It is replayed, and what has become of the Application since follows. */
  isPast?: boolean;
  /** It differs from what was observed before in nothing that anything is decided by: it is taken on, and not evaluated. */
  isUnread?: boolean;
  /** Nothing has happened to it: what it is decided by may have changed. */
  isAgain?: boolean;
}

/**
 * An Application without finalizers vanishes without ever carrying a deletionTimestamp; conditions such as
 * `app.metadata.deletionTimestamp != nil` get to see one all the same.
 */
export function withDeletionTimestamp({ application, observedAt }: ApplicationEvent): Application {
  const metadata = application.object.metadata as JsonObject;
  if (metadata.deletionTimestamp) return application;
  const deletionTimestamp = `${new Date(observedAt).toISOString().slice(0, 19)}Z`;
  return { ...application, object: { ...application.object, metadata: { ...metadata, deletionTimestamp } } };
}

/** For the log. */
export function nameOf({ namespace, name }: Application): string {
  return `${namespace}/${name}`;
}
