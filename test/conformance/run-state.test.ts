import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJson } from '../../src/go/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { readFixtures } from './fixtures.ts';
import { runState, type StateVectors } from './run-state.ts';
import { answerOf, judgeSequence } from './run-state-judge.ts';
import {
  applyRules,
  differences,
  documentedSequences,
  engineRules,
  heraldRules,
  recordedSteps,
  type StepAnswer,
} from './run-state-rules.ts';
import { type Mode, playSequence, type SequenceVector } from './run-state-sequence.ts';

const here = (name: string) => new URL(name, import.meta.url).pathname;
const vectors = decodeJson(readFileSync(here('state.json'), 'utf8')) as StateVectors & {
  sequences: SequenceVector[];
};

test('state.json: all pass, with the documented differences of the table and no others', async () => {
  const verdicts = await runState(vectors, readFixtures(here('fixtures.json')));
  expect(verdicts.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(verdicts).toHaveLength(42 + 33 + 26);
  const documented = verdicts.filter(({ status }) => status === 'documented');
  expect(Object.fromEntries(documented.map(({ name, detail }) => [name, detail]))).toEqual(
    Object.fromEntries(Object.entries(documentedSequences).map(([name, rule]) => [name, differences[rule]])),
  );
});

describe.each<Mode>(['restarted', 'diskless'])('a process of its own for each step, %s', (mode) => {
  test.each(vectors.sequences)('$name', async (vector) => {
    const { status, detail } = await judgeSequence(vector, mode);
    expect(detail ?? '').toBe(documentedDetail(vector));
    expect(status).not.toBe('failed');
  });

  function documentedDetail({ name }: SequenceVector): string {
    const rule = documentedSequences[name];
    // What the annotation alone tells is a match with another value, so that the new one is told.
    if (rule === 'splitsUnnamed' && mode === 'diskless') return '';
    return rule === undefined ? '' : differences[rule];
  }
});

test.each(vectors.sequences)("the engine's rules are what $name records", async (vector) => {
  const played = await playSequence(vector);
  expect(plain(applyRules(vector, played, engineRules))).toEqual(plain(recordedSteps(vector)));
});

describe('sequences that state.json does not have', () => {
  test('an evaluation error re-arms nothing', async () => {
    const vector = await recorded([{ phase: 'Succeeded' }, {}, { phase: 'Succeeded' }]);
    expect(outcomes(vector)).toEqual([['sent'], [], ['sent']]);
    expect(await judgeSequence(vector)).toEqual({ status: 'documented', detail: differences.rearmsOnErrors });
  });

  test('the revisions of several sources are an oncePer value', async () => {
    const vector = await recorded([{ revisions: ['a', 'b'] }, { revisions: ['a', 'c'] }], {
      condition: { when: 'true', oncePer: 'app.status.sync.revision' },
    });
    expect(outcomes(vector)).toEqual([['sent'], ['alreadyNotified']]);
    expect(await judgeSequence(vector)).toEqual({
      status: 'documented',
      detail: differences.ignoresRevisions,
    });
  });

  test('what failed is sent later even when it no longer matches, and silences no later match', async () => {
    const steps = [{ phase: 'Succeeded' }, { phase: 'Running' }, { phase: 'Succeeded' }];
    const vector = await recorded(steps, { failing: [['slack:deploys'], [], []] });
    expect(outcomes(vector)).toEqual([['error'], [], ['sent']]);
    for (const mode of ['continuous', 'restarted'] as const) {
      expect(await judgeSequence(vector, mode)).toEqual({
        status: 'documented',
        detail: differences.forgetsFailures,
      });
    }
    const played = await playSequence(vector);
    expect(played.map(({ deliveries }) => deliveries.map(({ outcome }) => outcome))).toEqual([
      ['error'],
      ['sent'],
      ['sent'],
    ]);
    expect(played[1]?.annotation).toBeNull();
  });

  test('of an annotation with several values of oncePer each is silent', async () => {
    const condition = { when: 'true', oncePer: 'app.status.operationState.phase' };
    const first = await recorded([{ phase: 'Succeeded' }, { phase: 'Running' }], { condition });
    const annotation = JSON.stringify(Object.fromEntries(recordedSteps(first)[1]?.notified ?? []));
    const vector = await recorded([{ phase: 'Succeeded' }, { phase: 'Running' }], { condition, annotation });
    expect(outcomes(vector)).toEqual([['alreadyNotified'], ['alreadyNotified']]);
    expect(await judgeSequence(vector)).toEqual({ status: 'passed' });
  });
});

describe('any sequence', () => {
  const config = {
    'trigger.on-a': JSON.stringify([
      { when: "app.status.operationState.phase == 'Succeeded'", send: ['t'] },
      {
        when: "app.status.operationState.phase != 'Failed'",
        oncePer: 'app.status.sync.revision',
        send: ['t'],
      },
      { when: 'len(app.status.operationState.phase) > 6', send: ['t', 't'] },
    ]),
    'trigger.on-b': JSON.stringify([
      {
        when: "app.status.operationState.phase == 'Succeeded'",
        oncePer: 'app.status.extra.rev',
        send: ['t'],
      },
    ]),
    'template.t': 'message: "{{.app.status.sync.revision}}"',
  };
  const step = fc.record({
    phase: fc.option(fc.constantFrom('Succeeded', 'Running', 'Failed'), { nil: undefined }),
    revision: fc.constantFrom('', 'r1', 'r2', null),
    extra: fc.option(fc.constantFrom({ rev: 'e1' }, { rev: 'e2' }), { nil: undefined }),
    subscribed: fc.subarray(['a', 'b']),
    failing: fc.subarray(['slack:a', 'slack:b']),
  });
  const sequence = fc.array(step, { minLength: 1, maxLength: 8 }).map(
    (steps): SequenceVector => ({
      name: 'any',
      config,
      selfService: false,
      apiNamespace: 'argocd',
      initialAnnotation: null,
      steps: steps.map(({ phase, revision, extra, subscribed, failing }, index) => ({
        now: 1_795_348_800 + index * 60,
        app: {
          metadata: {
            name: 'shop',
            namespace: 'argocd',
            annotations: Object.fromEntries(
              (subscribed.length === 0 ? [] : ['on-a', 'on-b']).map((trigger) => [
                `notifications.argoproj.io/subscribe.${trigger}.slack`,
                subscribed.join(';'),
              ]),
            ),
          },
          status: {
            sync: { revision },
            operationState: phase === undefined ? {} : { phase },
            ...(extra === undefined ? {} : { extra }),
          },
        },
        failing,
        expect: { deliveries: [], annotationAfter: null },
      })),
    }),
  );

  test.each<Mode>(['continuous', 'restarted'])('gives what the rules of Herald say, %s', async (mode) => {
    await fc.assert(
      fc.asyncProperty(sequence, async (vector) => {
        const played = await playSequence(vector, mode);
        const rules = applyRules(vector, played, heraldRules);
        expect(essence(played.map(answerOf))).toEqual(essence(rules));
      }),
      { numRuns: 150 },
    );
  });
});

describe('a vector that says otherwise fails', () => {
  const [vector] = vectors.sequences as [SequenceVector];

  test.each<[string, (changed: SequenceVector) => void]>([
    [
      'another outcome',
      ({ steps }) => Object.assign(steps[0]?.expect.deliveries[0] ?? {}, { outcome: 'error: x' }),
    ],
    [
      'another recipient',
      ({ steps }) => Object.assign(steps[0]?.expect.deliveries[0] ?? {}, { recipient: 'x' }),
    ],
    ['another message', ({ steps }) => Object.assign(steps[0]?.expect.deliveries[0] ?? {}, { message: 'x' })],
    [
      'another template',
      ({ steps }) => Object.assign(steps[0]?.expect.deliveries[0] ?? {}, { templates: [] }),
    ],
    ['one delivery less', ({ steps }) => steps[0]?.expect.deliveries.pop()],
    ['another annotation', ({ steps }) => Object.assign(steps[1]?.expect ?? {}, { annotationAfter: null })],
  ])('%s', async (_what, change) => {
    const changed = structuredClone(vector);
    change(changed);
    expect((await judgeSequence(changed)).status).toBe('failed');
    expect((await judgeSequence(vector)).status).toBe('passed');
  });
});

const failsWithoutPhase = { when: "len(app.status.operationState.phase) == len('Succeeded')" };

interface RecordOptions {
  condition?: { when: string; oncePer?: string };
  failing?: string[][];
  annotation?: string;
}

/** A vector with what the engine's rules give; each step has its own operation. */
async function recorded(
  operations: JsonObject[],
  { condition = failsWithoutPhase, failing = [], annotation }: RecordOptions = {},
): Promise<SequenceVector> {
  const vector: SequenceVector = {
    name: 'own',
    config: {
      'trigger.on-deployed': JSON.stringify([{ ...condition, send: ['t'] }]),
      'template.t': 'message: m',
    },
    selfService: false,
    apiNamespace: 'argocd',
    initialAnnotation: annotation ?? null,
    steps: operations.map((operation, index) => ({
      now: 1_795_348_800 + index * 60,
      app: applicationWith(operation),
      failing: failing[index] ?? [],
      expect: { deliveries: [], annotationAfter: null },
    })),
  };
  const answers = applyRules(vector, await playSequence(vector), engineRules);
  for (const [index, { deliveries, notified }] of answers.entries()) {
    const step = vector.steps[index];
    if (!step) continue;
    const message = (outcome: string) => (outcome === 'sent' ? { message: 'm' } : {});
    step.expect.deliveries = deliveries.map((each) => ({ ...each, ...message(each.outcome) }));
    step.expect.annotationAfter = notified.size === 0 ? null : JSON.stringify(Object.fromEntries(notified));
  }
  return vector;
}

function applicationWith({ revisions, ...operation }: JsonObject): JsonObject {
  const annotations = { 'notifications.argoproj.io/subscribe.on-deployed.slack': 'deploys' };
  return {
    metadata: { name: 'shop', namespace: 'argocd', annotations },
    spec: { project: 'default' },
    status: { operationState: operation, ...(revisions === undefined ? {} : { sync: { revisions } }) },
  };
}

function outcomes({ steps }: SequenceVector): string[][] {
  return steps.map(({ expect: { deliveries } }) => deliveries.map(({ outcome }) => outcome));
}

/** Without order. */
function plain(steps: StepAnswer[]): unknown {
  const text = (delivery: StepAnswer['deliveries'][number]) =>
    [
      delivery.trigger,
      delivery.conditionKey,
      delivery.service,
      delivery.recipient,
      delivery.oncePer,
      delivery.templates,
      delivery.outcome,
    ].join(' ');
  return steps.map(({ deliveries, notified }) => [deliveries.map(text).sort(), Object.fromEntries(notified)]);
}

/** What is told and what fails, without whether it is told late or of what matches now, which looks the same to people. */
function essence(steps: StepAnswer[]): unknown {
  return plain(
    steps.map(({ deliveries, notified }) => ({
      deliveries: deliveries
        .filter(({ outcome }) => outcome !== 'alreadyNotified')
        .map((each) => ({ ...each, conditionKey: each.conditionKey.replace(/^.*\]\./, '') })),
      notified: new Map([...notified.keys()].map((key) => [key, 0])),
    })),
  );
}
