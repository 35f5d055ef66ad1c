import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SlackCallRecord, SlackFault } from '../../simulator/slack.ts';
import { runs } from '../runs.ts';
import { openSlack, type SlackFixture } from './slack-fixture.ts';

/** What can happen to a call; those that stall end with the attempt's abort. */
const disturbances = {
  none: [],
  'nothing arrives': [{ kind: 'reset' }],
  'posts, then cuts the connection': [{ kind: 'drop' }],
  'posts, then stalls': [{ kind: 'done', answer: { kind: 'hang' } }],
  'stalls without posting': [{ kind: 'hang' }],
  'posts and answers 500': [{ kind: 'done', answer: { kind: 'status', status: 500 } }],
  'answers 500': [{ kind: 'status', status: 500 }],
  'answers 429': [{ kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
  'refuses the layout': [{ kind: 'error', error: 'invalid_attachments' }],
  'refuses the layout, then posts and cuts': [
    { kind: 'error', error: 'invalid_attachments' },
    { kind: 'drop' },
  ],
} satisfies Record<string, SlackFault[]>;
const lookDisturbances = {
  none: [],
  cut: [{ kind: 'drop' }],
  stall: [{ kind: 'hang' }],
  'answer 500': [{ kind: 'status', status: 500 }],
  'answer 429': [{ kind: 'status', status: 429 }],
} satisfies Record<string, SlackFault[]>;

interface Step {
  post: keyof typeof disturbances;
  look: keyof typeof lookDisturbances;
  edit: keyof typeof lookDisturbances;
  /** The process ends after the attempt, with its outcome, even if it was sent. */
  crash: boolean;
  /** Another delivery of the same thread goes out before. */
  other: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  post: fc.constantFrom(...(Object.keys(disturbances) as Step['post'][])),
  look: fc.constantFrom(...(Object.keys(lookDisturbances) as Step['look'][])),
  edit: fc.constantFrom(...(Object.keys(lookDisturbances) as Step['edit'][])),
  crash: fc.boolean(),
  other: fc.boolean(),
});
const policies = ['ungrouped', 'Post', 'PostAndUpdate'] as const;

const isOurs = ({ form }: SlackCallRecord) => form.metadata?.includes('"d1"') === true;
const isLook = ({ method }: SlackCallRecord) => method.startsWith('conversations.');
const isEdit = ({ method }: SlackCallRecord) => method === 'chat.update';

/** Lets calls fail, and aborts the attempt when one of them stalls. */
function disturb(
  { slack }: SlackFixture,
  { post, look, edit }: Step,
): { signal: AbortSignal; end: () => void } {
  const abort = new AbortController();
  const stalled = new Set<SlackCallRecord>();
  const add = (faults: SlackFault[], matches: (call: SlackCallRecord) => boolean) => {
    for (const fault of faults) {
      const stalls = fault.kind === 'hang' || (fault.kind === 'done' && fault.answer.kind === 'hang');
      const where = (call: SlackCallRecord) => {
        const hit = matches(call);
        if (hit && stalls) stalled.add(call);
        return hit;
      };
      slack.fail(fault, { where });
    }
  };
  add(disturbances[post], isOurs);
  add(lookDisturbances[look], isLook);
  add(lookDisturbances[edit], isEdit);
  const stop = slack.onCall((call) => {
    if (stalled.has(call)) abort.abort();
  });
  return {
    signal: abort.signal,
    end: () => {
      stop();
      slack.clearFaults();
    },
  };
}

it('one delivery is one message, whatever happens to its attempts', async () => {
  const fates: string[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...policies),
      fc.array(step, { maxLength: 6 }),
      async (policy, steps) => {
        let now = Date.now();
        const fixture = await openSlack({ now: () => now });
        const section = {
          attachments: '[{"text":"x"}]',
          ...(policy === 'ungrouped' ? {} : { groupingKey: 'shop', deliveryPolicy: policy }),
        };
        let since: number | undefined;
        let isSent = false;
        // As the worker: the mark of an attempt stands until it has certainly reached nobody, or was looked for.
        const attempt = async (signal: AbortSignal, crash: boolean) => {
          // Whoever was told to wait has waited.
          now += 30_000;
          const begun = since ?? now;
          const earlier = since === undefined ? {} : { earlier: since };
          const outcome = await fixture.send('ours', { section, signal, ...earlier });
          expect(outcome.status).not.toBe('rejected');
          if (outcome.status === 'sent' && outcome.earlier !== undefined) fates.push(outcome.earlier);
          const isUnclear = crash || (outcome.status === 'retry' && outcome.unclear === true);
          since = isUnclear ? begun : undefined;
          isSent = outcome.status === 'sent' && !crash;
          if (crash) await fixture.restart();
        };
        for (const [index, current] of steps.entries()) {
          if (isSent) break;
          if (current.other) {
            const other = { groupingKey: 'shop' };
            await fixture.send('other', { section: other, deliveryId: `other-${index}` });
          }
          const { signal, end } = disturb(fixture, current);
          await attempt(signal, current.crash);
          end();
        }
        if (!isSent) await attempt(AbortSignal.timeout(600_000), false);
        expect(isSent).toBe(true);
        const ours = fixture.slack
          .messages('deploys')
          .filter(({ metadata }) => metadata?.event_payload.delivery === 'd1');
        expect(ours).toHaveLength(1);
        await fixture.close();
      },
    ),
    runs(150),
  );
  // Otherwise the runs would have shown nothing. A few of them may by chance be all of one kind.
  const shown = runs(150).numRuns < 100 ? 1 : 2;
  expect(new Set(fates).size).toBeGreaterThanOrEqual(shown);
  expect(fates).not.toContain('unreadable');
});
