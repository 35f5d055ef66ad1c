import { expect, it } from 'vitest';
import { delivery, recordRow } from '../../test/contract/ledger-fixtures.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { createTermLedger } from './term-ledger.ts';

it('waits for the store, then writes under its term until a later one begins', async () => {
  const lead = { term: 3 };
  const ledger = createMemoryLedger(lead);
  const opening = Promise.withResolvers<{ ledger: typeof ledger; term: number }>();
  const term = createTermLedger(opening.promise);
  const one = delivery('u');
  const committed = term.commit('u', 1, { put: [recordRow('u')], add: [one] });
  const loaded = term.load('u', ['application']);
  expect(await ledger.load('u', ['application'])).toEqual([]);
  opening.resolve({ ledger, term: 3 });
  expect(await committed).toEqual({ fenced: false, ready: [one.id] });
  expect(await loaded).toEqual([recordRow('u')]);
  expect(await term.read('u', 'application', [''])).toEqual([recordRow('u')]);
  lead.term = 4;
  expect(await term.commit('u', 2, { put: [recordRow('u', 'later')] })).toEqual({ fenced: true });
  expect(await ledger.load('u', ['application'])).toEqual([recordRow('u')]);
});
