import { stateKey } from '../../src/alerts/notified-annotation.ts';

/** A case of `state.json/keys`, as far as the key itself goes; its conditions are cases of the triggers' runner. */
export interface StateKeyCase {
  name: string;
  trigger: string;
  conditionIndex: number;
  service: string;
  recipient: string;
  selfService: boolean;
  apiNamespace: string;
  /** Absent, as the two below, where the configuration does not compile. */
  conditionKey?: string;
  oncePerPrinted?: string;
  expectedKey?: string;
}

export interface StateKeyFailure {
  name: string;
  expected: string;
  actual: string;
}

/** What `Condition` says of a case: its id, and the printed oncePer. */
export type EvaluateCase = (vector: StateKeyCase) => { id: string; printed: string };

/** Runs the cases that have a key; `evaluate` gives what the compiled condition contributes to it. */
export function runStateKeys(cases: readonly StateKeyCase[], evaluate: EvaluateCase): StateKeyFailure[] {
  const failures: StateKeyFailure[] = [];
  for (const vector of cases) {
    if (vector.expectedKey === undefined) continue;
    const { id, printed } = evaluate(vector);
    const actual = stateKey({
      oncePer: printed,
      tenant: vector.selfService ? vector.apiNamespace : undefined,
      trigger: vector.trigger,
      index: vector.conditionIndex,
      condition: id,
      destination: { service: vector.service, recipient: vector.recipient },
    });
    if (actual !== vector.expectedKey)
      failures.push({ name: vector.name, expected: vector.expectedKey, actual });
  }
  return failures;
}
