import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { createCache } from './cache.ts';
import type { Answer, ArgocdClient } from './client.ts';
import type { Question } from './questions.ts';

/** Answers by question, remembered. */
export interface Lookup<Asked extends Question = Question> {
  /** Without asking; undefined: nobody has asked, or it is too long ago. */
  known(question: Asked): Answer | undefined;
  /** Asks once for all who ask the same at the same time. Never rejects. */
  ask(question: Asked): Promise<Answer>;
}

interface Deps<Asked extends Question> {
  client: Pick<ArgocdClient<Asked>, 'ask'>;
  metrics?: Pick<Metrics, 'argocdRequests'>;
  log: Logger;
  now(): number;
}

const minute = 60_000;
const hour = 60 * minute;
/** Milliseconds that an answer is good for: a commit does not change, what a source makes does, and health often. */
const goodFor = { commit: 24 * hour, details: 5 * minute, health: minute / 2 } as const;
/** So soon it is asked again for what could not be told. */
const askAgainAfter = { unknown: 30_000, refused: minute, unreachable: 15_000 } as const;
/** After so many failures in a row nothing is asked for a while: an outage must not delay each message. */
const outageAfter = 3;
const outagePause = 10_000;
const mostAnswers = 5_000;

const FUNCTIONS = {
  commit: 'GetCommitMetadata',
  details: 'GetAppDetails',
  health: 'unhealthyResources',
} as const;

export function createLookup<Asked extends Question>(
  deps: Deps<Asked>,
  { timeout }: { timeout: number },
): Lookup<Asked> {
  const { client, metrics, log, now } = deps;
  const answers = createCache<Answer>(mostAnswers, now);
  const asked = new Map<string, Promise<Answer>>();
  let failuresInARow = 0;
  let outage: { until: number; answer: Answer } | undefined;
  /** Told already: each outage is logged once, and a refusal once an hour, for it may concern one project of many. */
  let isUnreachable = false;
  const never = Number.NEGATIVE_INFINITY;
  const refusalTold = { commit: never, details: never, health: never };
  let unknownHealthTold = never;

  async function ask(question: Asked, key: string): Promise<Answer> {
    const answer = await withTimeLimit(timeout, undefined, (signal) => client.ask(question, signal));
    const outcome = answer.ok ? 'answered' : answer.reason;
    metrics?.argocdRequests.inc({ function: FUNCTIONS[question.kind], outcome });
    answers.set(key, answer, answer.ok ? goodFor[question.kind] : askAgainAfter[answer.reason]);
    failuresInARow = outcome === 'unreachable' ? failuresInARow + 1 : 0;
    outage = failuresInARow >= outageAfter ? { until: now() + outagePause, answer } : undefined;
    tell(question, answer);
    return answer;
  }

  function tell({ application, kind }: Question, answer: Answer): void {
    const { namespace, name } = application;
    const fields = { application: `${namespace}/${name}`, function: FUNCTIONS[kind] };
    const reason = answer.ok ? 'answered' : answer.reason;
    const error = answer.ok ? {} : { error: answer.detail };
    if (reason === 'unreachable') {
      if (!isUnreachable)
        log.warn({ ...fields, ...error }, 'Argo CD does not answer, values of repo functions stay empty');
      isUnreachable = true;
      return;
    }
    if (isUnreachable) log.info(fields, 'Argo CD answers repo functions again');
    isUnreachable = false;
    // That nobody tells which resources it is concerns each Application that is not well.
    if (reason === 'unknown' && kind === 'health') {
      if (now() < unknownHealthTold + hour) return;
      unknownHealthTold = now();
    }
    if (reason === 'unknown')
      log.info({ ...fields, ...error }, 'Argo CD does not know what a repo function asks');
    if (reason !== 'refused' || now() < refusalTold[kind]) return;
    refusalTold[kind] = now() + hour;
    log.warn({ ...fields, ...error }, 'Argo CD refuses, values of repo functions stay empty');
  }

  function known(key: string): Answer | undefined {
    return answers.get(key) ?? (outage !== undefined && now() < outage.until ? outage.answer : undefined);
  }

  return {
    known: (question) => known(keyOf(question)),
    ask(question) {
      const key = keyOf(question);
      const answer = known(key);
      if (answer !== undefined) return Promise.resolve(answer);
      const running = asked.get(key);
      if (running !== undefined) return running;
      const promise = ask(question, key).finally(() => asked.delete(key));
      asked.set(key, promise);
      return promise;
    },
  };
}

function aboutOf(question: Question): unknown {
  switch (question.kind) {
    case 'commit':
      return question.repoURL;
    case 'details':
      return [question.source, question.refs];
    case 'health':
      return question.health;
  }
}

function keyOf(question: Question): string {
  const { kind, application, revision, sourceIndex = -1 } = question;
  const { namespace, name, project } = application;
  const source = aboutOf(question);
  return JSON.stringify([kind, namespace, name, project, revision, sourceIndex, source]);
}
