import type { RepoEvaluation } from '../argocd/evaluation.ts';
import type { ChangeCounter } from '../episodes/change-history.ts';
import type { Evaluation } from '../episodes/claim.ts';
import type { Application, Destination, JsonObject } from '../model.ts';
import { resolveSubscriptions } from '../subscriptions/resolve.ts';
import { conditionVars } from '../triggers/schema.ts';
import type { ActiveConfig } from './configurations.ts';

/** An evaluation with what the alert metrics and the import of an annotation need. */
export interface AlertEvaluation extends Evaluation {
  severity: string;
  /** Position of the condition in its trigger. */
  index: number;
}

export interface EvaluatedApplication {
  evaluations: AlertEvaluation[];
  /** One per condition of a subscribed trigger, for the counters of argocd-notifications. */
  conditions: { name: string; triggered: boolean }[];
  /** Conditions that failed: `trigger`, `when` and why. */
  failures: { trigger: string; when: string; error: string }[];
  /** Subscriptions to triggers that the ConfigMap does not hold. */
  unknownTriggers: string[];
  /** Some condition reads the clock, so the answer may change without an event. */
  timeDependent: boolean;
}

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
): EvaluatedApplication {
  const { config } = active;
  const answer: EvaluatedApplication = {
    evaluations: [],
    conditions: [],
    failures: [],
    unknownTriggers: [],
    timeDependent: false,
  };
  const byTrigger = destinationsByTrigger(application, project, active);
  if (byTrigger.size === 0) return answer;
  const vars = conditionVars({
    app: application.object,
    context: config.context,
    secrets: active.secrets ?? {},
    appProject: project ?? {},
    now,
    changes: counter.changes,
    ...(repo ? { repo: repo.provider } : {}),
  });
  for (const [name, destinations] of byTrigger) {
    const trigger = config.triggers.get(name);
    if (!trigger) {
      answer.unknownTriggers.push(name);
      continue;
    }
    for (const condition of trigger.conditions) {
      counter.enter(`${active.namespace}/${name}/${condition.id}`);
      const result = repo ? repo.run(() => condition.evaluate(vars)) : condition.evaluate(vars);
      answer.conditions.push({ name, triggered: result.status === 'matched' });
      answer.timeDependent ||= condition.timeDependent;
      if (result.status === 'failed') {
        answer.failures.push({ trigger: name, when: condition.when, error: active.scrub(result.error) });
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
          destination,
          result,
        });
      }
    }
  }
  answer.timeDependent ||= repo?.unanswered() ?? false;
  return answer;
}

function destinationsByTrigger(
  application: Application,
  project: JsonObject | undefined,
  active: ActiveConfig,
): Map<string, Destination[]> {
  const { subscriptions } = resolveSubscriptions(application, annotationsOf(project), active.config);
  const byTrigger = new Map<string, Destination[]>();
  for (const { trigger, destination } of subscriptions) {
    const destinations = byTrigger.get(trigger);
    if (destinations) destinations.push(destination);
    else byTrigger.set(trigger, [destination]);
  }
  return byTrigger;
}

function annotationsOf(project: JsonObject | undefined): Record<string, string> {
  const metadata = project?.metadata as { annotations?: Record<string, string> } | undefined;
  return metadata?.annotations ?? {};
}
