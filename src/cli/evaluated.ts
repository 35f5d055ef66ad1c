/** Conditions evaluated for one Application as a command sees it, with the value of each part. */
import type { ChangeCounter } from '../alerts/change-history.ts';
import { createRepoEvaluation, type RepoEvaluation } from '../argocd/evaluation.ts';
import type { Lookup } from '../argocd/lookup.ts';
import { renderWithRepo } from '../argocd/rendering.ts';
import type { ConditionResult } from '../model.ts';
import type { Scrub } from '../services/secrets.ts';
import { type ExplainedPart, explain } from '../triggers/explain.ts';
import { conditionVars } from '../triggers/schema.ts';
import type { Condition, ConditionVars } from '../triggers/trigger.ts';
import type { ConditionSources } from '../triggers/vars.ts';

export interface EvaluatedCondition {
  condition: Condition;
  result: ConditionResult;
  /** What the condition asks that one look at the Application cannot tell; the result says nothing then. */
  unknown: string | undefined;
  /** The value of each part of a condition that does not match or fails. */
  explained: ExplainedPart | undefined;
}

interface Sources extends Omit<ConditionSources, 'repo' | 'changes' | 'operations'> {
  /** Who answers repo functions; undefined: nobody. */
  argocd: Lookup | undefined;
  /** What is remembered of the Application; absent: nothing. */
  past?: { counter: ChangeCounter; keyOf(condition: Condition): string };
  /** Takes out of values and errors what is of the Secret. */
  scrub: Scrub;
}

export async function evaluateConditions(
  conditions: readonly Condition[],
  { argocd, past: remembered, scrub, ...given }: Sources,
): Promise<EvaluatedCondition[]> {
  const unknown = createUnknownPast();
  const sources = {
    ...given,
    ...(remembered
      ? { changes: remembered.counter.changes, operations: remembered.counter }
      : unknown.sources),
  };
  const enter = (condition: Condition) => remembered?.counter.enter(remembered.keyOf(condition));
  const run = (condition: Condition, vars: ConditionVars, repo?: RepoEvaluation) => {
    enter(condition);
    return evaluate(condition, vars, { scrub, past: unknown, enter }, repo);
  };
  if (!argocd) {
    const vars = conditionVars(sources);
    return conditions.map((condition) => run(condition, vars));
  }
  await fetchAnswers(argocd, conditions, sources, enter);
  const repo = createRepoEvaluation(argocd, given.app, () => undefined);
  const vars = conditionVars({ ...sources, repo: repo.provider });
  return conditions.map((condition) => run(condition, vars, repo));
}

/** Evaluates for the sake of what the conditions ask, so that it is known when they are evaluated in earnest. */
async function fetchAnswers(
  argocd: Lookup,
  conditions: readonly Condition[],
  sources: ConditionSources,
  enter: (condition: Condition) => void,
): Promise<void> {
  await renderWithRepo(argocd, sources.app, (repo) => {
    const vars = conditionVars({ ...sources, repo });
    return conditions.map((condition) => {
      enter(condition);
      return condition.evaluate(vars);
    });
  });
}

/** The past of an Application, which `herald run` remembers and a command does not: asking for it fails, with why. */
function createUnknownPast() {
  let asked: string | undefined;
  function unknown(what: string): never {
    asked = `${what}, which herald run remembers from event to event; a command sees the Application once and cannot know it`;
    throw new Error(asked);
  }
  return {
    sources: {
      changes: () => unknown('changes asks how often a value has changed'),
      operations: {
        note: () => undefined,
        startedAfter: () => unknown('operationStartedAfter asks which operation came after a change'),
      },
    },
    /** What was asked while `run` ran. */
    during<T>(run: () => T): { result: T; asked: string | undefined } {
      asked = undefined;
      const result = run();
      return { result, asked };
    },
  };
}

interface Known {
  scrub: Scrub;
  past: ReturnType<typeof createUnknownPast>;
  enter(condition: Condition): void;
}

function evaluate(
  condition: Condition,
  vars: ConditionVars,
  { scrub, past, enter }: Known,
  repo?: RepoEvaluation,
): EvaluatedCondition {
  const { result, asked } = past.during(() =>
    repo ? repo.run(() => condition.evaluate(vars)) : condition.evaluate(vars),
  );
  const isClear = result.status === 'matched' || condition.when === '';
  enter(condition);
  const explained = isClear ? undefined : explain(condition.when, vars, { safe: condition.safe === true });
  return {
    condition,
    result: scrubbedResult(result, scrub),
    unknown: result.status === 'failed' ? asked : undefined,
    explained: explained && scrubbedPart(explained, scrub),
  };
}

/** Errors quote what they fail at, which may be of the Secret. */
function scrubbedResult(result: ConditionResult, scrub: Scrub): ConditionResult {
  if (result.status === 'failed') return { ...result, error: scrub(result.error) };
  if (result.status !== 'matched' || result.oncePer.kind !== 'none') return result;
  const { error } = result.oncePer;
  return error === undefined ? result : { ...result, oncePer: { ...result.oncePer, error: scrub(error) } };
}

function scrubbedPart(part: ExplainedPart, scrub: Scrub): ExplainedPart {
  const { result, parts } = part;
  return {
    ...part,
    result: result.ok
      ? { ...result, printed: scrub(result.printed) }
      : { ...result, error: scrub(result.error) },
    parts: parts.map((inner) => scrubbedPart(inner, scrub)),
  };
}
