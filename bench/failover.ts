/*
 * What a second replica costs, and what it is worth: memory of the one that leads and of the one that stands by, and
 * the time from SIGKILL of the first to the message of a change made right after it.
 *
 *   node bench/failover.ts [applications] [rounds] [redis|postgres]
 */
import { readFileSync } from 'node:fs';
import { scrape } from '../demo/metrics.ts';
import type { Process } from '../faults/processes.ts';
import { createRandom } from '../faults/random.ts';
import { circumstances } from '../faults/report.ts';
import { createTally } from '../faults/tally.ts';
import { configuration, createWorkload } from '../faults/workload.ts';
import { createWorld } from '../faults/world.ts';

const [applications = '10000', rounds = '10', store = 'redis'] = process.argv.slice(2);
const patience = 300_000;
/** About 5 KB, as Applications are. */
const resources = Array.from({ length: 24 }, (_, index) => ({
  group: 'apps',
  kind: 'Deployment',
  namespace: 'shop',
  name: `deployment-${index}`,
  status: 'Synced',
  health: { status: 'Healthy' },
}));

const tally = createTally();
const world = await createWorld({
  tally,
  root: `${import.meta.dirname}/..`,
  store: store === 'postgres' ? 'postgres' : 'redis',
  hosts: ['herald-a', 'herald-b'],
});
const { processes } = world;
world.configure(configuration);
// A hundredth is subscribed to, so that nobody waits for the first messages of all.
const workload = createWorkload(world.kubernetes.cluster, tally, createRandom(1), {
  applications: Number(applications),
  rate: 100,
  subscribed: 0.01,
  ballast: { resources },
});
workload.prepare();
for (const each of processes) {
  each.start();
  if (!(await each.ready(patience))) throw new Error(`${each.host} does not become ready: ${each.logFile}`);
}
await told();

process.stdout.write(`${circumstances(new Date())}, ${applications} Applications, ${store}\n`);
const lists = () => world.kubernetes.stats.requests('list', 'applications');
const times: number[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const [leader, standby] = await roles();
  if (round === 0) {
    await oneMinute();
    process.stdout.write(
      `leader ${memoryOf(leader)}, standby ${memoryOf(standby)}; Applications listed ${lists()} times\n`,
    );
  }
  await leader.end('SIGKILL');
  const began = performance.now();
  // Its message says that the new leader has watched from where the old one was, decided, written and sent.
  const changing = new AbortController();
  const working = workload.run(changing.signal);
  while (tally.missing() === 0) await pause();
  changing.abort();
  await working;
  await told();
  times.push(performance.now() - began);
  leader.start();
  if (!(await leader.ready(patience))) throw new Error(`${leader.host} does not become ready again`);
}
times.sort((a, b) => a - b);
const seconds = (at: number) => ((times[at] ?? 0) / 1_000).toFixed(1);
process.stdout.write(
  `SIGKILL of the leader to the next message: ${seconds(0)} to ${seconds(times.length - 1)} s, ` +
    `median ${seconds(Math.floor(times.length / 2))} s, ${times.length} times; ${JSON.stringify(tally.figures())}\n`,
);
for (const each of processes) await each.end('SIGTERM');
await world.close(false);

async function roles(): Promise<[Process, Process]> {
  const [a, b] = processes;
  if (!a || !b) throw new Error('There are two processes');
  for (;;) {
    const [ofA, ofB] = await Promise.all([a, b].map(isLeader));
    if (ofA && !ofB) return [a, b];
    if (ofB && !ofA) return [b, a];
    await pause();
  }
}

async function isLeader({ url }: Process): Promise<boolean> {
  const samples = await scrape(`${url}/metrics`);
  return samples?.some(({ name, value }) => name === 'herald_leader' && value === 1) ?? false;
}

function memoryOf({ pid }: Process): string {
  const status = readFileSync(`/proc/${pid()}/status`, 'utf8');
  return `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_000)} MB`;
}

async function told(): Promise<void> {
  while (tally.missing() > 0) await pause();
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

/** In which the heap of a start is given back. */
function oneMinute(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60_000));
}
