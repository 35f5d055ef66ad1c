import { storesUnderTest } from '../test/contract/stores.ts';

/** An empty store of a kind: `redis`, `postgres` or `sqlite`. Servers as tests find them. */
export async function emptyStore(kind: string): Promise<{ url: string; remove(): Promise<void> }> {
  const store = storesUnderTest().find(({ name }) => name === kind);
  if (!store) throw new Error(`There is no store ${kind}`);
  return store.prepare();
}
