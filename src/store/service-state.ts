import type { JsonObject } from '../model.ts';
import { withDeadline } from './deadline.ts';
import { defaultStoreDeadline } from './open-store.ts';
import type { PostgresStore, RedisStore, SqliteStore, Store } from './store.ts';

/** Small durable values of services, see ServiceState in services/service.ts. */
export interface StoredState {
  get(key: string): Promise<JsonObject | undefined>;
  /** `ttl` in seconds. */
  set(key: string, value: JsonObject, ttl: number): Promise<void>;
}

/** The state in an opened store. `deadline`: milliseconds for each call. */
export function createServiceState(
  store: Store,
  options: { deadline: number } = { deadline: defaultStoreDeadline },
): StoredState {
  const state = stateIn(store);
  return {
    get: (key) => withDeadline(state.get(key), options.deadline, 'Reading the state of a service'),
    set: (key, value, ttl) =>
      withDeadline(state.set(key, value, ttl), options.deadline, 'Writing the state of a service'),
  };
}

/** Part of a state that cannot meet the keys of another part, such as a tenant's. */
export function scopedState(state: StoredState, scope: string): StoredState {
  const scoped = (key: string) => JSON.stringify([scope, key]);
  return {
    get: (key) => state.get(scoped(key)),
    set: (key, value, ttl) => state.set(scoped(key), value, ttl),
  };
}

function stateIn(store: Store): StoredState {
  switch (store.kind) {
    case 'sqlite':
      return sqliteState(store);
    case 'redis':
      return redisState(store);
    case 'postgres':
      return postgresState(store);
  }
}

function sqliteState(store: SqliteStore): StoredState {
  const get = store.prepare('SELECT value FROM service_state WHERE key = ? AND expires_at > ?');
  const set = store.prepare(
    `INSERT INTO service_state (key, value, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
  );
  return {
    async get(key) {
      const found = await store.read(() => get.get(nameOf(key), Date.now()));
      return found && (JSON.parse(found['value'] as string) as JsonObject);
    },
    async set(key, value, ttl) {
      const expiresAt = Date.now() + Math.max(1, Math.ceil(ttl)) * 1_000;
      await store.write(() => set.run(nameOf(key), JSON.stringify(value), expiresAt));
    },
  };
}

/** A text of PostgreSQL cannot hold NUL, one of SQLite no half of a surrogate pair; JSON escapes both. */
const nameOf = (key: string) => JSON.stringify(key);

function redisState({ client, prefix }: RedisStore): StoredState {
  const nameOf = (key: string) => `${prefix}:state:${key}`;
  return {
    async get(key) {
      const text = await client.get(nameOf(key));
      return text === null ? undefined : (JSON.parse(text) as JsonObject);
    },
    async set(key, value, ttl) {
      await client.set(nameOf(key), JSON.stringify(value), 'EX', Math.max(1, Math.ceil(ttl)));
    },
  };
}

function postgresState({ pool }: PostgresStore): StoredState {
  return {
    async get(key) {
      const { rows } = await pool.query<{ value: string }>(
        'SELECT value FROM herald.service_state WHERE key = $1 AND expires_at > now()',
        [nameOf(key)],
      );
      return rows[0] && (JSON.parse(rows[0].value) as JsonObject);
    },
    async set(key, value, ttl) {
      await pool.query(
        `INSERT INTO herald.service_state (key, value, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
        [nameOf(key), JSON.stringify(value), Math.max(1, Math.ceil(ttl))],
      );
    },
  };
}
