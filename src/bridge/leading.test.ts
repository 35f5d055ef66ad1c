import { expect, it } from 'vitest';
import type { LeadingTerm, OpenedStore } from '../leader/term.ts';
import type { NotedProgress } from '../ledger/rows.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createLeading } from './leading.ts';

function setUp(progress?: NotedProgress) {
  const clock = createSimulatedClock(Date.UTC(2026, 0, 1));
  const { log, messages } = recordLog();
  const made: {
    store: Promise<OpenedStore>;
    from: NotedProgress | undefined;
    stopped: number;
    end(): void;
  }[] = [];
  const stopping = new AbortController();
  const leading = createLeading({
    createTerm(store, from) {
      const over = Promise.withResolvers<string>();
      const term = { store, from, stopped: 0, end: () => over.resolve('overflow') };
      made.push(term);
      return {
        over: over.promise,
        async stop() {
          term.stopped += 1;
        },
      } as unknown as LeadingTerm;
    },
    notedProgress: async () => progress,
    signal: stopping.signal,
    clock,
    log,
  });
  const opened = { term: 1 } as OpenedStore;
  const opening = Promise.withResolvers<void>();
  const configured = Promise.withResolvers<void>();
  return { clock, leading, made, opened, opening, configured, messages, stopping };
}

it('waits a while for the store before it watches without one', async () => {
  const { clock, leading, made, opening, configured } = setUp();
  const watching = leading.meanwhile(opening.promise, configured.promise);
  configured.resolve();
  await clock.advance(4_999);
  opening.resolve();
  await watching;
  await clock.advance(60_000);
  expect([made, leading.term()]).toEqual([[], undefined]);
});

it('watches without a store once the configuration is known, and what was seen is written by the first term', async () => {
  const { clock, leading, made, opened, opening, configured, messages } = setUp();
  const watching = leading.meanwhile(opening.promise, configured.promise);
  await clock.advance(30_000);
  expect(made).toEqual([]);
  configured.resolve();
  await watching;
  const provisional = leading.term();
  expect(provisional).toBeDefined();
  expect(messages()).toEqual(['Watches Applications although the store is away']);
  expect(await leading.begin(opened)).toBe(provisional);
  expect(await made[0]?.store).toBe(opened);
  await leading.discard();
  expect([made.length, made[0]?.stopped, leading.term()]).toEqual([1, 0, provisional]);
});

it('watches from where an earlier term left off, if the API server still remembers that', async () => {
  const { clock, leading, made, opened, opening, configured } = setUp({ revision: '41' });
  configured.resolve();
  void leading.meanwhile(opening.promise, configured.promise);
  await clock.advance(10_000);
  await leading.begin(opened);
  expect(made.map(({ from, stopped }) => [from, stopped])).toEqual([
    [undefined, 1],
    [{ revision: '41' }, 0],
  ]);
});

it('keeps what it has watched where the API server has forgotten more', async () => {
  const { clock, leading, made, opened, opening, configured } = setUp({ revision: '41' });
  configured.resolve();
  void leading.meanwhile(opening.promise, configured.promise);
  await clock.advance(60_000);
  await leading.begin(opened);
  expect(made).toHaveLength(1);
});

it('gives up what it has watched when another process leads, when it is too much, and at the end', async () => {
  for (const giveUp of ['standBy', 'end', 'discard'] as const) {
    const { clock, leading, made, opening, configured } = setUp();
    configured.resolve();
    void leading.meanwhile(opening.promise, configured.promise);
    await clock.advance(5_000);
    if (giveUp === 'end') made[0]?.end();
    else await leading[giveUp]();
    await clock.settle();
    expect([giveUp, leading.term(), made[0]?.stopped]).toEqual([giveUp, undefined, 1]);
  }
});

it('does not watch when the end or a store that cannot be opened comes first', async () => {
  const ended = setUp();
  ended.configured.resolve();
  const watching = ended.leading.meanwhile(ended.opening.promise, ended.configured.promise);
  ended.stopping.abort();
  await watching;
  expect(ended.made).toEqual([]);
  const refused = setUp();
  refused.configured.resolve();
  const waiting = refused.leading.meanwhile(refused.opening.promise, refused.configured.promise);
  refused.opening.reject(new Error('refused'));
  await waiting;
  expect(refused.made).toEqual([]);
});
