/** Compares what Herald made of a sequence with what the engine did, and with what Herald is to do where they differ. */
import {
  notifiedAnnotation,
  parseNotified,
  serialiseNotified,
} from '../../src/alerts/notified-annotation.ts';
import {
  applyRules,
  differences,
  engineRules,
  heraldRules,
  type Rules,
  recordedSteps,
  type StepAnswer,
  secondsByKey,
} from './run-state-rules.ts';
import { type Mode, type PlayedStep, playSequence, type SequenceVector } from './run-state-sequence.ts';
import { difference, type Verdict } from './verdict.ts';

/**
 * `passed`: as the vector records. `documented`: as Herald's rules say, where the engine's rules explain the vector;
 * the detail names each rule that makes a difference here.
 */
export async function judgeSequence(
  vector: SequenceVector,
  mode: Mode = 'continuous',
): Promise<Pick<Verdict, 'status' | 'detail'>> {
  const played = await playSequence(vector, mode);
  const actual = played.map(answerOf);
  const recorded = recordedSteps(vector);
  const fault = textFault(vector, played);
  if (fault !== undefined) return { status: 'failed', detail: fault };
  const differs = firstDifference(recorded, actual);
  if (differs === undefined) return { status: 'passed' };

  const engine = applyRules(vector, played, engineRules);
  if (firstDifference(recorded, engine) !== undefined) return { status: 'failed', detail: differs };
  const wanted = firstDifference(applyRules(vector, played, heraldRules), actual);
  if (wanted !== undefined) return { status: 'failed', detail: wanted };
  return { status: 'documented', detail: reasonsOf(vector, played).join('; ') };
}

/** The rules that make a difference when they alone are the engine's. */
function reasonsOf(vector: SequenceVector, played: PlayedStep[]): string[] {
  const own = applyRules(vector, played, heraldRules);
  const rules = Object.keys(differences) as (keyof Rules)[];
  return rules
    .filter((rule) => {
      const other = applyRules(vector, played, { ...heraldRules, [rule]: true });
      return firstDifference(own, other) !== undefined;
    })
    .map((rule) => differences[rule]);
}

/** What was played, in the form of the rules' answers. */
export function answerOf({ deliveries, annotation }: PlayedStep): StepAnswer {
  return {
    deliveries: deliveries.map(({ message: _message, ...delivery }) => delivery),
    notified: secondsByKey(annotation),
  };
}

function firstDifference(wanted: StepAnswer[], actual: StepAnswer[]): string | undefined {
  for (const [index, { deliveries, notified }] of wanted.entries()) {
    const other = actual[index];
    const found =
      difference('deliveries', ordered(deliveries), ordered(other?.deliveries ?? [])) ??
      difference('annotation', Object.fromEntries(notified), Object.fromEntries(other?.notified ?? []));
    if (found !== undefined) return `step ${index + 1}: ${found}`;
  }
  return undefined;
}

/** Fields in one order, deliveries as well. */
function ordered(deliveries: StepAnswer['deliveries']): unknown[] {
  return deliveries
    .map(({ trigger, conditionKey, service, recipient, oncePer, templates, outcome }) => {
      return [trigger, conditionKey, service, recipient, oncePer, templates, outcome];
    })
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Messages that both sent in the same step, and the exact text of an annotation that is written. */
function textFault({ steps }: SequenceVector, played: PlayedStep[]): string | undefined {
  for (const [index, { deliveries, annotation, application }] of played.entries()) {
    for (const { trigger, conditionKey, service, recipient, oncePer, outcome, message } of deliveries) {
      if (message === undefined || outcome !== 'sent') continue;
      const recorded = steps[index]?.expect.deliveries.find(
        (other) =>
          other.outcome === 'sent' &&
          other.trigger === trigger &&
          other.conditionKey === conditionKey &&
          other.service === service &&
          other.recipient === recipient &&
          other.oncePer === oncePer,
      );
      const found = recorded && difference('message', recorded.message ?? '', message);
      if (found !== undefined) return `step ${index + 1}: ${found}`;
    }
    if (annotation === null || annotation === application.annotations[notifiedAnnotation]) continue;
    const found = difference('annotation', serialiseNotified(parseNotified(annotation)), annotation);
    if (found !== undefined) return `step ${index + 1}: ${found}`;
  }
  return undefined;
}
