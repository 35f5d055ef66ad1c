/** Random histories of Applications through observer, ledger writer and delivery, held against a model of a few lines. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import type { Change, Ledger } from '../ledger/ledger.ts';
import type { Application, DeliveryFacts, JsonObject } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application } from '../testing/fixtures.ts';
import { type Fault, intercept } from '../testing/intercept.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createRecordingService } from '../testing/recording-service.ts';
import { startPipeline } from '../testing/start-pipeline.ts';
import { reportDeletions, requeueIntents } from './recover.ts';

interface Status {
  /** `lost`: its condition cannot be told. */
  health: 'Healthy' | 'Degraded' | 'lost';
  /** Synced to it; '' for not synced. */
  revision: string;
}

type Step =
  | { kind: 'seen'; uid: string; status: Status }
  | { kind: 'deleted'; uid: string }
  | { kind: 'unwatched'; uid: string }
  /** What is queued is tried, or it is waited until what was seen is durable. */
  | { kind: 'attempt' }
  | { kind: 'settle' }
  /** The process ends in good order and begins anew; `lose`: meanwhile the queue loses its jobs. */
  | { kind: 'restart'; lose: boolean };

const uid = fc.constantFrom('a', 'b');
const status: fc.Arbitrary<Status> = fc.record({
  health: fc.constantFrom('Healthy', 'Degraded', 'lost'),
  revision: fc.constantFrom('', 'r1', 'r2', 'r3'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('seen'), uid, status }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('deleted' as const, 'unwatched' as const), uid }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('attempt' as const, 'settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), lose: fc.boolean() }) },
);
const faults = fc.array(fc.constantFrom<Fault[]>('before', 'after', undefined), { maxLength: 40 });
/** Calls of the ledger that answer in batches. */
const listing: ReadonlySet<string> = new Set(['pending', 'ready', 'rows', 'parked']);
/** Longer than an attempt may last. */
const afterAttempts = 61_000;
/** Whether the service asks to come back, attempt by attempt. */
const retries = fc.array(fc.boolean(), { maxLength: 10 });

const subscriptions = { 'on-degraded': 'ops', 'on-synced': 'dev;ops', 'on-deleted': 'ops' };

function applicationOf(uid: string, { health, revision }: Status): Application {
  const told: JsonObject = {
    ...(health === 'lost' ? {} : { health: { status: health } }),
    sync: revision === '' ? { status: 'OutOfSync' } : { status: 'Synced', revision },
  };
  return application(uid, { subscriptions, status: told });
}

/** What must be sent, as `uid trigger recipient oncePer`, sorted. */
function expected(steps: readonly Step[]): string[] {
  const due: string[] = [];
  const degraded = new Set<string>();
  const revisions = new Set<string>();
  for (const each of steps) {
    if (each.kind === 'seen') {
      const { health, revision } = each.status;
      if (health === 'Degraded' && !degraded.has(each.uid)) due.push(`${each.uid} on-degraded ops `);
      if (health === 'Degraded') degraded.add(each.uid);
      if (health === 'Healthy') degraded.delete(each.uid);
      const known = `${each.uid} ${revision}`;
      if (revision !== '' && !revisions.has(known))
        for (const recipient of ['dev', 'ops']) due.push(`${each.uid} on-synced ${recipient} ${revision}`);
      revisions.add(known);
    }
    if (each.kind === 'deleted') due.push(`${each.uid} on-deleted ops `);
  }
  return due.toSorted();
}

/** The cluster never shows again, under its uid, what was deleted. */
function asClusterShows(steps: readonly Step[]): Step[] {
  const last = new Map<string, Status>();
  const generations = new Map<string, number>();
  const shown: Step[] = [];
  for (const each of steps) {
    if (!('uid' in each)) {
      shown.push(each);
      // A first list shows all there is.
      if (each.kind === 'restart')
        for (const [uid, status] of last) shown.push({ kind: 'seen', uid, status });
      continue;
    }
    const generation = generations.get(each.uid) ?? 0;
    const uid = `${each.uid}${generation}`;
    if (each.kind === 'seen') last.set(uid, each.status);
    else if (!last.has(uid)) continue;
    shown.push({ ...each, uid });
    if (each.kind === 'deleted') generations.set(each.uid, generation + 1);
    if (each.kind !== 'seen') last.delete(uid);
  }
  return shown;
}

interface Case {
  steps: readonly Step[];
  faults: readonly Fault[];
  retries: readonly boolean[];
}

/** Plays a history, until everything has been tried often enough, and answers what the service accepted. */
async function play({ steps, faults, retries }: Case): Promise<string[]> {
  const clock = createSimulatedClock(Date.UTC(2026, 0, 1));
  const left = [...faults];
  const asked = [...retries];
  const store = createMemoryLedger();
  const ledger = intercept(store, (call) => (listing.has(call) ? undefined : Promise.resolve(left.shift())));
  const queue = createMemoryQueue(clock);
  const service = createRecordingService('console');
  const told: string[] = [];
  const flaky = intercept(service, (call) => {
    if (call === 'send' && asked.shift() === true)
      service.outcomes.push({ status: 'retry', reason: 'busy', error: 'busy' });
    return undefined;
  });
  const faultyQueue = intercept(queue, (call) =>
    call === 'handOver' || call === 'add' || call === 'missing' ? Promise.resolve(left.shift()) : undefined,
  );
  const { log } = recordLog();
  let term = 0;
  const begin = () => startPipeline({ ledger, queue: faultyQueue, service: flaky, clock, term: (term += 1) });

  let pipeline = begin();
  const last = new Map<string, Application>();
  const attempt = async () => {
    await queue.runAll(pipeline.deliver);
    told.push(...pipeline.sent.splice(0).map(describe));
  };
  /** What a periodic task does, failures and all. */
  const recover = () => requeueIntents({ ledger, queue: faultyQueue, log }).catch(() => 0);

  for (const each of steps) {
    clock.skip(1_000);
    if (each.kind === 'seen') {
      const seen = applicationOf(each.uid, each.status);
      last.set(each.uid, seen);
      pipeline.see(seen);
    } else if (each.kind === 'attempt') await attempt();
    else if (each.kind === 'settle') await pipeline.done();
    else if (each.kind === 'restart') {
      // In good order: what was sent is settled, what was decided is durable.
      await pipeline.done();
      await until(async () =>
        (await queue.runAll(pipeline.deliver)).every((result) => !(result instanceof Error)),
      );
      told.push(...pipeline.sent.splice(0).map(describe));
      pipeline.observer.stop();
      if (each.lose) queue.lose();
      pipeline = begin();
      await recover();
    } else {
      const gone = last.get(each.uid);
      if (gone) pipeline.see(gone, each.kind);
    }
  }
  await pipeline.done();
  await until(async () => {
    clock.skip(afterAttempts);
    await attempt();
    await recover();
    return queue.held().length === 0 && (await pendingOf(store)) === 0;
  });
  // The service and the pipeline agree on what was sent, and on how often.
  expect(service.sent.length).toBe(told.length);
  return told.toSorted();
}

function describe({ alerts: [{ application, trigger, oncePer }], destination }: DeliveryFacts): string {
  return `${application.uid} ${trigger} ${destination.recipient} ${oncePer}`;
}

async function pendingOf(ledger: Ledger): Promise<number> {
  let count = 0;
  for await (const deliveries of ledger.pending()) count += deliveries.length;
  return count;
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) if (await isDone()) return;
  throw new Error('this does not come to an end');
}

/** Ends processes at any moment, with what they had in memory; answers what each service call was for. */
async function playWithCrashes({ steps, faults }: Omit<Case, 'retries'>) {
  const clock = createSimulatedClock(Date.UTC(2026, 0, 1));
  const left = [...faults];
  const store = createMemoryLedger();
  const jobs = createMemoryQueue(clock);
  const service = createRecordingService('console');
  const { log } = recordLog();
  const last = new Map<string, Application>();
  const labels = new Map<string, string>();
  let crashes = 0;

  function begin() {
    const generation = crashes;
    // What an ended process had under way does not reach the store.
    const fault = () => Promise.resolve(generation === crashes ? left.shift() : 'before');
    const ledger = intercept(store, (call, [, , change]) => {
      if (listing.has(call)) return undefined;
      if (call === 'commit')
        for (const each of (change as Change).add ?? []) labels.set(each.id, describe(each));
      return fault();
    });
    const queue = intercept(jobs, (call) =>
      call === 'handOver' || call === 'add' || call === 'missing' ? fault() : undefined,
    );
    return { ledger, queue, ...startPipeline({ ledger, queue, service, clock, term: generation + 1 }) };
  }
  let process = begin();

  const recover = async () => {
    const { ledger, queue, observer } = process;
    const isGone = async ({ uid }: { uid: string }) => !last.has(uid);
    await clock.until(observer.settled());
    await reportDeletions({ ledger, observer, isWatched: () => true, isGone, now: clock.now() });
    await requeueIntents({ ledger, queue, log }).catch(() => 0);
  };

  for (const each of steps) {
    clock.skip(1_000);
    if (each.kind === 'seen') {
      const seen = applicationOf(each.uid, each.status);
      last.set(each.uid, seen);
      process.see(seen);
    } else if (each.kind === 'attempt') await jobs.runAll(process.deliver);
    else if (each.kind === 'settle') await process.done();
    else if (each.kind === 'restart') {
      crashes += 1;
      process.observer.stop();
      await clock.until(process.writer.stop(0));
      if (each.lose) jobs.lose();
      process = begin();
    } else {
      const gone = last.get(each.uid);
      if (each.kind === 'deleted') last.delete(each.uid);
      if (gone) process.see(gone, each.kind);
    }
    // As long as a request to the store takes, or a part of it.
    await Promise.resolve();
  }
  await recover();
  await process.done();
  await until(async () => {
    clock.skip(afterAttempts);
    await jobs.runAll(process.deliver);
    await recover();
    return jobs.held().length === 0 && (await pendingOf(store)) === 0;
  });
  const times = Map.groupBy(service.sent, ({ deliveryId }) => deliveryId);
  return {
    mostTimes: Math.max(0, ...[...times.values()].map((each) => each.length)),
    accepted: [...times.keys()].map((id) => labels.get(id) ?? id).toSorted(),
  };
}

it('after crashes, too, tells of what holds, of nothing that never was, and nothing a second time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), faults, async (raw, faults) => {
      const steps = asClusterShows(raw);
      const { mostTimes, accepted } = await playWithCrashes({ steps, faults });
      // After a crash between sending and settling the service is asked whether it has it.
      expect(mostTimes).toBeLessThanOrEqual(1);
      const possible = expected(steps);
      for (const label of accepted) {
        const at = possible.indexOf(label);
        expect([label, at]).not.toEqual([label, -1]);
        possible.splice(at, 1);
      }
      for (const label of holding(steps)) expect(accepted).toContain(label);
    }),
    { numRuns: 150 },
  );
});

/** What must have been told because it holds at the end. */
function holding(steps: readonly Step[]): string[] {
  const last = new Map<string, Status>();
  for (const each of steps) {
    if (each.kind === 'seen') last.set(each.uid, each.status);
    // What is not watched any more may have been forgotten by a crash.
    if (each.kind === 'deleted' || each.kind === 'unwatched') last.delete(each.uid);
  }
  return [...last].flatMap(([uid, { health, revision }]) => [
    ...(health === 'Degraded' ? [`${uid} on-degraded ops `] : []),
    ...(revision === ''
      ? []
      : ['dev', 'ops'].map((recipient) => `${uid} on-synced ${recipient} ${revision}`)),
  ]);
}

it('loses nothing and doubles nothing, whatever fails and whenever it is started again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), faults, retries, async (raw, faults, retries) => {
      const steps = asClusterShows(raw);
      expect(await play({ steps, faults, retries })).toEqual(expected(steps));
    }),
    { numRuns: 150 },
  );
});
