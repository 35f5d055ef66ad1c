/** The three results of a condition: matched, unmatched, failed. */
import { toText } from '../go/bytes.ts';
import { sprint } from '../go/format.ts';
import { isNil } from '../go/nil.ts';
import type { ConditionResult, OncePer } from '../model.ts';
import type { Program } from './expr/compile.ts';
import { LIMITS } from './expr/limits.ts';
import { Run } from './expr/run.ts';
import type { ConditionVars } from './trigger.ts';

/** The value as it becomes part of a key: Go's `%v`. A failing oncePer counts as none, as in argocd-notifications. */
function oncePerOf(program: Program | undefined, vars: ConditionVars): OncePer {
  const result = program?.run(vars);
  if (result === undefined || !result.ok) return { kind: 'none' };
  if (isNil(result.value)) return { kind: 'nil' };
  const printed = print(result.value);
  return printed === undefined || printed === '' ? { kind: 'none' } : { kind: 'value', printed };
}

/** undefined where the text would go over the sandbox's limits. */
function print(value: unknown): string | undefined {
  try {
    new Run().walk(value);
    const text = toText(sprint(value));
    return text.length > LIMITS.text ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Only a real `true` matches; any other value does not, and an error is no answer. */
export function createEvaluation(
  when: Program,
  oncePer: Program | undefined,
): (vars: ConditionVars) => ConditionResult {
  return (vars) => {
    const result = when.run(vars);
    if (!result.ok) return { status: 'failed', error: result.error };
    return result.value === true
      ? { status: 'matched', oncePer: oncePerOf(oncePer, vars) }
      : { status: 'unmatched' };
  };
}
