import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Application, ConditionResult, JsonObject } from '../model.ts';
import { decide, type Evaluation, type OpenEpisodes, oncePerValue, openEpisodes } from './claim.ts';
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

/** The ledger's promise in miniature: episodes by key; a claim of one that exists is suppressed. */
function play(steps: ConditionResult[][], restartAfter: ReadonlySet<number> = new Set()) {
  const ledger = new Map<string, EpisodeRecord>();
  const sent: string[] = [];
  let open: OpenEpisodes = new Map();
  let known: ReadonlyMap<string, EpisodeRecord> = new Map();
  steps.forEach((results, index) => {
    const evaluations = results.map((result, recipient) => evaluation(result, `r${recipient}`));
    const decision = decide(application, evaluations, open, { now: index + 1, observedAt: index }, known);
    open = decision.open;
    for (const key of decision.change?.end ?? []) ledger.delete(key);
    for (const { episode, delivery } of decision.change?.claim ?? []) {
      if (ledger.has(episode.key)) continue;
      ledger.set(episode.key, episode);
      sent.push(`${delivery.destination.recipient}:${delivery.oncePer}`);
    }
    known = new Map();
    if (restartAfter.has(index)) {
      open = openEpisodes(application.uid, [...ledger.values()]);
      known = new Map(ledger);
    }
  });
  return sent;
}

const results = fc.constantFrom(matched(), matched('r1'), matched('r2'), unmatched, failed);
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

  test('an empty oncePer is re-armed by a change to unmatched even after a value came between', () => {
    const steps = [matched(), matched('e1'), unmatched, matched()];
    expect(play(steps.map((step) => [step]))).toEqual(['r0:', 'r0:e1', 'r0:']);
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

describe('oncePerValue of an Application with several sources', () => {
  const app: JsonObject = {
    status: { sync: { revisions: ['a', 'b'] }, operationState: { syncResult: { revisions: ['x', 'y'] } } },
  };
  const nil = { status: 'matched', oncePer: { kind: 'nil' } } as const;
  const empty = { status: 'matched', oncePer: { kind: 'none' } } as const;

  test.each([
    ['app.status.sync.revision', nil, '[a b]'],
    ['app.status.operationState.syncResult.revision', empty, '[x y]'],
    ['app.metadata.annotations["who"]', empty, ''],
    ['app.metadata.annotations["who"]', nil, '<nil>'],
    [undefined, empty, ''],
  ])('%s', (expression, result, expected) => {
    expect(oncePerValue(result, expression, app)).toBe(expected);
  });

  test('an expression that answers a value keeps it', () => {
    const value = { status: 'matched', oncePer: { kind: 'value', printed: '[1 2]' } } as const;
    expect(oncePerValue(value, 'app.status.sync.revisions', app)).toBe('[1 2]');
  });
});
