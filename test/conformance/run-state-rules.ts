/**
 * What is to become of a sequence of evaluations, in the plainest form: by the engine's rules, or by those of Herald,
 * which differ where the engine forgets. Written from the vectors and docs/conformance.md, not from `src/alerts`:
 * it is what the pipeline is held against where a vector records a defect.
 */

import { parseNotified, stateKey } from '../../src/alerts/notified-annotation.ts';
import { oncePerValue } from '../../src/alerts/once-per.ts';
import type { OncePer } from '../../src/model.ts';
import type { ExpectedDelivery, PlayedStep, SequenceStep, SequenceVector } from './run-state-sequence.ts';

/** In which the engine and Herald differ. */
export interface Rules {
  /** A failed delivery is over: with oncePer it counts as notified, without it is tried again while it matches. */
  forgetsFailures: boolean;
  /** The annotation keeps the 100 newest entries. */
  cutsHistory: boolean;
  /** A condition that fails counts as one that no longer matches. */
  rearmsOnErrors: boolean;
  /** An Application with several sources has no revision but `<nil>`, or none. */
  ignoresRevisions: boolean;
  /** A match that was told without a oncePer value is told again when it gets one. */
  splitsUnnamed: boolean;
}

export const engineRules: Rules = {
  forgetsFailures: true,
  cutsHistory: true,
  rearmsOnErrors: true,
  ignoresRevisions: true,
  splitsUnnamed: true,
};

/** Why Herald differs, by rule. */
export const differences: Readonly<Record<keyof Rules, string>> = {
  forgetsFailures: 'a: a failed delivery is retried until it is sent or parked, and never counts as sent',
  cutsHistory: 'a: the history is not cut at 100 entries',
  rearmsOnErrors: 'a: an evaluation error neither sends nor re-arms',
  splitsUnnamed: 'a match that was told without a oncePer value and then gets one is still the same',
  ignoresRevisions: 'the revisions of an Application with several sources are its oncePer value',
};

export const heraldRules: Rules = {
  forgetsFailures: false,
  cutsHistory: false,
  rearmsOnErrors: false,
  ignoresRevisions: false,
  splitsUnnamed: false,
};

/** The vectors in which Herald differs, and the rule that makes the difference. */
export const documentedSequences: Readonly<Record<string, keyof Rules>> = {
  'onceper-error-then-value': 'splitsUnnamed',
  'onceper-failure-then-retry': 'forgetsFailures',
  'template-missing-onceper': 'forgetsFailures',
  'truncate-100-plus-1': 'cutsHistory',
  'truncate-150': 'cutsHistory',
  'truncate-new-key-is-oldest': 'cutsHistory',
  'truncate-onceper-many-revisions': 'cutsHistory',
};

export interface StepAnswer {
  deliveries: DeliveryAnswer[];
  /** Unix seconds by state key. */
  notified: ReadonlyMap<string, number>;
}

export interface DeliveryAnswer {
  trigger: string;
  /** `[index].hash`; of one that is sent when its condition no longer matches only the hash. */
  conditionKey: string;
  oncePer: string;
  service: string;
  recipient: string;
  templates: string[];
  outcome: string;
}

type Answer = Omit<DeliveryAnswer, 'outcome'>;

/** Claimed and not delivered. */
interface Undelivered {
  answer: Answer;
  key: string;
  /** It can never be sent: its template fails, or there is no such service. */
  parked: boolean;
}

const historyLength = 100;

/** `played` gives what conditions answer at each step; nothing else of it is used. */
export function applyRules(
  vector: SequenceVector,
  played: readonly Pick<PlayedStep, 'application' | 'evaluations'>[],
  rules: Rules,
): StepAnswer[] {
  const tenant = vector.selfService ? vector.apiNamespace : undefined;
  const notified = secondsByKey(vector.initialAnnotation);
  const undelivered = new Map<string, Undelivered>();
  /** Matches told without a oncePer value, with the value that they have got since. */
  const unnamed = new Map<string, string>();
  /** Conditions and destinations that have told a oncePer value. */
  const valued = new Set<string>();
  /** Keys of argocd-notifications that stand beside one with the revisions of several sources, by that. */
  const beside = new Map<string, string>();
  /** Of matches that are over. */
  let late: Undelivered[] = [];

  function note(key: string, at: number): void {
    notified.set(key, at);
    const other = beside.get(key);
    if (other !== undefined) notified.set(other, at);
  }

  function match(answer: Answer, key: string, step: SequenceStep): DeliveryAnswer {
    if (notified.has(key)) return { ...answer, outcome: 'alreadyNotified' };
    const claim = undelivered.get(key) ?? { answer, key, parked: isBroken(answer, step) };
    const isSent = !claim.parked && !isFailing(answer, step);
    if (isSent || (rules.forgetsFailures && answer.oncePer !== '')) note(key, step.now);
    if (isSent || rules.forgetsFailures) undelivered.delete(key);
    else undelivered.set(key, claim);
    return { ...answer, outcome: isSent ? 'sent' : 'error' };
  }

  /** Whether the match was told without a value, and this one, or that it has none, is no news. */
  function goesOn(slot: string, oncePer: string): boolean {
    const isValue = oncePer !== '' && oncePer !== '<nil>';
    const isFirstNil = oncePer === '<nil>' && !valued.has(slot);
    const name = unnamed.get(slot);
    if (name === undefined) {
      if (oncePer === '' || isFirstNil) unnamed.set(slot, '');
    } else if (!isValue) return true;
    if (oncePer !== '') valued.add(slot);
    if (name !== '') return false;
    unnamed.set(slot, oncePer);
    return true;
  }

  function end(key: string): void {
    if (![...beside.values()].includes(key)) notified.delete(key);
    const claim = undelivered.get(key);
    undelivered.delete(key);
    if (claim && !claim.parked) late.push(claim);
  }

  /** Deliveries of what does not match now, or not with this value. */
  function sendLate(step: SequenceStep, seen: ReadonlySet<string>): DeliveryAnswer[] {
    const open = [...undelivered.values()].filter(({ key, parked }) => !parked && !seen.has(key));
    const due = [...open, ...late].filter(({ answer }) => !isFailing(answer, step));
    for (const { key } of open.filter((claim) => due.includes(claim))) {
      undelivered.delete(key);
      note(key, step.now);
    }
    late = late.filter((claim) => !due.includes(claim));
    return due.map(({ answer }) => {
      return { ...answer, conditionKey: answer.conditionKey.replace(/^.*\]\./, ''), outcome: 'sent' };
    });
  }

  function cut({ expect }: SequenceStep): void {
    if (notified.size <= historyLength) return;
    // Which of several entries of the same second goes is up to Go's sort: the vector says.
    const kept = secondsByKey(expect.annotationAfter);
    for (const key of notified.keys()) if (!kept.has(key)) notified.delete(key);
  }

  return vector.steps.map((step, index) => {
    const { evaluations = [] } = played[index] ?? {};
    const deliveries: DeliveryAnswer[] = [];
    const seen = new Set<string>();
    for (const evaluation of evaluations) {
      const { result, destination, trigger, condition } = evaluation;
      const parts = { tenant, trigger, index: evaluation.index, condition, destination };
      const isOver = result.status === 'unmatched' || (result.status === 'failed' && rules.rearmsOnErrors);
      if (isOver) {
        end(stateKey({ ...parts, oncePer: '' }));
        unnamed.delete(stateKey({ ...parts, oncePer: '' }));
      }
      if (result.status !== 'matched') continue;
      const oncePer = rules.ignoresRevisions
        ? printOncePer(result.plainOncePer ?? result.oncePer)
        : oncePerValue(result);
      const conditionKey = `[${evaluation.index}].${condition.replace(/#\d+$/, '')}`;
      const answer = { trigger, conditionKey, oncePer, ...destination, templates: evaluation.send };
      const key = stateKey({ ...parts, oncePer });
      const printed = printOncePer(result.plainOncePer ?? result.oncePer);
      if (printed !== oncePer) beside.set(key, stateKey({ ...parts, oncePer: printed }));
      seen.add(key);
      const isGoingOn = !rules.splitsUnnamed && goesOn(stateKey({ ...parts, oncePer: '' }), oncePer);
      if (isGoingOn && oncePer !== '' && oncePer !== '<nil>') {
        // What an earlier match with this value has left comes late.
        end(key);
        notified.set(key, step.now);
      }
      if (isGoingOn && !undelivered.has(key) && !notified.has(key))
        deliveries.push({ ...answer, outcome: 'alreadyNotified' });
      else deliveries.push(match(answer, key, step));
    }
    deliveries.push(...sendLate(step, seen));
    if (rules.cutsHistory) cut(step);
    return { deliveries, notified: new Map(notified) };
  });
}

/** What the vector records, in the same form. */
export function recordedSteps({ steps }: SequenceVector): StepAnswer[] {
  return steps.map(({ expect }) => ({
    deliveries: expect.deliveries.map(({ templates, outcome, message: _message, ...rest }) => ({
      ...rest,
      templates: templates ?? [],
      outcome: outcome.replace(/^error.*$/s, 'error'),
    })),
    notified: secondsByKey(expect.annotationAfter),
  }));
}

export function secondsByKey(annotation: string | null): Map<string, number> {
  return new Map([...parseNotified(annotation ?? undefined)].map(([key, at]) => [key, Number(at)]));
}

function isFailing({ service, recipient }: Answer, { failing }: SequenceStep): boolean {
  return failing.includes(`${service}:${recipient}`);
}

/** The vector alone tells which templates fail and which services there are not. */
function isBroken(answer: Answer, step: SequenceStep): boolean {
  const isOfAnswer = (delivery: ExpectedDelivery): boolean =>
    delivery.trigger === answer.trigger &&
    delivery.conditionKey === answer.conditionKey &&
    delivery.service === answer.service &&
    delivery.recipient === answer.recipient;
  return (
    !isFailing(answer, step) &&
    step.expect.deliveries.some((delivery) => isOfAnswer(delivery) && delivery.outcome.startsWith('error'))
  );
}

/** As argocd-notifications prints it into its keys. */
export function printOncePer(oncePer: OncePer): string {
  if (oncePer.kind === 'value') return oncePer.printed;
  return oncePer.kind === 'nil' ? '<nil>' : '';
}
