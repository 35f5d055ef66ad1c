import { hash } from 'node:crypto';
import { projectOf } from '../application.ts';
import { briefOf } from '../application-brief.ts';
import { at, objectAt } from '../json.ts';
import type { ApplicationRecord } from '../ledger/rows.ts';
import type { Application } from '../model.ts';

const subscriptionPrefix = 'notifications.argoproj.io/';

/** What the ledger keeps of an Application, a few KB: see `briefOf`. */
export function applicationRecord({
  uid,
  namespace,
  name,
  resourceVersion,
  object,
}: Application): ApplicationRecord {
  return { uid, namespace, name, revision: resourceVersion, object: briefOf(object) };
}

/** Changes when what decides about subscriptions does; status and Argo CD's own annotations are not part of it. */
export function recordFingerprint(record: ApplicationRecord): string {
  const { object } = record;
  const subscriptions = Object.entries(objectAt(object, 'metadata', 'annotations')).filter(([key]) =>
    key.startsWith(subscriptionPrefix),
  );
  const decisive = [
    at(object, 'metadata', 'labels') ?? null,
    subscriptions.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    projectOf(object),
  ];
  return hash('sha1', JSON.stringify(decisive), 'base64url');
}
