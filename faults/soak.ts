import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { markdownTable } from '../scripts/markdown-table.ts';
import { databaseFile } from '../src/store/open-sqlite.ts';
import { createRandom } from './random.ts';
import { circumstances } from './report.ts';
import type { StoreName } from './store-server.ts';
import { createTally } from './tally.ts';
import { configuration, createWorkload } from './workload.ts';
import { createWorld } from './world.ts';

export interface SoakOptions {
  applications: number;
  /** Changes a second. */
  rate: number;
  minutes: number;
  store: StoreName;
  seed: number;
  /** The tree that Herald is run from. @defaultValue this one */
  root?: string;
}

interface Probe {
  heapUsed: number;
  rss: number;
  external: number;
  /** Open handles and timers by kind. */
  resources: Record<string, number>;
}

interface Sample extends Probe {
  minute: number;
  /** In the store. */
  keys: number;
  changes: number;
  arrived: number;
  missing: number;
}

const minuteMs = 60_000;
/** Minutes that the process may take to find its size; of a shorter run the first half. */
const mostMinutesSettling = 10;
/** Applications a second. */
const warmUpRate = 100;
/** Of the heap after a collection, bytes an hour. */
const mostSlope = 1_000_000;
/** Milliseconds to become ready, and to send what is left. */
const mostSettling = 300_000;
const tree = join(import.meta.dirname, '..');

/** One process under steady load for a long time: what it holds must not grow. */
export async function soak(options: SoakOptions): Promise<{ text: string; holds: boolean }> {
  const { applications, rate, minutes, store, seed, root = tree } = options;
  const tally = createTally();
  const world = await createWorld({
    root,
    tally,
    store,
    hosts: ['herald'],
    env: (directory) => ({
      HERALD_PROBE_FILE: join(directory, 'probe'),
      NODE_OPTIONS: `--import ${join(import.meta.dirname, 'probe.ts')}`,
    }),
  });
  const [herald] = world.processes;
  if (!herald) throw new Error('The world has one process');
  world.configure(configuration);
  const probeFile = join(world.directory, '0', 'probe');
  const workload = createWorkload(world.kubernetes.cluster, tally, createRandom(seed), {
    applications,
    rate,
    // About 5 of 50 changes a second are told, over as many channels.
    subscribed: 0.2,
    ballast: { resources },
  });
  workload.prepare();
  const started = performance.now();
  herald.start();
  if (!(await herald.ready(mostSettling))) throw new Error(`Herald does not become ready: ${herald.logFile}`);
  const readyAfter = performance.now() - started;
  await workload.warmUp(warmUpRate);

  const ending = new AbortController();
  const working = workload.run(ending.signal);
  const samples: Sample[] = [];
  const began = performance.now();
  for (let minute = 1; minute <= minutes; minute += 1) {
    await delay(Math.max(0, began + minute * minuteMs - performance.now()));
    const probe = await probed(herald.signal, probeFile);
    const { changes, arrived } = tally.figures();
    const keys = await keysIn(store, world.store.url);
    const sample = { minute, ...probe, keys, changes, arrived, missing: tally.missing() };
    samples.push(sample);
    process.stdout.write(`${rowOf(sample).join('  ')}\n`);
  }
  ending.abort();
  await working;
  for (let waited = 0; tally.missing() > 0 && waited < mostSettling; waited += 100) await delay(100);
  const code = await herald.end('SIGTERM');
  const { pending, parked } = await world.deliveries();
  const figures = tally.figures();
  const settling = Math.min(mostMinutesSettling, Math.floor(minutes / 2));
  const settled = samples.filter(({ minute }) => minute > settling);
  const slope = slopeOf(settled, ({ heapUsed }) => heapUsed);
  const checks: [boolean, string][] = [
    [settled.length > 2, `only ${settled.length} samples after the first ${settling} minutes`],
    [slope < mostSlope, `the heap grows by ${(slope / 1e6).toFixed(2)} MB/h`],
    [figures.lost === 0, `${figures.lost} lost`],
    [figures.doubled === 0, `${figures.doubled} doubled`],
    [figures.unexpected === 0, `${figures.unexpected} unexpected`],
    [figures.outOfOrder === 0, `${figures.outOfOrder} out of order`],
    [pending + parked.length === 0, `${pending} pending, ${parked.length} parked`],
    [code === 0 && herald.exits.length === 0, `exit code ${code} ${herald.exits.join()}`],
  ];
  const wrong = checks.filter(([holds]) => !holds).map(([, text]) => text);
  const complaints = tally.complaints(10);
  if (wrong.length > 0) process.stdout.write(`${complaints.join('\n')}\nLogs: ${world.directory}\n`);
  await world.close(wrong.length > 0);
  const text = [
    '## Soak',
    '',
    `${circumstances(new Date())}, seed ${seed}, ${store}: ${applications} Applications of about 5 KB, ${rate} changes/s ` +
      `for ${minutes} minutes; one in five is subscribed to. Ready after ${(readyAfter / 1_000).toFixed(1)} s.`,
    `${figures.changes} changes, ${figures.expected} messages expected, ${figures.lost} lost, ${figures.doubled} doubled, ` +
      `longest delay ${(figures.longestDelay / 1_000).toFixed(1)} s. Heap after a collection, from minute ${settling} on: ` +
      `${(slope / 1e6).toFixed(2)} MB/h; keys of the store: ${slopeOf(settled, ({ keys }) => keys).toFixed(0)} an hour.`,
    `Verdict: ${wrong.length === 0 ? 'holds' : `**${wrong.join('; ')}**`}.`,
    '',
    markdownTable(
      ['minute', 'heap, MB', 'RSS, MB', 'keys', 'changes', 'messages', 'under way', 'handles and timers'],
      samples.filter(({ minute }) => minute === 1 || minute % 5 === 0).map(rowOf),
    ),
    '',
  ].join('\n');
  return { text, holds: wrong.length === 0 };
}

/** As many as an Application of some size has: about 5 KB. */
const resources = Array.from({ length: 24 }, (_, index) => ({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: `deployment-${index}`,
  status: 'Synced',
  health: { status: 'Healthy' },
  hook: false,
  requiresPruning: false,
}));

function rowOf({
  minute,
  heapUsed,
  rss,
  keys,
  changes,
  arrived,
  missing,
  resources: open,
}: Sample): string[] {
  return [
    `${minute}`,
    (heapUsed / 1e6).toFixed(1),
    (rss / 1e6).toFixed(0),
    `${keys}`,
    `${changes}`,
    `${arrived}`,
    `${missing}`,
    Object.entries(open)
      .map(([kind, count]) => `${count} ${kind}`)
      .sort()
      .join(', '),
  ];
}

async function probed(signal: (name: NodeJS.Signals) => void, file: string): Promise<Probe> {
  const linesOf = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
  const before = linesOf().length;
  signal('SIGUSR2');
  for (;;) {
    const lines = linesOf();
    if (lines.length > before) return JSON.parse(lines.at(-1) ?? '') as Probe;
    await delay(50);
  }
}

async function keysIn(store: StoreName, url: string): Promise<number> {
  if (store === 'sqlite') return rowsIn(url.slice('sqlite:'.length));
  if (store === 'redis') {
    const client = new Redis(url);
    try {
      return await client.dbsize();
    } finally {
      client.disconnect();
    }
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('ANALYZE');
    const { rows } = await client.query<{ sum: string }>(
      "SELECT sum(reltuples)::bigint AS sum FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')",
    );
    return Number(rows[0]?.sum ?? 0);
  } finally {
    await client.end();
  }
}

/** Of all tables; the process that runs on them does not mind being watched. */
function rowsIn(directory: string): number {
  const db = new DatabaseSync(databaseFile(directory), { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const counts = tables.map(({ name }) =>
      db.prepare(`SELECT count(*) AS count FROM ${name as string}`).get(),
    );
    return counts.reduce((sum, row) => sum + (row?.['count'] as number), 0);
  } finally {
    db.close();
  }
}

/** Of the line that fits best, an hour. */
export function slopeOf<T extends { minute: number }>(
  samples: readonly T[],
  value: (sample: T) => number,
): number {
  const mean = (of: (sample: T) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const x = mean(({ minute }) => minute);
  const y = mean(value);
  const spread = mean(({ minute }) => (minute - x) ** 2);
  return spread === 0 ? 0 : (mean((sample) => (sample.minute - x) * (value(sample) - y)) / spread) * 60;
}
