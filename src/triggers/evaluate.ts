/**
 * The language of conditions: parsed, checked and evaluated within a budget of steps. Pure; it may import the ground
 * alone.
 */

/** The three results of a condition: matched, unmatched, failed. */
import { toText } from '../go/bytes.ts';
import { sprint } from '../go/format.ts';
import { isNil } from '../go/nil.ts';
import { isPlainMap } from '../go/typed.ts';
import type { ConditionResult, JsonObject, OncePer } from '../model.ts';
import type { Program } from './expr/compile.ts';
import { LimitError } from './expr/errors.ts';
import { LIMITS } from './expr/limits.ts';
import { Run } from './expr/run.ts';
import { revisionsRead } from './revisions.ts';
import type { ConditionVars } from './trigger.ts';

/**
 * The value as it becomes part of a key: Go's `%v`. A oncePer that fails counts as none, as in argocd-notifications,
 * with the reason.
 */
function oncePerOf(program: Program | undefined, vars: ConditionVars): OncePer {
  if (program === undefined) return { kind: 'none' };
  const result = program.run(vars);
  if (!result.ok) return { kind: 'none', error: result.error };
  if (isNil(result.value)) return { kind: 'nil' };
  const printed = print(result.value, vars);
  if (!printed.ok) return { kind: 'none', error: printed.error };
  return printed.text === '' ? { kind: 'none' } : { kind: 'value', printed: printed.text };
}

function print(
  value: unknown,
  vars: ConditionVars,
): { ok: true; text: string } | { ok: false; error: string } {
  try {
    const run = new Run();
    run.reset(vars.now, vars.allowance);
    run.walk(value);
    const text = toText(sprint(value));
    return text.length > LIMITS.text
      ? { ok: false, error: `its value has more than ${LIMITS.text} characters` }
      : { ok: true, text };
  } catch (error) {
    if (!(error instanceof LimitError) && !(error instanceof RangeError)) throw error;
    return { ok: false, error: `its value is too large to print: ${error.message}` };
  }
}

/** A value that an Application with several sources makes of its revisions, where it has no revision of its own. */
function withRevisions(oncePer: OncePer, program: Program, app: unknown): OncePer | undefined {
  const list = isPlainMap(app) ? revisionsRead(program.paths, app as JsonObject) : undefined;
  if (list === undefined) return undefined;
  if (oncePer.kind !== 'value') return { kind: 'value', printed: list };
  return oncePer.printed.includes(list)
    ? undefined
    : { kind: 'value', printed: `${oncePer.printed} ${list}` };
}

/** Notes the values whose past the expressions ask for. */
function track(programs: readonly (Program | undefined)[], vars: ConditionVars): void {
  const { note } = vars;
  if (note === undefined) return;
  for (const program of programs) {
    for (const [name, value] of program?.tracked ?? []) {
      const result = value.run(vars);
      const isNoted = result.ok && print(result.value, vars).ok;
      note(name, isNoted ? result.value : null);
    }
  }
}

/** Only a real `true` matches; any other value does not, and an error is no answer. */
export function createEvaluation(
  when: Program,
  oncePer: Program | undefined,
): (vars: ConditionVars) => ConditionResult {
  return (vars) => {
    track([when, oncePer], vars);
    const result = when.run(vars);
    if (!result.ok) return { status: 'failed', error: result.error };
    if (result.value !== true) return { status: 'unmatched' };
    const own = oncePerOf(oncePer, vars);
    const revised = oncePer && withRevisions(own, oncePer, vars.values.app);
    return { status: 'matched', oncePer: revised ?? own, ...(revised ? { plainOncePer: own } : {}) };
  };
}
