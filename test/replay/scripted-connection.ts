import type { Clock } from '../../src/clock.ts';
import type { Connection } from '../../src/cluster/connect.ts';
import type { JsonObject } from '../../src/model.ts';

export type Plural = 'applications' | 'appprojects' | 'applicationsets';

/** An API server in this process, whose clock may be a simulated one: lists what is there, and shows each change. */
export interface ScriptedConnection {
  connection: Pick<Connection, 'json' | 'stream' | 'untilBack'>;
  put(plural: Plural, object: JsonObject): void;
  remove(plural: Plural, name: string): void;
}

/** Milliseconds. A watch that shows nothing for two minutes is taken for dead. */
const bookmarkInterval = 50_000;

export function createScriptedConnection(clock: Clock): ScriptedConnection {
  const objects = new Map<string, JsonObject>();
  const history: { plural: Plural; revision: number; type: string; object: JsonObject }[] = [];
  const listeners = new Set<() => void>();
  let revision = 100;

  const pluralOf = (path: string) => path.slice(path.lastIndexOf('/') + 1) as Plural;

  function change(plural: Plural, type: string, object: JsonObject): JsonObject {
    const { metadata } = object as { metadata: JsonObject };
    const changed = structuredClone({
      ...object,
      metadata: { ...metadata, resourceVersion: `${(revision += 1)}` },
    });
    history.push({ plural, revision, type, object: changed });
    for (const tell of listeners) tell();
    return changed;
  }

  async function* frames(
    plural: Plural,
    from: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const frame = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`);
    let shown = from;
    while (!signal?.aborted) {
      const due = history.filter((each) => each.plural === plural && each.revision > shown);
      for (const { type, object } of due) yield frame({ type, object });
      shown = Math.max(shown, ...due.map((each) => each.revision));
      const isNews = await new Promise<boolean>((resolve) => {
        const finish = (news: boolean) => {
          cancel();
          listeners.delete(tell);
          signal?.removeEventListener('abort', tell);
          resolve(news);
        };
        const tell = () => finish(true);
        const cancel = clock.after(bookmarkInterval, () => finish(false));
        listeners.add(tell);
        signal?.addEventListener('abort', tell);
      });
      const bookmark = { kind: 'Application', metadata: { resourceVersion: `${shown}` } };
      if (!isNews) yield frame({ type: 'BOOKMARK', object: bookmark });
    }
  }

  return {
    connection: {
      async json({ path }) {
        const plural = pluralOf(path);
        const items = [...objects].flatMap(([key, object]) =>
          key.startsWith(`${plural}/`) ? [structuredClone(object)] : [],
        );
        return { metadata: { resourceVersion: `${revision}` }, items };
      },
      stream: async ({ path, query, signal }) =>
        frames(pluralOf(path), Number(query?.['resourceVersion']), signal),
      untilBack: async () => false,
    },
    put(plural, object) {
      const { name } = object.metadata as { name: string };
      const key = `${plural}/${name}`;
      objects.set(key, change(plural, objects.has(key) ? 'MODIFIED' : 'ADDED', object));
    },
    remove(plural, name) {
      const key = `${plural}/${name}`;
      const object = objects.get(key);
      objects.delete(key);
      if (object) change(plural, 'DELETED', object);
    },
  };
}
