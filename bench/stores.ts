import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres, findRedis, postgresDatabase, redisDatabase } from '../test/servers.ts';

/** An empty store of a kind: `redis`, `postgres` or `sqlite`. Servers as tests find them. */
export async function emptyStore(kind: string): Promise<{ url: string; remove(): Promise<void> }> {
  if (kind === 'sqlite') {
    const directory = mkdtempSync(join(tmpdir(), 'herald-bench-'));
    return {
      url: `sqlite:${directory}`,
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  }
  if (kind !== 'redis' && kind !== 'postgres') throw new Error(`There is no store ${kind}`);
  const server = await (kind === 'redis' ? findRedis() : findPostgres()).start();
  if (kind === 'postgres') return { url: await postgresDatabase(server), remove: () => server.stop() };
  const { url, release } = await redisDatabase(server);
  return {
    url,
    async remove() {
      await release();
      await server.stop();
    },
  };
}
