import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { storesUnderTest } from '../test/contract/stores.ts';

/** An empty store of a kind: `redis`, `postgres` or `sqlite`. Servers as tests find them. */
export async function emptyStore(kind: string): Promise<{ url: string; remove(): Promise<void> }> {
  const store = storesUnderTest().find(({ name }) => name === kind);
  if (!store) throw new Error(`There is no store ${kind}`);
  return store.prepare();
}

/** Bytes that the store takes: on Redis in memory, otherwise on disk. */
export async function bytesOf(url: string): Promise<number> {
  if (url.startsWith('sqlite:')) {
    const folder = url.slice('sqlite:'.length);
    return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  }
  return url.startsWith('postgres:') ? bytesOfPostgres(url) : bytesOfRedis(url);
}

async function bytesOfPostgres(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ size: string }>(
      'SELECT pg_database_size(current_database()) AS size',
    );
    return Number(rows[0]?.size);
  } finally {
    await client.end();
  }
}

/** Of one database: a server tells of all of them together. */
async function bytesOfRedis(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    let sum = 0;
    for await (const keys of redis.scanStream({ count: 1_000 })) {
      const pipeline = redis.pipeline();
      for (const key of keys as string[]) pipeline.memory('USAGE', key);
      for (const [, bytes] of (await pipeline.exec()) ?? []) sum += Number(bytes ?? 0);
    }
    return sum;
  } finally {
    await redis.quit();
  }
}
