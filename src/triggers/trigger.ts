import type { ConditionResult, JsonObject, OtherKind } from '../model.ts';
import type { StepAllowance } from './expr/run.ts';

export type { StepAllowance };

/** A named list of conditions, compiled. */
export interface Trigger {
  name: string;
  /** What its conditions are evaluated for; absent: Applications. */
  kind?: OtherKind;
  conditions: Condition[];
}

export interface Condition {
  /**
   * Identity inside the trigger: base64url of sha1 of the raw text of `when`, as argocd-notifications hashes it,
   * followed by `#2`, `#3` … for further conditions with the same text. It holds no index, so that reordering or
   * editing other conditions re-sends nothing.
   */
  id: string;
  /** Position in the list, from 0: argocd-notifications' key is `[index].id`. */
  index: number;
  when: string;
  oncePer?: string;
  /** Names of the templates to merge, in order; empty sends an empty notification, as argocd-notifications does. */
  send: string[];
  description?: string;
  /** Ours: label of the alert metrics. */
  severity: string;
  /** Ours: what rules can match and group by. */
  labels: Readonly<Record<string, string>>;
  /** Ours: its matches have an end, a wait or a repetition; absent: they are told once, as in argocd-notifications. */
  lifecycle?: Lifecycle;
  /** Ours: what is missing on the way to a field is nil in place of an error. */
  safe?: true;
  /** The condition reads the clock, so it must be evaluated again as time passes. */
  timeDependent: boolean;
  evaluate(vars: ConditionVars): ConditionResult;
  /** Ours: when the object came to be as `when` reads it, Unix milliseconds; undefined where it does not say. */
  since?(app: JsonObject): number | undefined;
}

/** Durations in milliseconds. */
export interface Lifecycle {
  for: number;
  keepFiring: number;
  /** Absent: never. */
  repeat?: number;
  /** Names of the templates that tell of the end, empty for the default; absent: the end is not told. */
  resolved?: readonly string[];
}

/** The environment of one evaluation, made by `conditionVars`. */
export interface ConditionVars {
  readonly values: Readonly<Record<string, unknown>>;
  /** Unix milliseconds. */
  readonly now: number;
  /** What the evaluations of one configuration and event may spend together; without it each has its own limit only. */
  readonly allowance?: StepAllowance;
  /** Told of each value whose past a condition asks for, with every evaluation; `name` tells them apart. */
  readonly note?: (name: string, value: unknown) => void;
}
