import { expect, it } from 'vitest';
import { claim, record } from '../../test/contract/ledger-fixtures.ts';
import { createTermLedger } from './term-ledger.ts';
import { createMemoryLedger } from './testing/memory-ledger.ts';

it('waits for the store, then writes under its term until a later one begins', async () => {
  const lead = { term: 3 };
  const ledger = createMemoryLedger(lead);
  const opening = Promise.withResolvers<{ ledger: typeof ledger; term: number }>();
  const term = createTermLedger(opening.promise);
  const { episode, delivery } = claim('u');
  const applied = term.apply('u', { record: record('u'), claim: [{ episode, delivery }] });
  const loaded = term.load('u');
  expect(await ledger.load('u')).toBeUndefined();
  opening.resolve({ ledger, term: 3 });
  expect(await applied).toEqual({ fenced: false, suppressed: [], ready: [delivery.id] });
  expect(await loaded).toEqual({ record: record('u'), episodes: [episode] });
  expect(await term.setProgress('7')).toEqual({ fenced: false });
  lead.term = 4;
  expect(await term.apply('u', { record: record('u', 'later') })).toEqual({ fenced: true });
  expect(await term.setProgress('8')).toEqual({ fenced: true });
  expect(await term.forget('u', '9')).toEqual({ fenced: true });
  expect(await ledger.load('u')).toEqual({ record: record('u'), episodes: [episode] });
  expect(await ledger.progress()).toBe('7');
});
