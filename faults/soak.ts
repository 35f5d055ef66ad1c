import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { createRandom } from './random.ts';
import { machine, markdownTable } from './report.ts';
import { createWorkload } from './workload.ts';
import { createWorld, type StoreName } from './world.ts';

export interface SoakOptions {
  applications: number;
  rate: number;
  minutes: number;
  store: Exclude<StoreName, 'pglite'>;
  seed: number;
}

interface Sample {
  minute: number;
  heapMb: number;
  rssMb: number;
  resources: Record<string, number>;
  keys: number;
  changes: number;
  arrived: number;
  missing: number;
}

const minuteMs = 60_000;
/** Minutes that the process may take to find its size. */
const settling = 10;
/** Of heap, MB an hour. */
const mostSlope = 1;

/** One process under steady load; answers the report and whether it holds. */
export async function soak(options: SoakOptions): Promise<{ text: string; passed: boolean }> {
  const { applications, rate, minutes, store, seed } = options;
  const world = await createWorld({
    store,
    hosts: ['herald'],
    env: (directory) => ({
      HERALD_PROBE_FILE: join(directory, 'probe'),
      NODE_OPTIONS: `--import ${join(import.meta.dirname, 'probe.ts')}`,
    }),
  });
  const [herald] = world.processes;
  if (!herald) throw new Error('The world has one process');
  const probeFile = join(world.directory, '0', 'probe');
  // About 5 KB an Application, as Argo CD's are; one in ten is subscribed to.
  const resources = Array.from({ length: 18 }, (_, index) => ({
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
  const workload = createWorkload(world.kubernetes.cluster, world.tally, createRandom(seed), {
    applications,
    rate,
    deletes: true,
    subscribed: 0.1,
    ballast: { resources },
  });
  workload.prepare();
  const startedAt = performance.now();
  herald.start();
  if (!(await herald.ready(300_000))) throw new Error(`Herald is not ready: ${herald.logFile}`);
  const readyAfter = performance.now() - startedAt;
  const ending = new AbortController();
  const working = workload.run(ending.signal);
  const samples: Sample[] = [];
  const began = performance.now();
  for (let minute = 1; minute <= minutes; minute += 1) {
    await delay(Math.max(0, began + minute * minuteMs - performance.now()));
    const { heapUsed, rss, resources: open } = await probe(herald.signal, probeFile);
    const { changes, arrived } = world.tally.figures();
    const sample = {
      minute,
      heapMb: heapUsed / 1e6,
      rssMb: rss / 1e6,
      resources: open,
      keys: await keysIn(store, world),
      changes,
      arrived,
      missing: world.tally.missing(),
    };
    samples.push(sample);
    process.stdout.write(`${JSON.stringify(sample)}\n`);
  }
  ending.abort();
  await working;
  const isComplete = await world.tally.complete(2 * minuteMs);
  const figures = world.tally.figures();
  await herald.end('SIGTERM');
  const left = await world.left();
  const slope = slopeOf(samples.filter(({ minute }) => minute > settling));
  const passed =
    isComplete &&
    figures.lost + figures.doubled + figures.unexpected === 0 &&
    slope < mostSlope &&
    herald.crashes.length === 0 &&
    left.pending + left.parked === 0;
  await world.close(!passed);
  if (!passed)
    process.stdout.write(`${world.tally.complaints().slice(0, 20).join('\n')}\nLogs: ${world.directory}\n`);

  const shown = samples.filter(({ minute }) => minute % 5 === 0 || minute === 1);
  const kinds = [...new Set(samples.flatMap(({ resources: open }) => Object.keys(open)))].sort();
  const rows = shown.map((sample) => [
    `${sample.minute}`,
    sample.heapMb.toFixed(1),
    sample.rssMb.toFixed(0),
    kinds.map((kind) => `${kind} ${sample.resources[kind] ?? 0}`).join(', '),
    `${sample.keys}`,
    `${sample.changes}`,
    `${sample.arrived}`,
  ]);
  const text = [
    `### Soak, ${new Date().toISOString().slice(0, 10)}`,
    '',
    `${machine()}. ${applications} Applications, ${rate} changes a second, ${minutes} minutes, ${store}, seed ${seed}. ` +
      `Ready after ${(readyAfter / 1_000).toFixed(1)} s. ${figures.changes} changes, ${figures.expected} messages expected, ` +
      `${figures.lost} lost, ${figures.doubled} doubled, longest delay ${(figures.longestDelay / 1_000).toFixed(1)} s; ` +
      `left in the ledger: ${left.pending} pending, ${left.parked} parked. ` +
      `Heap after forced collection: ${slope.toFixed(2)} MB an hour from minute ${settling} on (limit ${mostSlope}). ` +
      (passed ? 'Passed.' : 'FAILED.'),
    '',
    markdownTable(
      ['minute', 'heap MB', 'RSS MB', 'open resources', `keys in ${store}`, 'changes', 'messages'],
      rows,
    ),
    '',
  ].join('\n');
  return { text, passed };
}

interface Probed {
  heapUsed: number;
  rss: number;
  resources: Record<string, number>;
}

async function probe(signal: (name: NodeJS.Signals) => void, file: string): Promise<Probed> {
  const read = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
  const before = read().length;
  signal('SIGUSR2');
  for (let tries = 0; tries < 600; tries += 1) {
    const lines = read();
    if (lines.length > before) return JSON.parse(lines.at(-1) ?? '') as Probed;
    await delay(50);
  }
  throw new Error('Herald does not answer the probe');
}

async function keysIn(store: SoakOptions['store'], world: { queueUrl: string }): Promise<number> {
  if (store === 'redis') {
    const client = new Redis(world.queueUrl);
    try {
      return await client.dbsize();
    } finally {
      client.disconnect();
    }
  }
  const client = new Client({ connectionString: world.queueUrl });
  await client.connect();
  try {
    const tables = ['application', 'episode', 'snapshot', 'delivery', 'service_state', 'gone', 'member'];
    const counts = tables.map((table) => `(SELECT count(*) FROM herald.${table})`).join(' + ');
    const { rows } = await client.query<{ sum: string }>(
      `SELECT ${counts} + (SELECT count(*) FROM herald_queue.job) AS sum`,
    );
    return Number(rows[0]?.sum);
  } finally {
    await client.end();
  }
}

/** Of a straight line through the heap's sizes, MB an hour. */
function slopeOf(samples: readonly Sample[]): number {
  if (samples.length < 2) return 0;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ minute }) => minute));
  const y = mean(samples.map(({ heapMb }) => heapMb));
  const covariance = samples.reduce((sum, { minute, heapMb }) => sum + (minute - x) * (heapMb - y), 0);
  const variance = samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
  return (60 * covariance) / variance;
}
