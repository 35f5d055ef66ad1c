import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Application, ConditionResult } from '../model.ts';
import { decide, type Evaluation, type OpenEpisodes, openEpisodes } from './claim.ts';
import type { EpisodeRecord } from './ledger.ts';

const application: Application = {
  uid: 'u1',
  namespace: 'argocd',
  name: 'shop',
  project: 'default',
  resourceVersion: '1',
  labels: {},
  annotations: {},
  object: { metadata: { name: 'shop' } },
};

const matched = (printed = ''): ConditionResult => ({
  status: 'matched',
  oncePer: printed === '' ? { kind: 'none' } : { kind: 'value', printed },
});
const nil: ConditionResult = { status: 'matched', oncePer: { kind: 'nil' } };
const unmatched: ConditionResult = { status: 'unmatched' };
const failed: ConditionResult = { status: 'failed', error: 'app.status is nil' };

const evaluation = (result: ConditionResult, recipient = 'deploys'): Evaluation => ({
  configNamespace: 'argocd',
  trigger: 'on-deployed',
  condition: 'c1',
  send: ['deployed'],
  destination: { service: 'slack', recipient },
  result,
});

/**
 * The ledger's promise in miniature: episodes by key; a claim of one that exists is suppressed; of a slot's values it
 * answers the one that came last.
 */
function play(steps: ConditionResult[][], restartAfter: ReadonlySet<number> = new Set()) {
  const ledger = new Map<string, EpisodeRecord>();
  const latest = new Map<string, string>();
  const sent: string[] = [];
  let open: OpenEpisodes = new Map();
  let known: ReadonlyMap<string, EpisodeRecord> = new Map();
  steps.forEach((results, index) => {
    const evaluations = results.map((result, recipient) => evaluation(result, `r${recipient}`));
    const decision = decide(application, evaluations, open, { now: index + 1, observedAt: index }, known);
    open = decision.open;
    for (const key of decision.change?.end ?? []) ledger.delete(key);
    for (const episode of decision.change?.import ?? []) {
      if (!ledger.has(episode.key)) ledger.set(episode.key, episode);
      if (episode.oncePer !== '') latest.set(episode.recipient, episode.key);
    }
    for (const { episode, delivery } of decision.change?.claim ?? []) {
      if (episode.oncePer !== '') latest.set(episode.recipient, episode.key);
      if (ledger.has(episode.key)) continue;
      ledger.set(episode.key, episode);
      sent.push(`${delivery.destination.recipient}:${delivery.oncePer}`);
    }
    known = new Map();
    if (restartAfter.has(index)) {
      const answered = [...ledger.values()].filter(
        ({ key, oncePer, recipient }) => oncePer === '' || latest.get(recipient) === key,
      );
      open = openEpisodes(application.uid, answered);
      known = new Map(answered.map((episode) => [episode.key, episode]));
    }
  });
  return sent;
}

const results = fc.constantFrom(
  matched(),
  nil,
  matched('r1'),
  matched('r2'),
  matched('r3'),
  unmatched,
  failed,
);
const history = fc.array(fc.tuple(results, results), { maxLength: 12 });

describe('decide', () => {
  test('without oncePer sends once for each change from unmatched to matched', () => {
    const steps = [matched(), matched(), unmatched, unmatched, matched(), matched()];
    expect(play(steps.map((step) => [step]))).toEqual(['r0:', 'r0:']);
  });

  test('with oncePer sends once for each value, ever', () => {
    const steps = [matched('a'), unmatched, matched('a'), matched('b'), matched('a')];
    expect(play(steps.map((step) => [step]))).toEqual(['r0:a', 'r0:b']);
  });

  test('a match that began without a value is the same when it gets one, and re-armed when it ends', () => {
    const steps = [matched(), matched('e1'), unmatched, matched()];
    expect(play(steps.map((step) => [step]))).toEqual(['r0:', 'r0:']);
  });

  test.each([
    ['a failing oncePer, then its value', [matched(), matched('r1')], ['']],
    ['a nil, then a value', [nil, matched('r1')], ['<nil>']],
    ['nothing, nil, a value', [matched(), nil, matched('r1')], ['']],
    ['nil, nothing, a value', [nil, matched(), matched('r1')], ['<nil>']],
    ['the value that it got is told', [matched(), matched('r1'), unmatched, matched('r1')], ['']],
    ['a second value is news', [matched(), matched('r1'), matched('r2')], ['', 'r2']],
    ['a value that comes and goes', [matched(), matched('r1'), matched(), matched('r2')], ['', 'r2']],
    [
      'one message for each sync, though a nil is told once only',
      [nil, matched('r1'), unmatched, nil, matched('r2'), unmatched, nil, matched('r3')],
      ['<nil>', 'r2', 'r3'],
    ],
    [
      'one message for each sync, of the same revision too',
      [matched(), matched('r1'), unmatched, matched(), matched('r1'), unmatched, matched('r1')],
      ['', ''],
    ],
    [
      'a value of an earlier match, and then another',
      [matched('r1'), matched(), matched('r1'), matched('r2')],
      ['r1', '', 'r2'],
    ],
  ])('%s', (_, steps, expected) => {
    const sent = expected.map((oncePer) => `r0:${oncePer}`);
    expect(play(steps.map((step) => [step]))).toEqual(sent);
    const everywhere = new Set(steps.keys());
    expect(
      play(
        steps.map((step) => [step]),
        everywhere,
      ),
    ).toEqual(sent);
  });

  test('a failed evaluation anywhere changes nothing', () => {
    fc.assert(
      fc.property(history, fc.nat({ max: 12 }), (steps, at) => {
        const withFailure = [...steps.slice(0, at), [failed, failed], ...steps.slice(at)];
        expect(play(withFailure)).toEqual(play(steps));
      }),
    );
  });

  test('repeating any event adds no delivery', () => {
    fc.assert(
      fc.property(history, (steps) => {
        expect(play(steps.flatMap((step) => [step, step]))).toEqual(play(steps));
      }),
    );
  });

  test('a restart anywhere neither loses nor doubles', () => {
    fc.assert(
      fc.property(history, fc.uniqueArray(fc.nat({ max: 11 })), (steps, restarts) => {
        expect(play(steps, new Set(restarts))).toEqual(play(steps));
      }),
    );
  });

  test('an event without news writes nothing', () => {
    const first = decide(application, [evaluation(matched('a'))], new Map(), { now: 1, observedAt: 1 });
    const again = decide(application, [evaluation(matched('a'))], first.open, { now: 2, observedAt: 2 });
    expect(again.change).toBeUndefined();
  });

  test('each occurrence is a delivery of its own under the same episode', () => {
    const first = decide(application, [evaluation(matched())], new Map(), { now: 1, observedAt: 1 });
    const second = decide(application, [evaluation(matched())], new Map(), { now: 2, observedAt: 2 });
    const [a, b] = [first.change?.claim[0]?.delivery, second.change?.claim[0]?.delivery];
    expect(a?.episode).toBe(b?.episode);
    expect(a?.id).not.toBe(b?.id);
  });
});
