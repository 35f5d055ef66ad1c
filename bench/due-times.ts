/**
 * How long the event loop stands still while 10,000 Applications with a condition that reads the clock are evaluated
 * again: each at a moment of its own within the minute, and all at once for comparison.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { application, configMap, healthy, snapshot } from '../src/testing/fixtures.ts';
import { startPipeline } from '../src/testing/start-pipeline.ts';

const count = 10_000;
const data = {
  ...configMap,
  'trigger.on-late':
    "- when: app.metadata.name == 'x' and time.Now().Sub(time.Parse('2026-01-01T00:00:00Z')).Minutes() >= 5\n  send: [message]",
};
const pipeline = startPipeline({ snapshots: [snapshot(data)], backlogLimit: 10 * count });
for (let index = 0; index < count; index += 1)
  pipeline.see(application(`a${index}`, { status: healthy, subscriptions: { 'on-late': 'ops' } }));
await pipeline.done();

const evaluations = async (): Promise<number> => {
  const text = await pipeline.metrics.expose();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('argocd_notifications_trigger_eval_total{'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

async function measure(what: string, run: () => Promise<unknown>): Promise<void> {
  const before = await evaluations();
  const began = performance.now();
  const cpu = process.cpuUsage();
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await run();
  histogram.disable();
  const { user, system } = process.cpuUsage(cpu);
  const [p99, max] = [histogram.percentile(99), histogram.max].map((ns) => (ns / 1e6).toFixed(1));
  const lasted = ((performance.now() - began) / 1000).toFixed(1);
  const done = (await evaluations()) - before;
  const seconds = ((user + system) / 1e6).toFixed(1);
  console.log(
    `${what}: ${done} evaluations in ${lasted} s, ${seconds} s of CPU, event loop late by ${p99} ms (p99), ${max} ms (most)`,
  );
}

await measure('over a minute', () => delay(60_000));
await measure('all at once', () => pipeline.observer.reevaluate(() => true));
process.exit(0);
