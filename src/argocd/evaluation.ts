/**
 * `repo` functions of conditions. A condition that needs what is not known yet fails, which neither sends nor
 * re-arms; what it needs is fetched, and the Application is to be evaluated again when that has arrived.
 */
import type { RepoProvider } from '../go/namespaces/repo.ts';
import type { ConditionResult, JsonObject } from '../model.ts';
import type { Lookup } from './lookup.ts';
import { commitQuestions, detailsQuestions, healthQuestions, type Question } from './questions.ts';
import { askInTurn } from './rendering.ts';

export interface RepoEvaluation {
  readonly provider: RepoProvider;
  /** Runs one condition. It fails where it, or its oncePer, asked for what nobody could tell. */
  run(evaluate: () => ConditionResult): ConditionResult;
  /** The condition that ran last failed only because its answer is on its way. */
  isAsking(): boolean;
  /** Some condition went without an answer, so a later evaluation may say something else. */
  unanswered(): boolean;
}

/** `onAnswer` is called once for each call that had to be fetched, with success or without. */
export function createRepoEvaluation(lookup: Lookup, app: JsonObject, onAnswer: () => void): RepoEvaluation {
  let problem: string | undefined;
  let unanswered = false;
  let asking = false;

  function answer(questions: readonly Question[], what: string): unknown {
    if (questions.length === 0)
      return fail(`${what}: the Application has no source in git that could be asked`);
    let why = '';
    for (const question of questions) {
      const known = lookup.known(question);
      if (known === undefined) {
        void askInTurn(lookup, questions).then(onAnswer);
        asking = problem === undefined;
        return fail(`${what}: Argo CD is being asked, the condition is evaluated again when it answers`);
      }
      if (known.ok) return known.value;
      why = known.detail;
    }
    return fail(`${what}: Argo CD ${why}`);
  }

  function fail(what: string): never {
    problem ??= what;
    unanswered = true;
    throw new Error(what);
  }

  const commitMetadataOf = (revisions: readonly string[]) =>
    answer(commitQuestions(app, revisions), 'repo.GetCommitMetadata');
  return {
    provider: {
      commitMetadata: (revision) => commitMetadataOf([revision]),
      commitMetadataOf,
      appDetails: (sourceIndex) => answer(detailsQuestions(app, sourceIndex), 'repo.GetAppDetails'),
      unhealthyResources() {
        const questions = healthQuestions(app);
        return questions.length === 0 ? [] : (answer(questions, 'shared.unhealthyResources') as JsonObject[]);
      },
    },
    run(evaluate) {
      problem = undefined;
      asking = false;
      const result = evaluate();
      if (problem === undefined || result.status === 'failed') return result;
      return { status: 'failed', error: problem };
    },
    isAsking: () => asking,
    unanswered: () => unanswered,
  };
}
