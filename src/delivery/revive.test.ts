import { expect, it } from 'vitest';
import { all, committer, delivery } from '../../test/contract/ledger-fixtures.ts';
import type { Settlement } from '../ledger/ledger.ts';
import type { RejectionScope } from '../model.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createMemoryQueue } from './memory-queue.ts';
import { reviveParked } from './revive.ts';

/** One parked delivery, refused for what has this scope, and what a change of the configuration makes of it. */
async function afterChange(
  scope: RejectionScope | undefined,
  change: { namespace?: string; services?: string[]; templates?: string[] },
  since = 0,
): Promise<{ queued: number; parked: number; lines: number }> {
  const ledger = createMemoryLedger();
  const queue = createMemoryQueue();
  const { log, lines } = recordLog();
  const one = delivery('u', { observedAt: 5_000 });
  await committer(ledger)('u', { add: [one] });
  const settlement = { status: 'rejected', at: 6_000, reason: 'no', error: 'no', ...(scope && { scope }) };
  await ledger.settle(one.id, settlement as Settlement);
  const { namespace = 'argocd', services = [], templates = [] } = change;
  await reviveParked(
    { ledger, queue, log },
    { namespace, services: new Set(services), templates: new Set(templates) },
    since,
  );
  return { queued: queue.held().length, parked: (await all(ledger.parked())).length, lines: lines.length };
}

const revived = { queued: 1, parked: 0, lines: 1 };
const left = { queued: 0, parked: 1, lines: 0 };

it.each<[string, RejectionScope | undefined, Parameters<typeof afterChange>[1], object]>([
  ['a service with another token', 'service', { services: ['slack'] }, revived],
  ['a service, for a recipient that it refused', 'recipient', { services: ['slack'] }, revived],
  ['another service', 'service', { services: ['webhook'] }, left],
  ['the template', 'notification', { templates: ['app-sync-succeeded'] }, revived],
  ['another template', 'notification', { templates: ['other'] }, left],
  ['the template, for what the service refused', 'service', { templates: ['app-sync-succeeded'] }, left],
  ['a service, for a message that it refused', 'notification', { services: ['slack'] }, left],
  ['a tenant’s service of that name', 'service', { namespace: 'team', services: ['slack'] }, left],
  ['a service, for what waiting may help', undefined, { services: ['slack'] }, left],
  ['nothing', 'service', {}, left],
])('changed is %s', async (_what, scope, change, expected) => {
  expect(await afterChange(scope, change)).toEqual(expected);
});

it('is news no more', async () => {
  expect(await afterChange('service', { services: ['slack'] }, 5_001)).toEqual(left);
  expect(await afterChange('service', { services: ['slack'] }, 5_000)).toEqual(revived);
});

it('reads page by page and no snapshot, and hands out in the order in which they were observed', async () => {
  const ledger = createMemoryLedger();
  const queue = createMemoryQueue();
  const commit = committer(ledger);
  const ids: string[] = [];
  for (let i = 0; i < 450; i += 1) {
    // Of one lane, and settled in another order than observed.
    const one = delivery('u', { trigger: `t${i}`, observedAt: 5_000 + i });
    ids.push(one.id);
    await commit('u', { add: [one] });
    await ledger.settle(one.id, {
      status: 'rejected',
      at: 9_000 - i,
      reason: 'no',
      error: 'no',
      scope: 'service',
    });
  }
  const change = { namespace: 'argocd', services: new Set(['slack']), templates: new Set<string>() };
  await reviveParked({ ledger, queue, log: recordLog().log }, change, 5_000);
  expect((await all(ledger.pending())).map(({ id }) => id)).toEqual(ids);
  expect(queue.held()).toEqual([ids[0]]);
});
