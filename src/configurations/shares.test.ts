import { describe, expect, it } from 'vitest';
import { all } from '../../test/contract/ledger-fixtures.ts';
import type { ActiveConfig } from '../configurations/configurations.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application, configMap, degraded, healthy, snapshot } from '../testing/fixtures.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { startPipeline } from '../testing/start-pipeline.ts';
import { createShares, tenantShare } from './shares.ts';

const heavy = 'all(1..20000, # > 0)';
const triggers = (count: number): Record<string, string> => ({
  'trigger.on-heavy': JSON.stringify(
    Array.from({ length: count }, () => ({ when: heavy, send: ['message'] })),
  ),
  'trigger.on-own': '- {when: "true", send: [message]}',
  'template.message': 'message: m',
  'service.console': '{}',
});

function start(tenant: Record<string, string>, { backlogLimit = 10_000 } = {}) {
  const clock = createSimulatedClock(Date.UTC(2026, 0, 1));
  const ledger = createMemoryLedger();
  const snapshots = [snapshot(), snapshot(tenant, { namespace: 'team' })];
  const pipeline = startPipeline({
    ledger,
    snapshots,
    selfService: true,
    backlogLimit,
    clock,
  });
  return { ...pipeline, ledger, clock };
}

const of = (uid: string, status = degraded) =>
  application(uid, {
    namespace: 'team',
    status,
    subscriptions: { 'on-heavy': 'ops', 'on-own': 'ops', 'on-degraded': 'ops' },
  });

describe('the conditions of a ConfigMap and event', () => {
  it('share one budget, beyond which they fail; the operator goes on, and the tenant is told once', async () => {
    const p = start(triggers(100));
    for (let event = 0; event < 3; event += 1) p.see(of('a'));
    await p.done();
    const told = (await all(p.ledger.pending())).map(({ alerts: [{ trigger }] }) => trigger);
    expect(told).toContain('on-degraded');
    expect(told).not.toContain('on-own');
    const problems = p.lines.filter(({ what }) => String(what).includes('steps'));
    expect(problems).toMatchObject([
      { namespace: 'team', key: 'trigger.on-heavy', what: expect.stringContaining('more than 100000 steps') },
    ]);
    expect(await p.metrics.expose()).toContain('config_namespace="team"');
  });

  it('are evaluated as ever where they are few', async () => {
    const p = start(triggers(1));
    p.see(of('a'));
    await p.done();
    const told = (await all(p.ledger.pending())).map(({ alerts: [{ trigger }] }) => trigger).sort();
    expect(told).toEqual(['on-degraded', 'on-heavy', 'on-own']);
  });
});

describe('a tenant and second', () => {
  it('has one budget: what is beyond is put off, and evaluated when there is room again', async () => {
    const p = start(triggers(1));
    for (let event = 0; event < 30; event += 1) p.see(of(`a${event}`));
    await p.done();
    const own = async () =>
      (await all(p.ledger.pending())).filter(({ alerts: [{ trigger }] }) => trigger === 'on-heavy').length;
    const first = await own();
    expect(first).toBeGreaterThan(15);
    expect(first).toBeLessThan(30);
    await p.clock.advance(60_000);
    await p.done();
    expect(await own()).toBe(30);
  });

  it('has what was put off evaluated at the first free moment, in order, and not when the minute is over', async () => {
    const p = start(triggers(1));
    const own = async () =>
      (await all(p.ledger.pending())).filter(({ alerts }) => alerts[0].trigger === 'on-heavy').length;
    for (let event = 0; event < 30; event += 1) p.see(of(`a${event}`));
    await p.done();
    const first = await own();
    expect(first).toBeLessThan(30);
    const counts = [first];
    for (let second = 0; second < 20; second += 1) {
      await p.clock.advance(1_000);
      await p.done();
      counts.push(await own());
    }
    expect(counts[2]).toBeGreaterThan(first);
    expect(counts.at(-1)).toBe(30);
    // No more at once than there is room for.
    expect(counts.every((count, at) => count - (counts[at - 1] ?? first) <= 6)).toBe(true);
  });

  it('is nobody else', () => {
    const clock = createSimulatedClock(0);
    const shares = createShares(clock.now);
    const tenant = (namespace: string) => ({ namespace, isTenant: true }) as ActiveConfig;
    shares.spend(tenant('a'), tenantShare.burst + tenantShare.perSecond);
    expect([shares.wait(tenant('a')), shares.wait(tenant('b'))]).toEqual([1_001, 0]);
    clock.skip(1_001);
    expect(shares.wait(tenant('a'))).toBe(0);
  });
});

describe('events of one moment', () => {
  it('wait for their turn in a bounded number, beyond which they are watched again', async () => {
    const p = start({ 'trigger.on-own': configMap['trigger.on-degraded'] ?? '' }, { backlogLimit: 500 });
    p.see(of('a', degraded));
    await p.done();
    for (let event = 0; event < 5_000 && p.ends.length === 0; event += 1)
      p.see(of('a', event % 2 ? degraded : healthy));
    expect(p.ends).toEqual(['overflow']);
    expect(p.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    await p.observer.settled();
  });

  it('leave no room for more, where hundreds wait for their turn, until all of them are evaluated', async () => {
    const p = start({ 'trigger.on-own': configMap['trigger.on-degraded'] ?? '' });
    p.see(of('a', degraded));
    await p.done();
    expect([p.observer.room(), p.observer.waiting()]).toEqual([undefined, 0]);
    let events = 0;
    for (; p.observer.room() === undefined && events < 5_000; events += 1)
      p.see(of('a', events % 2 ? degraded : healthy));
    expect(p.observer.waiting()).toBeGreaterThanOrEqual(256);
    await p.observer.room();
    expect([p.observer.room(), p.observer.waiting(), p.ends]).toEqual([undefined, 0, []]);
  });

  it('take turns with everything else, in order', async () => {
    const p = start({ 'trigger.on-own': configMap['trigger.on-degraded'] ?? '' });
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    for (let round = 0; round < 1_000; round += 1) {
      p.see(of('a', degraded));
      p.see(of('a', healthy));
    }
    setImmediate(count);
    await p.observer.settled();
    isOver = true;
    await p.done();
    expect(turns).toBeGreaterThan(1);
    expect(p.ended).toHaveLength(2_000);
  });
});
