import type { ChangeCounter } from '../alerts/change-history.ts';
import type { Evaluation } from '../alerts/decide.ts';
import type { RepoEvaluation } from '../argocd/evaluation.ts';
import type { ActiveConfig } from '../configurations/configurations.ts';
import type { Application, ConditionResult, Destination, JsonObject, Subscription } from '../model.ts';
import { mostSubscriptions, resolveSubscriptions } from '../subscriptions/resolve.ts';
import type { SyncWindow } from '../sync-window.ts';
import { conditionVars } from '../triggers/schema.ts';
import type { Condition, ConditionVars, StepAllowance } from '../triggers/trigger.ts';

/** An evaluation with what the alert metrics and the import of an annotation need. */
export interface AlertEvaluation extends Evaluation {
  severity: string;
  /** Position of the condition in its trigger. */
  index: number;
  /** The condition itself. */
  of: Pick<Condition, 'labels' | 'lifecycle' | 'since'>;
}

export interface EvaluatedApplication {
  evaluations: AlertEvaluation[];
  /** One per condition of a subscribed trigger, for the counters of argocd-notifications. */
  conditions: { name: string; triggered: boolean }[];
  /**
   * Conditions that failed, or whose oncePer did (which then counts as none): `trigger`, `when` and why. Not those whose
   * answer of Argo CD's API is on its way.
   */
  failures: { trigger: string; when: string; error: string }[];
  /** Subscriptions to triggers that the ConfigMap does not hold. */
  unknownTriggers: string[];
  /** The first trigger for which the steps did not suffice. */
  exhausted?: string;
  /** When what a condition was answered may next be otherwise although nothing happens, Unix milliseconds. */
  dueAt?: number;
  /** Some condition reads the clock, so the answer may change without an event. */
  timeDependent: boolean;
}

/** Of one Application under one ConfigMap: each a condition and a destination, and at most so many messages. */
export const mostEvaluations = 10_000;

/**
 * Subscriptions and conditions of one Application under one ConfigMap. Pure, but for what `repo` asks for.
 * Each condition is evaluated once, however many destinations subscribe to its trigger.
 */
export function evaluateApplication(
  application: Application,
  project: JsonObject | undefined,
  active: ActiveConfig,
  now: number,
  counter: ChangeCounter,
  repo?: RepoEvaluation,
  allowance?: StepAllowance,
  syncWindows?: () => readonly SyncWindow[],
): EvaluatedApplication {
  const { config } = active;
  const answer: EvaluatedApplication = {
    evaluations: [],
    conditions: [],
    failures: [],
    unknownTriggers: [],
    timeDependent: false,
  };
  const { subscriptions, leftOut } = resolveSubscriptions(application, annotationsOf(project), config);
  if (leftOut !== undefined) {
    const error = `it is left out: there are more than ${mostSubscriptions} subscriptions`;
    answer.failures.push({ trigger: leftOut, when: '', error });
  }
  const byTrigger = destinationsByTrigger(subscriptions);
  if (byTrigger.size === 0) return answer;
  const vars = conditionVars({
    app: application.object,
    context: config.context,
    secrets: active.secrets ?? {},
    appProject: project ?? {},
    now,
    changes: counter.changes,
    operations: counter,
    due(at) {
      answer.dueAt = Math.min(at, answer.dueAt ?? at);
    },
    ...(syncWindows ? { syncWindows } : {}),
    ...(repo ? { repo: repo.provider } : {}),
    ...(allowance ? { allowance } : {}),
  });
  for (const [name, destinations] of byTrigger) {
    const trigger = config.triggers.get(name);
    if (!trigger) {
      answer.unknownTriggers.push(name);
      continue;
    }
    // Whoever subscribes to the defaults means those that there are for the object.
    if (trigger.kind !== application.kind) continue;
    for (const condition of trigger.conditions) {
      if (answer.evaluations.length + destinations.length > mostEvaluations) {
        const error = `it is left out: more than ${mostEvaluations} conditions and destinations at once`;
        answer.failures.push({ trigger: name, when: condition.when, error });
        break;
      }
      counter.enter(`${active.namespace}/${name}/${condition.id}`);
      const result = resultOf(condition, vars, repo, allowance);
      if (allowance && allowance.steps < 0) answer.exhausted ??= name;
      answer.conditions.push({ name, triggered: result.status === 'matched' });
      answer.timeDependent ||= condition.timeDependent;
      if (result.status === 'failed' && !repo?.isAsking()) {
        answer.failures.push({ trigger: name, when: condition.when, error: active.scrub(result.error) });
      }
      const oncePerFailed = oncePerError(result);
      if (oncePerFailed !== undefined && !repo?.isAsking()) {
        const error = active.scrub(`oncePer: ${oncePerFailed}`);
        answer.failures.push({ trigger: name, when: condition.when, error });
      }
      for (const destination of destinations) {
        answer.evaluations.push({
          configNamespace: active.namespace,
          trigger: name,
          condition: condition.id,
          ...(condition.oncePer === undefined ? {} : { oncePer: condition.oncePer }),
          send: condition.send,
          severity: condition.severity,
          index: condition.index,
          of: condition,
          destination,
          result,
        });
      }
    }
  }
  answer.timeDependent ||= repo?.unanswered() ?? false;
  return answer;
}

/** Steps of a condition for whatever is around its expressions. */
const aroundCondition = 5;

/** A condition for which no steps are left fails, as one that needs too many. */
function resultOf(
  condition: Condition,
  vars: ConditionVars,
  repo: RepoEvaluation | undefined,
  allowance: StepAllowance | undefined,
): ConditionResult {
  if (allowance) {
    allowance.steps -= aroundCondition;
    if (allowance.steps < 0) return { status: 'failed', error: allowance.exhausted };
  }
  return repo ? repo.run(() => condition.evaluate(vars)) : condition.evaluate(vars);
}

/** Why a condition that matches has no value of its oncePer. */
function oncePerError(result: ConditionResult): string | undefined {
  return result.status === 'matched' && result.oncePer.kind === 'none' ? result.oncePer.error : undefined;
}

function destinationsByTrigger(subscriptions: readonly Subscription[]): Map<string, Destination[]> {
  const byTrigger = new Map<string, Destination[]>();
  for (const { trigger, destination } of subscriptions) {
    const destinations = byTrigger.get(trigger) ?? [];
    byTrigger.set(trigger, destinations);
    destinations.push(destination);
  }
  return byTrigger;
}

function annotationsOf(project: JsonObject | undefined): Record<string, string> {
  const metadata = project?.metadata as { annotations?: Record<string, string> } | undefined;
  return metadata?.annotations ?? {};
}
