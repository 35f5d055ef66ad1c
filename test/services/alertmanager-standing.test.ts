/** Alertmanager forgets what nobody sends again: what fires is sent again and again, by whichever process. */
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';
import { createSimulatedClock, type SimulatedClock } from '../../src/simulated-clock.ts';
import { openInternet } from '../internet/internet.ts';
import { createMemoryState } from './memory-state.ts';
import { startService } from './start-service.ts';

let clock: SimulatedClock;
let state: ReturnType<typeof createMemoryState>;
const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const start = Date.parse('2026-11-28T06:00:00Z');
const minute = 60_000;
const labels = { alertname: 'degraded', app: 'shop' };

beforeEach(() => {
  clock = createSimulatedClock(start);
  state = createMemoryState();
  server.play([{ status: 200 }]);
});

const open = () =>
  startService('alertmanager', { targets: ['am.example:9093'] }, { state, clock, now: clock.now });

const alert = {
  key: 'k',
  state: 'firing',
  reason: 'first',
  severity: 'critical',
  since: start - 5 * minute,
  isFollowUp: false,
  isSilent: false,
} as const;
const repeated = { ...alert, reason: 'repeated', isFollowUp: true } as const;
const resolved = () => ({ ...repeated, state: 'resolved', endedAt: clock.now() }) as const;

function send(
  service: Service,
  told: Parameters<Service['send']>[2]['alert'],
  section?: JsonObject,
): Promise<Outcome> {
  const context = { deliveryId: 'd', signal: AbortSignal.timeout(600_000) };
  return service.send({ message: 'm', ...(section && { section }) }, '', {
    ...context,
    ...(told && { alert: told }),
  });
}

const bodies = () => server.received().map(({ body }) => JSON.parse(body ?? 'null') as JsonObject[]);
const last = () => bodies().at(-1) ?? [];

/** Until a request more has come. */
async function next(): Promise<JsonObject[]> {
  const before = server.received().length;
  await clock.advance(minute);
  await server.until(before + 1);
  return last();
}

it('an alert stands from when it began, until it ends', async () => {
  const service = open();
  expect(await send(service, alert, { labels })).toEqual({ status: 'sent' });
  expect(last()).toEqual([{ labels, startsAt: '2026-11-28T05:55:00Z', endsAt: '2026-12-05T06:00:00Z' }]);
  expect(await next()).toMatchObject([
    { labels, startsAt: '2026-11-28T05:55:00Z', endsAt: '2026-12-05T06:01:00Z' },
  ]);
  // The template of its end needs no section.
  expect(await send(service, resolved())).toEqual({ status: 'sent' });
  expect(last()).toMatchObject([
    { labels, startsAt: '2026-11-28T05:55:00Z', endsAt: '2026-11-28T06:01:00Z' },
  ]);
  // As Prometheus does, the end is sent again, and no end of it.
  expect(await next()).toMatchObject([{ labels, endsAt: '2026-11-28T06:01:00Z' }]);
  await service.close();
});

it('an end is sent again for a while', async () => {
  const service = open();
  await send(service, alert, { labels });
  await send(service, resolved());
  for (let passed = 1; passed <= 15; passed += 1) await next();
  const before = server.received().length;
  await clock.advance(10 * minute);
  expect(server.received()).toHaveLength(before);
  await service.close();
});

it('what another process ends, this one ends too', async () => {
  const [one, other] = [open(), open()];
  await send(one, alert, { labels });
  await send(other, resolved());
  await other.close();
  expect(await next()).toMatchObject([{ labels, endsAt: '2026-11-28T06:00:00Z' }]);
  await one.close();
});

it('another process goes on with what this one has sent', async () => {
  const one = open();
  await send(one, alert, { labels });
  await one.close();
  const other = open();
  const otherLabels = { alertname: 'other' };
  await send(other, { ...alert, key: 'k2' }, { labels: otherLabels });
  const sent = await next();
  expect(sent.map((each) => each['labels'])).toEqual(expect.arrayContaining([labels, otherLabels]));
  await other.close();
});

it('an alert whose labels change ends as it was', async () => {
  const service = open();
  await send(service, alert, { labels: { ...labels, severity: 'warning' } });
  await send(service, repeated, { labels: { ...labels, severity: 'critical' } });
  expect(last()).toMatchObject([
    { labels: { severity: 'critical' }, endsAt: '2026-12-05T06:00:00Z' },
    { labels: { severity: 'warning' }, endsAt: '2026-11-28T06:00:00Z' },
  ]);
  await service.close();
});

it('a message that tells of no alert is sent once', async () => {
  const service = open();
  await send(service, undefined, { labels });
  expect(last()).toEqual([{ labels, startsAt: '2026-11-28T06:00:00Z' }]);
  await clock.advance(10 * minute);
  expect(server.received()).toHaveLength(1);
  await service.close();
});

it('fires although nothing can be kept', async () => {
  state.fail(new Error('away'));
  const service = open();
  expect(await send(service, alert, { labels })).toEqual({ status: 'sent' });
  expect(await next()).toMatchObject([{ labels }]);
  await service.close();
});

it('nobody who tells of no end has it fire for ever', async () => {
  const service = open();
  await send(service, alert, { labels });
  clock.skip(8 * 24 * 60 * minute);
  await clock.advance(2 * minute);
  expect(server.received()).toHaveLength(1);
  await service.close();
});
