import fc from 'fast-check';
import { expect, it } from 'vitest';
import { all, committer } from '../../test/contract/ledger-fixtures.ts';
import { runs } from '../../test/runs.ts';
import type { Outcome } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { configMap, snapshot } from '../testing/fixtures.ts';
import { type Fault, intercept } from '../testing/intercept.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { createRecordingService } from '../testing/recording-service.ts';
import { startPipeline } from '../testing/start-pipeline.ts';
import { toldDelivery } from '../testing/told.ts';
import { createMemoryQueue } from './memory-queue.ts';

const start = Date.UTC(2026, 0, 1);
const outcomes: Readonly<Record<string, Outcome>> = {
  sent: { status: 'sent' },
  refused: { status: 'rejected', reason: 'no', error: 'no', scope: 'service' },
  retry: { status: 'retry', reason: 'busy', error: 'busy' },
  lost: { status: 'retry', reason: 'timeout', error: 'no answer', unclear: true },
};
const outcome = fc.constantFrom(...Object.keys(outcomes));
const call = fc.constantFrom('begin', 'parkedAmong', 'settle', 'discard', 'abandon');
const faults = fc.array(fc.tuple(call, fc.constantFrom<Fault>('before', 'after')), { maxLength: 4 });

it('an end is told once where something was told to fire or may have been, and nowhere else, whatever fails', async () => {
  const message = fc.record({ attempts: fc.tuple(outcome, outcome), faults });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), faults, async (told, endFaults) => {
      const clock = createSimulatedClock(start);
      const store = createMemoryLedger();
      let failing: (readonly [string, Fault])[] = [];
      const ledger = intercept(store, (name) => {
        const at = failing.findIndex(([each]) => each === name);
        return at < 0 ? undefined : failing.splice(at, 1)[0]?.[1];
      });
      const service = createRecordingService('console');
      const queue = createMemoryQueue(clock);
      const pipeline = startPipeline({ ledger, queue, service, clock, snapshots: [snapshot(configMap)] });
      const commit = committer(store);
      const deliver = async (id: string) => {
        for (let attempt = 1; attempt < 30; attempt += 1) {
          const result = await pipeline
            .deliver({ id, attempt, waited: false, signal: new AbortController().signal })
            .catch(() => ({ status: 'later', at: clock.now() + 1_000 }) as const);
          if (result.status === 'done') return;
          clock.set(Math.max(result.at, clock.now()));
        }
        throw new Error('It never comes to an end');
      };
      for (const [index, { attempts, faults: some }] of told.entries()) {
        const id = index === 0 ? 'root' : `later-${index}`;
        service.outcomes = attempts.map((each) => outcomes[each] as Outcome);
        failing = [...some];
        const reason = index === 0 ? 'first' : 'repeated';
        await commit('scope', { add: [toldDelivery(clock.now(), { id, reason, templates: ['message'] })] });
        await deliver(id);
      }
      service.outcomes = [];
      failing = [...endFaults];
      const end = { id: 'end', reason: 'all resolved', alerts: [{ state: 'resolved' }] } as const;
      await commit('scope', { add: [toldDelivery(clock.now(), end)] });
      await deliver('end');

      const sent = service.sent.map(({ deliveryId }) => deliveryId);
      expect(await all(store.pending())).toEqual([]);
      expect(new Set(sent).size).toBe(sent.length);
      // Nobody can tell whether the first one has arrived, or an attempt of it: its end is told as well.
      const parked = await all(store.parked());
      const isUnclear = parked.some(
        ({ delivery, mayHaveArrived }) => delivery.id === 'root' && mayHaveArrived,
      );
      const [root] = told;
      expect(isUnclear && !root?.attempts.includes('lost') && root?.faults.length === 0).toBe(false);
      expect(sent.includes('end')).toBe(isUnclear || sent.some((id) => id !== 'end'));
    }),
    runs(300),
  );
});
