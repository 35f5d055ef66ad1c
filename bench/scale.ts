/*
 * What each step costs as an installation grows, and what gives first under a load that is far above any real one.
 *
 *   node bench/scale.ts [--applications N]… [--store S]… [--seconds 60] [--pace 1000] [--tell 51] [--write] [--checkout DIR] [--profile DIR]
 *
 * Of each size and store, in a Herald of its own: a start, a scrape, changes of which nobody is told, and deployments, of
 * which somebody is. With `--seconds` then so many changes a second, of which one in `--tell` is told.
 * `--write` puts the figures into bench/scale.json, of which bench/draw-scale.ts makes the picture and table of docs/scale.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { patience } from './doubles/start.ts';
import { createInstallation, type Installation } from './installation.ts';
import { createProbe } from './probe.ts';
import { cpuOf, memoryOf, mostMemoryOf, untilIdle } from './process-figures.ts';
import type { LoadFigures, ScaleFigures, SizeFigures } from './scale-figures.ts';
import { bytesOf } from './stores.ts';

const file = join(import.meta.dirname, 'scale.json');
const { values } = parseArgs({
  options: {
    applications: { type: 'string', multiple: true, default: ['100', '1000', '10000', '50000'] },
    store: { type: 'string', multiple: true, default: ['redis', 'sqlite'] },
    seconds: { type: 'string', default: '0' },
    pace: { type: 'string', default: '1000' },
    // Of any 500 that follow each other in this distance, each is told to a channel of its own.
    tell: { type: 'string', default: '51' },
    write: { type: 'boolean', default: false },
    checkout: { type: 'string' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const pace = Number(values.pace);

for (const store of values.store) {
  for (const applications of values.applications.map(Number)) {
    process.stderr.write(`${applications} Applications, ${store}\n`);
    const { checkout, profile } = values;
    const installation = await createInstallation({ applications, store, checkout, profile });
    try {
      const size = await measureSize(installation);
      process.stdout.write(`${JSON.stringify({ store, applications, ...size })}\n`);
      if (values.write) note(store, (figures) => void (figures.sizes[applications] = size));
      if (seconds === 0) continue;
      const load = await measureLoad(installation);
      process.stdout.write(`${JSON.stringify({ store, applications, ...load })}\n`);
      if (values.write) note(store, (figures) => void (figures.load = { applications, ...load }));
    } finally {
      await installation.stop();
    }
  }
}

async function measureSize(installation: Installation): Promise<SizeFigures> {
  const { herald, doubles, queue } = installation;
  const began = performance.now();
  const toFirstMessage = await installation.start();
  await installation.ready();
  const untilReady = performance.now() - began;
  const startCpu = cpuOf(herald.pid);
  const mostResident = mostMemoryOf(herald.pid);
  await untilIdle(herald.pid);
  const resident = memoryOf(herald.pid);
  const requests = await doubles.kubernetes.ask('requests');
  const storeBytes = await bytesOf(queue);
  const probe = createProbe(herald);
  await probe.scrape();
  const scrape = await probe.scrape();
  const [count, told] = [2_000, 500];
  // What compiles and connects is not what is measured.
  await changed(installation, { count: told, tellEvery: 1 });
  await changed(installation, { count, tellEvery: count });
  const unchangedCpu = (await changed(installation, { count, tellEvery: count })) / count;
  const toldCpu = (await changed(installation, { count: told, tellEvery: 1 })) / told;
  return {
    toFirstMessage,
    untilReady,
    startCpu: startCpu * 1_000,
    mostResident,
    resident,
    requests,
    storeBytes,
    scrapeMs: scrape.took,
    scrapeCpu: scrape.cpu,
    scrapeBytes: scrape.bytes,
    unchangedCpu,
    toldCpu,
  };
}

/** Milliseconds of the processor until all of it is told. */
async function changed(
  { herald, doubles: { kubernetes, slack } }: Installation,
  { count, tellEvery }: { count: number; tellEvery: number },
): Promise<number> {
  await slack.ask('clear');
  await untilIdle(herald.pid);
  const before = cpuOf(herald.pid);
  const times = await kubernetes.ask('deploy', { count, perSecond: null, tellEvery });
  const { arrivals, doubled } = await slack.ask('arrived', { count: times.size, patience });
  if (arrivals.size !== times.size || doubled > 0)
    throw new Error(`${arrivals.size} of ${times.size} changes were told, ${doubled} of them twice`);
  await delay(1_000);
  return (cpuOf(herald.pid) - before) * 1_000;
}

async function measureLoad({
  herald,
  doubles: { kubernetes, slack },
}: Installation): Promise<Omit<LoadFigures, 'applications'>> {
  await slack.ask('clear');
  await untilIdle(herald.pid);
  const probe = createProbe(herald);
  const began = performance.timeOrigin + performance.now();
  const cpuBefore = cpuOf(herald.pid);
  probe.start();
  const times = await kubernetes.ask('deploy', {
    count: seconds * pace,
    perSecond: pace,
    tellEvery: Number(values.tell),
  });
  const made = performance.timeOrigin + performance.now();
  const mostUnread = await kubernetes.ask('mostUnread');
  process.stderr.write(`${seconds * pace} changes made in ${(made - began).toFixed(0)} ms\n`);
  const { arrivals, doubled } = await slack.ask('arrived', { count: times.size, patience });
  process.stderr.write(`${arrivals.size} of ${times.size} were told, ${doubled} of them twice\n`);
  const drained = Math.max(...arrivals.values()) - made;
  // Whatever comes after all of it comes twice.
  await untilIdle(herald.pid);
  const late = await slack.ask('arrived', { count: 0, patience });
  const seen = await probe.stop();
  const lags = [...times].map(([text, at]) => (arrivals.get(text) ?? Number.NaN) - at).sort((a, b) => a - b);
  const at = (part: number) => lags[Math.min(lags.length - 1, Math.floor(part * lags.length))] ?? Number.NaN;
  return {
    seconds,
    pace: (seconds * pace * 1_000) / (made - began),
    told: times.size,
    lost: times.size - arrivals.size,
    doubled: Math.max(doubled, late.doubled),
    p50: at(0.5),
    p99: at(0.99),
    drained,
    cpu: (cpuOf(herald.pid) - cpuBefore) * 1_000,
    mostUnread,
    ...seen,
  };
}

function note(store: string, change: (figures: ScaleFigures) => void): void {
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, ScaleFigures>;
  const figures = (all[store] ??= { sizes: {} });
  change(figures);
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}
