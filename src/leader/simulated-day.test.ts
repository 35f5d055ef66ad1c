import { expect, it } from 'vitest';
import { all } from '../../test/contract/ledger-fixtures.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application, degraded, healthy } from '../testing/fixtures.ts';
import { intercept } from '../testing/intercept.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { createRecordingService } from '../testing/recording-service.ts';
import { startPipeline } from '../testing/start-pipeline.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 1);
const uids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const rounds = 22;

/** What is true from one time of the day to another, milliseconds. */
type Span = readonly [from: number, until: number];

/**
 * Every hour all Applications degrade together, and half an hour later they are well again. They have one recipient, who
 * takes a message a minute.
 */
async function day({ service: away, store: lost }: { service: Span; store: Span }) {
  const clock = createSimulatedClock(start);
  const is = ([from, until]: Span) => clock.monotonic() >= from && clock.monotonic() < until;
  const store = createMemoryLedger();
  const ledger = intercept(store, (call) => (call !== 'pending' && is(lost) ? 'before' : undefined));
  const queue = createMemoryQueue(clock);
  const recording = createRecordingService('console', { pace: { perSecond: 1 / 60, burst: 2 } });
  const attempts: number[] = [];
  const service = Object.assign(recording, {
    send: intercept(recording, () => {
      attempts.push(clock.monotonic());
      if (is(away)) recording.outcomes.push({ status: 'retry', reason: 'unreachable', error: 'away' });
      return undefined;
    }).send,
  });
  const retries = { retryDelay: 100, maxRetryDelay: 5_000 };
  const pipeline = startPipeline({ clock, ledger, queue, service, retries });
  queue.work(pipeline.deliver);
  for (let round = 0; round < rounds; round += 1) {
    for (const [after, status] of [
      [0, degraded],
      [hour / 2, healthy],
    ] as const) {
      clock.after(round * hour + after, () => {
        for (const uid of uids)
          pipeline.see(application(uid, { subscriptions: { 'on-degraded': 'ops' }, status }));
      });
    }
  }
  await clock.advance(24 * hour);
  const left = (await all(store.pending())).length;
  return { ...pipeline, recording, attempts, left, held: queue.held() };
}

it('of outages, retries and pacing: each alert is told once, in order, and as fast as it may be', async () => {
  const d = await day({ service: [10 * hour, 11.5 * hour], store: [14.9 * hour, 15.3 * hour] });
  const { sent } = d;
  expect([d.left, d.held, d.parked, d.ends]).toEqual([0, [], [], []]);
  expect(sent).toHaveLength(rounds * uids.length);
  expect(new Set(d.recording.sent.map(({ deliveryId }) => deliveryId)).size).toBe(sent.length);
  for (const uid of uids) {
    const seen = sent.filter(({ alerts: [alert] }) => alert.application.uid === uid);
    const times = seen.map(({ observedAt }) => observedAt - start);
    expect(times).toEqual(Array.from({ length: rounds }, (_, round) => round * hour));
  }
  // Two at once, and then one a minute, through the outage as well.
  const tooSoon = d.attempts.filter(
    (at, index) => (d.attempts[index + 3] ?? at + hour) - at < 2 * minute - 3,
  );
  expect(tooSoon).toEqual([]);
  const failed = d.attempts.length - sent.length;
  expect(failed).toBeGreaterThan(uids.length);
  expect(failed).toBeLessThanOrEqual(92);
  const said = new Map<string, number>();
  for (const { msg } of d.lines) said.set(msg, (said.get(msg) ?? 0) + 1);
  expect(said.get('Not sent, will retry')).toBe(failed);
  expect(said.get('Store answers again')).toBe(1);
});
