import { expect, test } from 'vitest';
import type { ParkedDelivery } from '../ledger/ledger.ts';
import type { DeliveryFacts } from '../model.ts';
import { discardDeliveries, retryDeliveries, showDeliveries } from './deliveries.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

function delivery(id: string, observedAt = Date.UTC(2026, 10, 22, 11)): DeliveryFacts {
  const application = { uid: 'u', namespace: 'argocd', name: 'shop', project: 'default' };
  return {
    id,
    lane: 'l',
    notice: 'n',
    reason: 'matched',
    alerts: [{ key: 'a', trigger: 'on-deployed', condition: 'HASH', oncePer: '', application }],
    destination: { service: 'slack', recipient: 'deploys' },
    templates: ['t'],
    configNamespace: 'argocd',
    observedAt,
  };
}

function parked(id: string, error = 'the channel does not exist'): ParkedDelivery {
  const at = Date.UTC(2026, 10, 22, 12, 0, 1, 5);
  return { delivery: delivery(id), status: 'rejected', reason: 'channel_not_found', error, at };
}

const queue = 'redis://q';
const show = { queue, failed: false, limit: 10, output: 'text' } as const;

test('a table of what was given up and what is under way', async () => {
  const io = fakeIo({ parked: [parked('aaaaaaaaaaaa1111')], pending: [delivery('bbbbbbbbbbbb2222')] });
  expect(await showDeliveries(show, io)).toBe(0);
  expect(io.output.stdout).toBe(
    [
      'ID            STATUS    SINCE                 APPLICATION  TRIGGER      DESTINATION    REASON',
      'aaaaaaaaaaaa  rejected  2026-11-22T12:00:01Z  argocd/shop  on-deployed  slack:deploys  channel_not_found: the channel does not exist',
      'bbbbbbbbbbbb  pending   2026-11-22T11:00:00Z  argocd/shop  on-deployed  slack:deploys  ',
      '',
    ].join('\n'),
  );
});

test('what comes from outside stays on its line and moves no cursor', async () => {
  const io = fakeIo({ parked: [parked('a', 'line\none\u001b[2J')] });
  await showDeliveries(show, io);
  expect(io.output.stdout.split('\n')).toHaveLength(3);
  expect(io.output.stdout).toContain('line one\\u001b[2J');
});

test('--failed leaves out what is under way; more than --limit is said', async () => {
  const io = fakeIo({ parked: [parked('a'), parked('b'), parked('c')], pending: [delivery('d')] });
  await showDeliveries({ ...show, failed: true, limit: 2 }, io);
  expect(io.output.stdout.match(/rejected|pending/g)).toEqual(['rejected', 'rejected']);
  expect(io.output.stderr).toBe('There are more than 2: give --limit to see them.\n');
});

test('json has full ids', async () => {
  const io = fakeIo({ parked: [parked('aaaaaaaaaaaa1111')] });
  await showDeliveries({ ...show, output: 'json' }, io);
  expect(JSON.parse(io.output.stdout)).toMatchObject([{ id: 'aaaaaaaaaaaa1111', status: 'rejected' }]);
});

test('nothing at all is said too', async () => {
  const io = fakeIo();
  await showDeliveries(show, io);
  expect(io.output.stdout).toBe('No deliveries.\n');
});

test('retry takes beginnings of ids, and --all', async () => {
  const world: FakeWorld = { parked: [parked('ab1'), parked('ab2'), parked('c1')] };
  const io = fakeIo(world);
  expect(await retryDeliveries({ queue, ids: ['c'] }, io)).toBe(0);
  expect(io.output.stdout).toMatch(/^1 delivery is due again;/);
  expect(world.pending?.map(({ id }) => id)).toEqual(['c1']);
  expect(await retryDeliveries({ queue, ids: [] }, io)).toBe(0);
  expect(world.pending?.map(({ id }) => id)).toEqual(['c1', 'ab1', 'ab2']);
});

test('retry makes the oldest due first', async () => {
  const world: FakeWorld = {
    parked: [3, 1, 2].map((at) => ({ ...parked(`${at}`), delivery: delivery(`${at}`, at) })),
  };
  await retryDeliveries({ queue, ids: [] }, fakeIo(world));
  expect(world.pending?.map(({ id }) => id)).toEqual(['1', '2', '3']);
});

test('discard takes the same, and what it takes is gone', async () => {
  const world: FakeWorld = { parked: [parked('ab1'), parked('ab2'), parked('c1')] };
  const io = fakeIo(world);
  expect(await discardDeliveries({ queue, ids: ['c'] }, io)).toBe(0);
  expect(io.output.stdout).toBe('1 delivery is discarded, and will not be sent.\n');
  expect(world.parked?.map(({ delivery: { id } }) => id)).toEqual(['ab1', 'ab2']);
  await expect(discardDeliveries({ queue, ids: ['ab'] }, io)).rejects.toThrow('beginning of 2 ids');
  await discardDeliveries({ queue, ids: [] }, io);
  expect([world.parked, world.pending]).toEqual([[], undefined]);
  await discardDeliveries({ queue, ids: [] }, io);
  expect(io.output.stdout).toMatch(/Nothing was given up, so there is nothing to discard.\n$/);
});

test.each([
  ['x', 'no delivery "x" was given up: herald deliveries --failed shows those that were'],
  ['ab', 'ab is the beginning of 2 ids: write more of it'],
])('retry %s fails and revives nothing', async (id, message) => {
  const world: FakeWorld = { parked: [parked('ab1'), parked('ab2')] };
  await expect(retryDeliveries({ queue, ids: ['ab1', id] }, fakeIo(world))).rejects.toThrow(message);
  expect(world.parked).toHaveLength(2);
});
