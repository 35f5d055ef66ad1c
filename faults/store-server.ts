import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findOwnPostgres, findOwnRedis, postgresDatabase } from '../test/servers.ts';
import { portOf } from './ports.ts';

export type StoreName = 'sqlite' | 'redis' | 'postgres';

export const storeNames: readonly StoreName[] = ['sqlite', 'redis', 'postgres'];

export interface StoreServer {
  /** For `--queue`. */
  url: string;
  /** Undefined for sqlite, which is inside the process. */
  port?: number;
  /** Undefined for sqlite, which has no server. */
  server?: {
    kill(how: 'crash' | 'politely'): Promise<void>;
    start(): Promise<void>;
  };
  stop(): Promise<void>;
}

/** Milliseconds for a server to come up again: PostgreSQL waits for the children of one that was killed. */
const mostStart = 60_000;

export async function startStore(name: StoreName, directory: string): Promise<StoreServer> {
  if (name === 'sqlite') {
    return {
      url: `sqlite:${directory}`,
      stop: async () => rmSync(directory, { recursive: true, force: true }),
    };
  }
  const found = await (name === 'redis' ? findOwnRedis() : findOwnPostgres()).start();
  const url = name === 'redis' ? found.url : await postgresDatabase(found);
  const { process: server } = found;
  const began = async () => {
    if (name === 'redis') await syncAlways(url);
  };
  await began();
  return {
    url,
    port: portOf(url),
    ...(server && {
      server: {
        // At SIGTERM PostgreSQL waits for its clients.
        kill: (how) => server.kill(how === 'crash' ? 'SIGKILL' : name === 'redis' ? 'SIGTERM' : 'SIGINT'),
        async start() {
          const end = performance.now() + mostStart;
          for (;;) {
            const failure = await server.start().then(
              () => undefined,
              (error: unknown) => error,
            );
            if (failure === undefined) break;
            if (performance.now() > end) throw new Error('The store does not start', { cause: failure });
            await delay(200);
          }
          await began();
        },
      },
    }),
    stop: () => found.stop(),
  };
}

/** What Redis has answered is on the disk. */
async function syncAlways(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    await client.config('SET', 'appendfsync', 'always');
  } finally {
    client.disconnect();
  }
}
