import type { JsonObject } from '../../src/model.ts';
import { kindPrefix } from './object.ts';
import { apiVersion, type Resource, type Target } from './resources.ts';
import { parseSelectors } from './selectors.ts';
import { apiError } from './status.ts';
import type { Entry, Store } from './store.ts';

export interface Lists {
  /** The text of a list, whole or one page of it. */
  list(target: Target, query: URLSearchParams): string;
  /** Makes every continue token that is out there expire. */
  expire(): void;
}

interface Snapshot {
  resource: Resource;
  revision: number;
  entries: readonly Entry[];
}

/**
 * Lists with `limit` and `continue`. All pages of a list come from the revision of its first one, as from etcd.
 * A token is a snapshot and the position in it where to go on. A snapshot is one list's own, and kept until its last
 * page was read or the history does not go back as far.
 */
export function createLists(store: Store, options: { maxSnapshots: number }): Lists {
  const snapshots = new Map<string, Snapshot>();
  let begun = 0;

  function prune(): void {
    for (const [id, { resource, revision }] of snapshots) {
      if (revision < store.compacted(resource)) snapshots.delete(id);
    }
  }

  function snapshotOf(id: string): Snapshot {
    const snapshot = snapshots.get(id);
    if (snapshot === undefined) {
      throw apiError(
        410,
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
    return snapshot;
  }

  return {
    list(target, query) {
      // A negative one is none.
      const limit = Math.max(0, Number(query.get('limit') ?? 0));
      const token = query.get('continue');
      const asked = query.get('resourceVersion') ?? '';
      if (!Number.isInteger(limit)) throw apiError(400, 'limit: Invalid value');
      if (token !== null && asked !== '' && asked !== '0') {
        throw apiError(400, 'specifying resource version is not allowed when using continue');
      }
      if (Number(asked) > store.revision()) {
        throw apiError(504, `Timeout: Too large resource version: ${asked}, current: ${store.revision()}`, {
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
          retryAfterSeconds: 1,
        });
      }
      const selector = parseSelectors(query, target.resource.plural);
      prune();

      const from = token === null ? undefined : decodeToken(token);
      const snapshot =
        from === undefined
          ? {
              resource: target.resource,
              revision: store.revision(),
              entries: store.entries(target.resource, target.namespace),
            }
          : snapshotOf(from.snapshot);
      const start = from?.start ?? 0;
      const page: Entry[] = [];
      let position = start;
      for (; position < snapshot.entries.length && (limit === 0 || page.length < limit); position += 1) {
        const entry = snapshot.entries[position];
        if (entry !== undefined && selector(entry)) page.push(entry);
      }

      const metadata: JsonObject = { resourceVersion: String(snapshot.revision) };
      const rest = snapshot.entries.slice(position).filter(selector).length;
      if (rest > 0) {
        begun += from === undefined ? 1 : 0;
        const id = from?.snapshot ?? `${snapshot.revision}/${begun}`;
        snapshots.set(id, snapshot);
        const oldest = snapshots.keys().next().value;
        if (snapshots.size > options.maxSnapshots && oldest !== undefined) snapshots.delete(oldest);
        metadata.continue = encodeToken({ snapshot: id, start: position });
        if (!query.has('labelSelector') && !query.has('fieldSelector')) metadata.remainingItemCount = rest;
      } else if (from !== undefined) {
        snapshots.delete(from.snapshot);
      }
      return listText(target.resource, metadata, page);
    },
    expire: () => snapshots.clear(),
  };
}

function listText(resource: Resource, metadata: JsonObject, page: readonly Entry[]): string {
  const items = page.map((entry) =>
    resource.custom ? entry.text : `{${entry.text.slice(kindPrefix(resource).length)}`,
  );
  const head = `{"kind":"${resource.kind}List","apiVersion":"${apiVersion(resource)}"`;
  return `${head},"metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}`;
}

interface Token {
  snapshot: string;
  start: number;
}

function encodeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeToken(text: string): Token {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;
    if (typeof token.snapshot === 'string' && Number.isInteger(token.start)) return token;
  } catch {
    // Answered below.
  }
  throw apiError(400, 'invalid continue token: continue key is not valid');
}
