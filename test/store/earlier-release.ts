import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { EpisodeRecord, LedgerChange, Settlement } from '../../src/episodes/ledger.ts';
import type { Delivery } from '../../src/model.ts';
import { pack } from '../../src/store/pack.ts';
import { migrations } from '../../src/store/schema.ts';

/*
 * Release 0.1.0 as the stores saw it: the same commands to Redis that its scripts gave, the same calls of the functions
 * that its migration made in PostgreSQL. How it wrote rows is copied and not imported, so that a change of today's
 * rows does not change yesterday's.
 */
export interface EarlierRelease {
  apply(uid: string, change: Pick<LedgerChange, 'record' | 'import' | 'claim'>): Promise<void>;
  forget(uid: string): Promise<void>;
  settle(id: string, settlement: Settlement): Promise<void>;
  unpark(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Empties the database before. */
export async function earlierOnRedis(url: string): Promise<EarlierRelease> {
  const client = new Redis(url);
  await client.flushdb();
  const P = 'herald';

  async function writeEpisode(uid: string, episode: EpisodeRecord, delivery: string): Promise<boolean> {
    const { key, once, slot, record, notified, opened } = rowOf(episode);
    const kind = once ? 'once' : 'open';
    const value = [delivery, opened, notified, slot, record].join('\n');
    const written = await client.hsetnx(`${P}:${kind}:${uid}`, key, value);
    if (written === 1 && once) await client.hset(`${P}:slot:${uid}`, slot, key);
    return written === 1;
  }

  async function markNotified(uid: string, key: string, id: string, at: number): Promise<void> {
    for (const kind of ['open', 'once']) {
      const value = await client.hget(`${P}:${kind}:${uid}`, key);
      const [delivery, confirmed, , slot, record] = value?.split('\n') ?? [];
      if (delivery !== id) continue;
      await client.hset(`${P}:${kind}:${uid}`, key, [delivery, confirmed, at, slot, record].join('\n'));
    }
  }

  return {
    async apply(uid, { record, import: imports = [], claim: claims = [] }) {
      await client.zadd(`${P}:applications`, 0, uid);
      if (record) await client.set(`${P}:application:${uid}`, pack({ ...record }));
      for (const each of imports) await writeEpisode(uid, each, '');
      for (const { episode, delivery } of claims) {
        if (!(await writeEpisode(uid, episode, delivery.id))) continue;
        const { snapshot } = delivery;
        const digest = digestOf(snapshot);
        await client.hset(`${P}:delivery:${delivery.id}`, {
          uid,
          episode: episode.key,
          snapshot: digest,
          record: bodyOf(delivery),
          observed: `${delivery.observedAt}`,
        });
        await client.zadd(`${P}:pending`, delivery.observedAt, delivery.id);
        await client.hsetnx(`${P}:snapshot:${digest}`, 'packed', pack(snapshot));
        await client.hincrby(`${P}:snapshot:${digest}`, 'holders', 1);
      }
    },
    async forget(uid) {
      await client.zrem(`${P}:applications`, uid);
      await client.unlink(['application', 'open', 'once', 'slot'].map((kind) => `${P}:${kind}:${uid}`));
    },
    async settle(id, settlement) {
      const key = `${P}:delivery:${id}`;
      const [uid, episode, snapshot] = await client.hmget(key, 'uid', 'episode', 'snapshot');
      if (uid == null || episode == null || snapshot == null) return;
      await client.zrem(`${P}:pending`, id);
      if (settlement.status !== 'sent') {
        const text = JSON.stringify(settlement);
        await client.hset(key, { settlement: text, settled: `${settlement.at}` });
        await client.zadd(`${P}:parked`, settlement.at, id);
        return;
      }
      await markNotified(uid, episode, id, settlement.at);
      await client.zrem(`${P}:parked`, id);
      await client.del(key);
      const left = await client.hincrby(`${P}:snapshot:${snapshot}`, 'holders', -1);
      if (left <= 0) await client.del(`${P}:snapshot:${snapshot}`);
    },
    async unpark(id) {
      const observed = await client.hget(`${P}:delivery:${id}`, 'observed');
      await client.hdel(`${P}:delivery:${id}`, 'settlement', 'settled');
      await client.zrem(`${P}:parked`, id);
      await client.zadd(`${P}:pending`, observed ?? '', id);
    },
    close: async () => void (await client.quit()),
  };
}

/** Makes its tables anew. */
export async function earlierOnPostgres(url: string): Promise<EarlierRelease> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('DROP SCHEMA IF EXISTS herald CASCADE');
  await client.query('CREATE SCHEMA herald');
  await client.query(
    'CREATE TABLE herald.version (applied int PRIMARY KEY, oldest_reader int NOT NULL, at timestamptz NOT NULL DEFAULT now())',
  );
  await client.query(migrations[0]?.sql ?? '');
  await client.query('INSERT INTO herald.version (applied, oldest_reader) VALUES (1, 1)');
  return {
    async apply(uid, { record, import: imports = [], claim: claims = [] }) {
      const imported = imports.map(rowOf);
      const claimed = claims.map(({ episode }) => rowOf(episode));
      const deliveries = claims.map(({ delivery }) => delivery);
      const snapshots = new Map(deliveries.map(({ snapshot }) => [digestOf(snapshot), pack(snapshot)]));
      const values = [
        uid,
        record ? pack({ ...record }) : null,
        [],
        ...columns(imported, 'key', 'once', 'slot', 'record', 'notified', 'opened'),
        [],
        0,
        ...columns(claimed, 'key', 'once', 'slot', 'record', 'opened'),
        deliveries.map(({ id }) => id),
        deliveries.map(bodyOf),
        deliveries.map(({ snapshot }) => digestOf(snapshot)),
        deliveries.map(({ observedAt }) => observedAt),
        [...snapshots.keys()],
        [...snapshots.values()],
      ];
      const parameters = values.map((_, index) => `$${index + 1}`).join(', ');
      await client.query(`SELECT herald.apply_1(${parameters}) AS suppressed`, values);
    },
    forget: async (uid) => void (await client.query('SELECT herald.forget_1($1)', [uid])),
    async settle(id, settlement) {
      const isSent = settlement.status === 'sent';
      await client.query('SELECT herald.settle_1($1, $2, $3, $4)', [
        [id],
        [isSent],
        [settlement.at],
        [isSent ? null : JSON.stringify(settlement)],
      ]);
    },
    async unpark(id) {
      const text = 'UPDATE herald.delivery SET settlement = NULL, settled_at = NULL WHERE id = ANY ($1)';
      await client.query(text, [[id]]);
    },
    close: () => client.end(),
  };
}

interface EarlierRow {
  key: string;
  once: boolean;
  slot: string;
  record: string;
  notified: number;
  opened: number;
}

function rowOf(episode: EpisodeRecord): EarlierRow {
  const { notifiedAt = 0, ...record } = episode;
  const { key, configNamespace, trigger, condition, service, recipient } = episode;
  const slot = JSON.stringify([configNamespace, trigger, condition, service, recipient]);
  return {
    key,
    once: episode.oncePer !== '',
    slot: createHash('sha256').update(slot).digest('hex').slice(0, 24),
    record: JSON.stringify(record),
    notified: notifiedAt,
    opened: episode.openedAt,
  };
}

/** Without its snapshot, which deliveries share. */
function bodyOf({ snapshot: _snapshot, ...body }: Delivery): string {
  return JSON.stringify(body);
}

function digestOf(snapshot: object): string {
  return createHash('sha256').update(JSON.stringify(snapshot)).digest('hex').slice(0, 40);
}

function columns(rows: EarlierRow[], ...names: (keyof EarlierRow)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}
