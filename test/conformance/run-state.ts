/** Runs `state.json`: the keys of the notified annotation, the refresh gate, and evaluations over time. */
import { isSyncStatusRefreshed } from '../../src/cluster/sync-status.ts';
import type { JsonObject } from '../../src/model.ts';
import { compileTrigger } from '../../src/triggers/schema.ts';
import { caseVars, type Fixtures, FROZEN_NOW } from './fixtures.ts';
import { judgeSequence } from './run-state-judge.ts';
import { runStateKeys, type StateKeyCase } from './run-state-keys.ts';
import { printOncePer } from './run-state-rules.ts';
import type { SequenceVector } from './run-state-sequence.ts';
import type { Verdict } from './verdict.ts';

export interface StateVectors {
  keys?: KeyVector[];
  sequences?: SequenceVector[];
  refresh?: RefreshVector[];
}

interface KeyVector extends StateKeyCase {
  when: string;
  oncePer: string;
  vars?: JsonObject;
  varsRef?: string;
  triggered?: boolean;
  /** The configuration is refused. */
  configError?: string;
}

interface RefreshVector {
  name: string;
  app?: JsonObject;
  varsRef?: string;
  processed: boolean;
}

type Judgement = Omit<Verdict, 'name' | 'group'>;

const PASSED: Judgement = { status: 'passed' };
const failed = (detail: string): Judgement => ({ status: 'failed', detail });

export async function runState(vectors: StateVectors, fixtures: Fixtures): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const judge = async (group: string, name: string, run: () => Judgement | Promise<Judgement>) => {
    try {
      verdicts.push({ group, name, ...(await run()) });
    } catch (error) {
      verdicts.push({ group, name, ...failed(`throws ${String(error)}`) });
    }
  };
  for (const vector of vectors.keys ?? []) await judge('keys', vector.name, () => judgeKey(vector, fixtures));
  for (const vector of vectors.sequences ?? []) {
    await judge('sequences', vector.name, () => judgeSequence(vector));
  }
  for (const vector of vectors.refresh ?? []) {
    await judge('refresh', vector.name, () => judgeRefresh(vector, fixtures));
  }
  return verdicts;
}

function judgeRefresh({ app, varsRef, processed }: RefreshVector, fixtures: Fixtures): Judgement {
  const application = app ?? fixtures.apps[varsRef ?? ''];
  if (application === undefined) return failed(`the fixtures hold no Application ${varsRef}`);
  const actual = isSyncStatusRefreshed(application);
  return actual === processed ? PASSED : failed(`processed: expected ${processed}, got ${actual}`);
}

/** The condition stands where the vector says, behind as many others. */
function judgeKey(vector: KeyVector, fixtures: Fixtures): Judgement {
  const { conditionIndex, when, oncePer } = vector;
  const others = Array.from({ length: conditionIndex }, (_, index) => ({ when: `${index} == -1` }));
  const text = JSON.stringify([...others, { when, oncePer }]);
  const { trigger, problems } = compileTrigger(vector.trigger, text);
  const error = problems.find(({ severity }) => severity === 'error');
  if (vector.configError !== undefined) {
    return error === undefined ? failed('compiles, and must not') : PASSED;
  }
  const condition = trigger?.conditions[conditionIndex];
  if (condition === undefined) return failed(`does not compile: ${error?.what}`);

  const result = condition.evaluate({ values: caseVars(fixtures, vector, ''), now: FROZEN_NOW });
  const isMatched = result.status === 'matched';
  if (isMatched !== vector.triggered)
    return failed(`triggered: expected ${vector.triggered}, got ${isMatched}`);
  const printed = isMatched
    ? printOncePer(result.plainOncePer ?? result.oncePer)
    : (vector.oncePerPrinted ?? '');
  const [failure] = runStateKeys([vector], () => ({ id: condition.id, printed }));
  return failure === undefined ? PASSED : failed(`key: expected ${failure.expected}, got ${failure.actual}`);
}
