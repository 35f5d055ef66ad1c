/*
 * What each step costs as an installation grows, and what gives first under changes that are more than can be told. One
 * line of JSON each, which `bench/scale-plot.ts` draws.
 *
 *   node bench/scale.ts [--applications 100 --applications 1000 …] [--flood 50000] [--seconds 60] > scale.ndjson
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createInstallation } from './installation.ts';

const { values } = parseArgs({
  options: {
    applications: { type: 'string', multiple: true, default: ['100', '1000', '10000', '50000'] },
    store: { type: 'string', default: 'redis' },
    /** The size at which so many changes come each second. */
    flood: { type: 'string', default: '50000' },
    perSecond: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
  },
});
const changes = 50;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

for (const size of values.applications.map(Number)) {
  const installation = await createInstallation({ applications: size, store: values.store, latency: 20 });
  try {
    const told = await installation.start();
    await installation.ready();
    const cpu = installation.cpu();
    await delay(5_000);
    const resident = installation.memory();
    const beforeIdle = installation.cpu();
    await delay(10_000);
    const idle = (installation.cpu() - beforeIdle) / 10;
    const text = await (await fetch(`${installation.url()}/metrics`)).text();
    const beforeScrape = installation.cpu();
    await (await fetch(`${installation.url()}/metrics`)).text();
    const scrape = installation.cpu() - beforeScrape;
    const before = installation.cpu();
    await installation.kubernetes.ask('deploy', { count: changes, perSecond: 10 });
    await delay(2_000);
    // What it does when nothing happens is not the changes'.
    const change = (installation.cpu() - before - idle * (changes / 10 + 2)) / changes;
    say({
      applications: size,
      told: Math.round(told),
      cpu,
      resident: Math.round(resident),
      scrape,
      lines: text.split('\n').length,
      change: Math.max(0, change),
    });
    if (size === Number(values.flood)) await flood(installation);
  } finally {
    await installation.stop();
  }
}
process.exit(0);

/** More changes than can be told: every two seconds, what waits where. */
async function flood(installation: Awaited<ReturnType<typeof createInstallation>>): Promise<void> {
  const perSecond = Number(values.perSecond);
  const seconds = Number(values.seconds);
  const began = performance.now();
  let isOver = false;
  const deployed = installation.kubernetes
    .ask('deploy', { count: perSecond * seconds, perSecond })
    .then(() => {
      isOver = true;
      return (performance.now() - began) / 1_000;
    });
  // The double answers one question at a time: what has arrived is in Herald's own metrics.
  for (let quiet = 0; quiet < 3 && performance.now() - began < 600_000; ) {
    await delay(2_000);
    const metrics = await (await fetch(`${installation.url()}/metrics`)).text();
    const of = (name: string): number =>
      metrics
        .split('\n')
        .filter((line) => line.startsWith(name))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    const waiting = of('herald_queue_jobs{');
    const backlog = of('herald_ledger_backlog');
    say({
      at: Math.round((performance.now() - began) / 1_000),
      resident: Math.round(installation.memory()),
      cpu: installation.cpu(),
      waiting,
      backlog,
      sent: of('herald_deliveries_settled_total{outcome="sent"'),
    });
    quiet = isOver && waiting + backlog === 0 ? quiet + 1 : 0;
  }
  say({ flood: perSecond, seconds, lasted: await deployed });
}
