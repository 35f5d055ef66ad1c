/**
 * What alerts with an end cost on the leader: 10,000 Applications with three triggers, 10,000 alerts pending and 3,000
 * firing, 100 silences and 50 rules of inhibition, as a ratio to the same load without lifecycle fields and rules.
 * Milliseconds are those of this thread's CPU, so that it does not matter what else the machine does.
 */
import { createMemoryQueue } from '../src/delivery/memory-queue.ts';
import type { JsonObject } from '../src/model.ts';
import { createSimulatedClock } from '../src/simulated-clock.ts';
import { application, snapshot } from '../src/testing/fixtures.ts';
import { startPipeline } from '../src/testing/start-pipeline.ts';
import { createStoreLedger } from './quick-ledger.ts';

const count = 10_000;
const firing = 1_500;
const changes = 2_000;
const subscriptions = { 'on-a': 'ops', 'on-b': 'ops', 'on-c': 'ops' };

function configMap(isOngoing: boolean): Record<string, string> {
  const trigger = (status: string, fields: string) => `
- when: app.status.health.status == '${status}'
  send: [m]
  severity: warning
${isOngoing ? fields : ''}`;
  const many = <T>(number: number, make: (index: number) => T): string =>
    JSON.stringify(Array.from({ length: number }, (_, index) => make(index)));
  return {
    'herald.service.console': '{}',
    'template.m': 'message: m',
    // All three fire together where an Application is degraded; of the others one is pending.
    'trigger.on-a': trigger('Degraded', '  resolved: [m]\n  repeat: 4h'),
    'trigger.on-b': trigger('Degraded', '  keepFiring: 2m\n  resolved: [m]'),
    'trigger.on-c': `
- when: app.status.health.status != 'Healthy'
  send: [m]
  severity: info
${isOngoing ? '  for: 1d' : ''}`,
    ...(isOngoing
      ? {
          silences: many(100, (index) => ({
            match: { name: `app-${index}`, severity: '=~warn.*' },
            until: '2030-01-01T00:00:00Z',
            comment: 'c',
          })),
          inhibit: many(50, (index) => ({
            source: { trigger: 'on-a', project: `p-${index}` },
            target: { trigger: 'on-b', project: `p-${index}` },
            equal: ['destination'],
          })),
          groups: JSON.stringify([
            {
              match: { trigger: ['on-a', 'on-b'] },
              groupBy: ['trigger'],
              groupWait: '1s',
              groupInterval: '5s',
            },
          ]),
        }
      : {}),
  };
}

const status = (health: string, note = 0): JsonObject => ({ health: { status: health, message: `${note}` } });

const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** `stop` answers how long the longest turn of the event loop took. */
function measureTurns(): { stop(): number } {
  let longest = 0;
  let began = cpu();
  let next: NodeJS.Immediate;
  const note = (): void => {
    const now = cpu();
    longest = Math.max(longest, now - began);
    began = now;
    next = setImmediate(note);
  };
  next = setImmediate(note);
  return {
    stop() {
      clearImmediate(next);
      return longest;
    },
  };
}

async function measure(
  isOngoing: boolean,
): Promise<{ change: number; all: number; stall: number; start: number }> {
  // Turns of the event loop end by the time that they take.
  const clock = { ...createSimulatedClock(Date.UTC(2026, 0, 1)), monotonic: () => performance.now() };
  const pipeline = startPipeline({
    clock,
    snapshots: [snapshot(configMap(isOngoing))],
    ledger: createStoreLedger(),
    queue: createMemoryQueue(),
    backlogLimit: 10 * count,
  });
  pipeline.begin();
  const see = (index: number, health: string, note = 0): void =>
    pipeline.see(application(`app-${index}`, { subscriptions, status: status(health, note) }));
  let began = cpu();
  for (let index = 0; index < count; index += 1) see(index, index < firing ? 'Degraded' : 'Progressing');
  await pipeline.done();
  pipeline.observer.complete();
  await pipeline.clock.advance(2_000);
  await pipeline.done();
  const start = cpu() - began;

  began = cpu();
  for (let round = 0; round < changes; round += 1)
    see((round * 7) % count, round % 2 === 0 ? 'Degraded' : 'Progressing', round);
  await pipeline.done();
  const change = (cpu() - began) / changes;

  const turns = measureTurns();
  began = cpu();
  await pipeline.observer.reevaluate(() => true);
  await pipeline.done();
  const all = cpu() - began;
  return { change, all, stall: turns.stop(), start };
}

const plain = await measure(false);
const ongoing = await measure(true);
const show = (what: string, key: keyof typeof plain, unit = 'ms'): void =>
  console.log(
    `${what}: ${ongoing[key].toFixed(2)} ${unit}, without lifecycle fields ${plain[key].toFixed(2)} ${unit}, ` +
      `${(ongoing[key] / plain[key]).toFixed(1)} times`,
  );
show('start with all of them, until it is told', 'start');
show('a change, decided and written', 'change');
show('all evaluated again', 'all');
show('the longest stall of the event loop meanwhile', 'stall');
process.exit(0);
