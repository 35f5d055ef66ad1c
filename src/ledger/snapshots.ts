import type { JsonObject } from '../model.ts';
import { unpack } from '../store/pack.ts';

/**
 * What snapshots hold that this process has written or read of late, by their digests, as long as somebody else has them
 * in memory, too: a delivery is mostly sent by who has decided it, while the watch still shows the same Application. To
 * unpack one of 17 KB takes longer than all else of `begin`.
 */
export interface Snapshots {
  note(digest: string, snapshot: JsonObject): void;
  /** What is held under a digest; `packed` is asked for where it is not in memory. */
  read(digest: string, packed: () => Uint8Array): JsonObject;
}

const mostNoted = 5_000;

export function createSnapshots(): Snapshots {
  /** The one noted longest ago first. */
  const noted = new Map<string, WeakRef<JsonObject>>();

  function note(digest: string, snapshot: JsonObject): void {
    noted.delete(digest);
    noted.set(digest, new WeakRef(snapshot));
    const [oldest] = noted.keys();
    if (noted.size > mostNoted && oldest !== undefined) noted.delete(oldest);
  }

  return {
    note,
    read(digest, packed) {
      const known = noted.get(digest)?.deref();
      if (known !== undefined) return known;
      const snapshot = unpack<JsonObject>(packed());
      note(digest, snapshot);
      return snapshot;
    },
  };
}
