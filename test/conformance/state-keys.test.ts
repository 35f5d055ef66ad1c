import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type ImportCandidate,
  importAlerts,
  notifiedAnnotation,
  parseNotified,
  serialiseNotified,
} from '../../src/alerts/notified-annotation.ts';
import type { Application, JsonObject, OncePer } from '../../src/model.ts';
import { runStateKeys, type StateKeyCase } from './run-state-keys.ts';
import type { ExpectedDelivery, SequenceStep, SequenceVector } from './run-state-sequence.ts';
import state from './state.json' with { type: 'json' };

const sequences = state.sequences as unknown as SequenceVector[];

test('state keys are those of the engine', () => {
  const hash = (vector: StateKeyCase & { when?: string }) =>
    createHash('sha1')
      .update(vector.when ?? '')
      .digest('base64url');
  const failures = runStateKeys(state.keys as StateKeyCase[], (vector) => ({
    id: hash(vector),
    printed: vector.oncePerPrinted ?? '',
  }));
  expect(failures).toEqual([]);
});

describe.each(sequences)('$name', (sequence) => {
  test('annotations are written byte for byte as they were read', () => {
    const written = sequence.steps.flatMap(({ expect: { annotationAfter } }) => annotationAfter ?? []);
    expect(written.map((text) => serialiseNotified(parseNotified(text)))).toEqual(written);
  });

  test('what the engine calls already notified is imported, and nothing else', () => {
    const verdicts = sequence.steps.map((step, index) => {
      const before = sequence.steps[index - 1]?.expect.annotationAfter ?? null;
      const annotation = index === 0 ? sequence.initialAnnotation : before;
      return step.expect.deliveries.map((delivery) => [
        delivery.outcome === 'alreadyNotified',
        isImported(step, delivery, annotation),
      ]);
    });
    for (const [engine, ours] of verdicts.flat()) expect(ours).toBe(engine);
  });

  function isImported(step: SequenceStep, delivery: ExpectedDelivery, annotation: string | null): boolean {
    const candidate = candidateOf(delivery);
    const alerts = importAlerts(applicationWith(step.app, annotation), [candidate], {
      controllerNamespace: 'argocd',
      now: step.now * 1000,
    });
    return alerts.some((alert) => alert.oncePer === delivery.oncePer);
  }

  function candidateOf(delivery: ExpectedDelivery): ImportCandidate {
    const { trigger, service, recipient, templates } = delivery;
    const [, index, id] = /^\[(\d+)\]\.(.*)$/.exec(delivery.conditionKey) ?? [];
    const oncePer = /oncePer: (.*)/.exec(sequence.config[`trigger.${trigger}`] ?? '')?.[1];
    return {
      configNamespace: sequence.selfService ? sequence.apiNamespace : 'argocd',
      trigger,
      condition: id ?? '',
      index: Number(index),
      ...(oncePer === undefined ? {} : { oncePer }),
      send: templates ?? [],
      destination: { service, recipient },
      result: { status: 'matched', oncePer: oncePerOf(delivery.oncePer) },
    };
  }
});

function oncePerOf(printed: string): OncePer {
  if (printed === '') return { kind: 'none' };
  return printed === '<nil>' ? { kind: 'nil' } : { kind: 'value', printed };
}

function applicationWith(object: JsonObject, annotation: string | null): Application {
  return {
    uid: 'uid-1',
    namespace: 'argocd',
    name: 'shop',
    project: 'default',
    resourceVersion: '1',
    labels: {},
    annotations: annotation === null ? {} : { [notifiedAnnotation]: annotation },
    object,
  };
}
