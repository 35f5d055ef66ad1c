import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backstop } from '../../simulator/backstop.ts';
import { createLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { findPostgres, findRedis, postgresDatabase, redisDatabase } from '../servers.ts';

/** A store that the contract suites run on. */
export interface StoreUnderTest {
  name: 'sqlite' | 'redis' | 'postgres';
  /** One line that says why it cannot be used here. */
  skipped?: string;
  /** Makes it, empty. `url` may be opened by several processes, except for sqlite. */
  prepare(): Promise<{ url: string; remove(): Promise<void> }>;
}

export const silent = createLog({ level: 'silent', format: 'json' });

/** A store of its own each time, in a temporary directory: for what does not depend on the store. */
export function embeddedStore(): StoreUnderTest {
  return {
    name: 'sqlite',
    async prepare() {
      const directory = mkdtempSync(join(tmpdir(), 'herald-test-'));
      return {
        url: `sqlite:${directory}`,
        remove: async () => rmSync(directory, { recursive: true, force: true }),
      };
    },
  };
}

export function redisStore(): StoreUnderTest {
  const { skipped, start } = findRedis();
  return {
    name: 'redis',
    ...(skipped ? { skipped } : {}),
    async prepare() {
      const server = await start();
      const { url, release } = await redisDatabase(server);
      return {
        url,
        async remove() {
          await release();
          await server.stop();
        },
      };
    },
  };
}

export function postgresStore(): StoreUnderTest {
  const { skipped, start } = findPostgres();
  return {
    name: 'postgres',
    ...(skipped ? { skipped } : {}),
    async prepare() {
      const server = await start();
      return { url: await postgresDatabase(server), remove: () => server.stop() };
    },
  };
}

export function storesUnderTest(): StoreUnderTest[] {
  return [embeddedStore(), redisStore(), postgresStore()];
}

export function openForTest(url: string, options: { isGuest?: boolean } = {}): Promise<Store> {
  return openStore(url, { log: silent, deadline: backstop, ...options });
}
