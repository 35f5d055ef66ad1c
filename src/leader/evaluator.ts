import { createChangeCounter } from '../alerts/change-history.ts';
import { isNewborn, operationOf } from '../application.ts';
import type { RepoEvaluation } from '../argocd/evaluation.ts';
import type { Clock } from '../clock.ts';
import type { ActiveConfig, Configurations } from '../configurations/configurations.ts';
import { createShares } from '../configurations/shares.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, JsonObject } from '../model.ts';
import type { SyncWindow } from '../sync-window.ts';
import { readSyncWindows } from '../sync-windows.ts';
import type { StepAllowance } from '../triggers/trigger.ts';
import { type AlertEvaluation, evaluateApplication } from './evaluate.ts';
import type { EvaluationProblems } from './evaluation-problems.ts';
import type { Tracked } from './tracked.ts';

/** Evaluates an Application under every configuration that acts for it, each within its share of the process. */
export interface Evaluator {
  /** Takes on the history of the entry, and the alerts that nobody is told of. `dueAt`: when the answer may differ although nothing happens, Unix milliseconds. */
  evaluate(entry: Tracked): { evaluations: AlertEvaluation[]; dueAt: number | undefined };
  /** Milliseconds until every configuration that acts for it has room; 0: now. */
  wait(application: Application): number;
}

interface Deps {
  configurations: Configurations;
  /** The AppProject of an Application. */
  project(application: Application): JsonObject | undefined;
  /** Who answers the `repo` functions of conditions; nobody: such a condition fails. */
  repo?(application: Application, active: ActiveConfig): RepoEvaluation | undefined;
  /** Told of the steps of conditions, and of whatever is around them for an Application. */
  spend(steps: number): void;
  problems: EvaluationProblems;
  metrics: Pick<Metrics, 'evaluations' | 'evaluationErrors'>;
  clock: Pick<Clock, 'now'>;
}

const aroundApplication = 200;
/** Conditions that read the clock are evaluated once in so many milliseconds, each Application at a moment of its own. */
export const resync = 60_000;

export function createEvaluator(deps: Deps): Evaluator {
  const { configurations, problems, metrics } = deps;
  const { now } = deps.clock;
  const shares = createShares(now);
  const windowsByProject = new WeakMap<JsonObject, readonly SyncWindow[]>();

  /** The AppProject is one object until it changes, for all of its Applications. */
  function windowsOf(project: JsonObject | undefined): readonly SyncWindow[] {
    if (!project) return [];
    const known = windowsByProject.get(project) ?? readSyncWindows(project);
    windowsByProject.set(project, known);
    return known;
  }

  /** None where the configuration has used up its share: then its conditions fail, and are evaluated later. */
  function allowanceOf(active: ActiveConfig): StepAllowance {
    const { perEvent, perSecond } = shares.of(active);
    if (shares.wait(active) === 0)
      return {
        steps: perEvent,
        exhausted: `the conditions of the ConfigMap need more than ${perEvent} steps for one Application together`,
      };
    return {
      steps: 0,
      exhausted: `the conditions of the ConfigMap need more than ${perSecond} steps a second: they are evaluated later`,
    };
  }

  function complain(active: ActiveConfig, trigger: string, { exhausted }: StepAllowance): void {
    configurations.complain(active.namespace, {
      key: `trigger.${trigger}`,
      severity: 'error',
      what: exhausted,
      fix: 'Go through shorter lists in its conditions, or have fewer of them.',
    });
  }

  function nextMoment(phase: number): number {
    const at = now();
    return at + resync - ((((at - phase) % resync) + resync) % resync);
  }

  return {
    evaluate(entry) {
      const { application } = entry;
      const project = deps.project(application);
      const evaluations: AlertEvaluation[] = [];
      const failures: string[] = [];
      const counter = createChangeCounter(entry.history, now(), operationOf(application.object).startedAt);
      let dueAt: number | undefined;
      const due = (at: number): void => {
        dueAt = Math.min(at, dueAt ?? at);
      };
      const actives = configurations.of(application.namespace);
      const lost = new Set<string>();
      for (const active of actives) {
        // The functions ask about the sources of an Application, which an ApplicationSet has not.
        const repo = application.kind ? undefined : deps.repo?.(application, active);
        const allowance = allowanceOf(active);
        const given = allowance.steps;
        const answer = evaluateApplication(
          application,
          project,
          active,
          now(),
          counter,
          repo,
          allowance,
          () => windowsOf(project),
        );
        const spent = given - Math.max(allowance.steps, 0);
        shares.spend(active, spent);
        deps.spend(spent + aroundApplication);
        if (answer.exhausted !== undefined) complain(active, answer.exhausted, allowance);
        evaluations.push(...answer.evaluations);
        if (answer.dueAt !== undefined) due(answer.dueAt);
        if (answer.timeDependent || answer.exhausted !== undefined) due(nextMoment(entry.phase));
        if (answer.exhausted !== undefined && given === 0) due(now() + shares.wait(active));
        for (const { name, triggered } of answer.conditions) {
          metrics.evaluations.inc({ name, triggered: String(triggered) });
        }
        for (const trigger of answer.unknownTriggers) {
          // An annotation counts under each configuration; one of them has to have the trigger.
          if (lost.has(trigger) || actives.some(({ config }) => config.triggers.has(trigger))) continue;
          lost.add(trigger);
          problems.unknownTrigger(active, trigger, application);
        }
        if (isNewborn(application.object)) continue;
        for (const failure of answer.failures) {
          metrics.evaluationErrors.inc({ trigger: failure.trigger });
          failures.push(`${failure.trigger}: ${failure.error}`);
        }
      }
      entry.history = counter.history();
      problems.failed(entry, failures);
      return { evaluations, dueAt };
    },
    wait: ({ namespace }) => Math.max(0, ...configurations.of(namespace).map(shares.wait)),
  };
}
