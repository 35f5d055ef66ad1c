/**
 * `repo` functions of templates. Rendering does no I/O, so it is a protocol of rounds: a rendering is answered from
 * what is known, and empty where something is not; that is fetched, and the template rendered once more.
 */
import { orAborted } from '../aborted.ts';
import type { RepoProvider } from '../go/namespaces/repo.ts';
import { UNKNOWN_COMMIT, UNKNOWN_DETAILS } from '../go/namespaces/repo-values.ts';
import type { JsonObject } from '../model.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import type { Lookup } from './lookup.ts';
import { commitQuestions, detailsQuestions, healthQuestions, type Question } from './questions.ts';

/** A call whose arguments come from another call needs two rounds more; deeper ones stay empty. */
const mostRounds = 3;
/** Milliseconds that a message waits for Argo CD, all rounds together. */
const patience = 4_000;

/**
 * Answers with the last rendering. Never rejects for want of an answer: then its values are empty. `render` must have
 * no effects. A signal ends the wait earlier. `lookup` is undefined where no Argo CD is configured.
 */
export async function renderWithRepo<T>(
  lookup: Lookup | undefined,
  app: JsonObject,
  render: (repo: RepoProvider) => T,
  signal?: AbortSignal,
): Promise<T> {
  const { provider, missing } = createAnswers(lookup, app);
  let rendered = render(provider);
  if (missing.size === 0) return rendered;
  return withTimeLimit(patience, signal, async (end) => {
    for (let round = 1; round < mostRounds && missing.size > 0 && !end.aborted; round += 1) {
      await orAborted(Promise.allSettled([...missing.values()].map((ask) => ask())), end);
      missing.clear();
      rendered = render(provider);
    }
    return rendered;
  });
}

function createAnswers(lookup: Lookup | undefined, app: JsonObject) {
  const missing = new Map<string, () => Promise<void>>();

  /** The first that is known of questions in order of likelihood. */
  function answer(questions: readonly Question[], otherwise: unknown): unknown {
    if (lookup === undefined) return otherwise;
    for (const question of questions) {
      const known = lookup.known(question);
      if (known === undefined) {
        missing.set(JSON.stringify(questions), () => askInTurn(lookup, questions));
        return otherwise;
      }
      if (known.ok) return known.value;
    }
    return otherwise;
  }

  const commitMetadataOf = (revisions: readonly string[]) =>
    answer(commitQuestions(app, revisions), UNKNOWN_COMMIT);
  const provider: RepoProvider = {
    commitMetadata: (revision) => commitMetadataOf([revision]),
    commitMetadataOf,
    appDetails: (sourceIndex) => answer(detailsQuestions(app, sourceIndex), UNKNOWN_DETAILS),
    unhealthyResources: () => answer(healthQuestions(app), []) as JsonObject[],
  };
  return { provider, missing };
}

/** Asks until one knows. */
export async function askInTurn(lookup: Lookup, questions: readonly Question[]): Promise<void> {
  for (const question of questions) {
    const answer = await lookup.ask(question);
    if (answer.ok) return;
  }
}
