/** The keys `trigger.<name>` of the ConfigMap: YAML → Trigger. One bad condition disables the whole key. */

import { createHash } from 'node:crypto';
import { createDecoder, type Decoder } from '../go/decode.ts';
import type { Shapes } from '../go/shape.ts';
import { field, fieldKey, parseYaml, type YamlPath } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import { createEvaluation } from './evaluate.ts';
import { compileExpression, type Program } from './expr/compile.ts';
import { placeOf } from './expr/errors.ts';
import { inspectExpression } from './inspect.ts';
import { inspectLifecycle } from './inspect-lifecycle.ts';
import { kindOfTrigger, type Placed } from './kind.ts';
import { lifecycleFields, readLabels, readLifecycle } from './lifecycle-schema.ts';
import { createSince } from './since.ts';
import type { Condition, Trigger } from './trigger.ts';

export { lifecycleSpellings } from './lifecycle-schema.ts';
export { conditionVars } from './vars.ts';

/** From `severity` on they are ours; argocd-notifications ignores them. */
export const conditionFields = [
  'when',
  'oncePer',
  'send',
  'description',
  'severity',
  'safe',
  ...lifecycleFields,
];

/** Conditions of one trigger: to compile so many takes a tenth of a second. */
export const mostConditions = 2_000;

/** What argocd-notifications takes an absent `when` for. */
const NEVER = 'false';

/** Identity of a condition, see `Condition.id`; source: conformance `state.json`, keys. */
function conditionId(when: string, counts: Map<string, number>): string {
  const hash = createHash('sha1').update(when).digest('base64url');
  const count = (counts.get(when) ?? 0) + 1;
  counts.set(when, count);
  return count === 1 ? hash : `${hash}#${count}`;
}

function compileField(decoder: Decoder, path: YamlPath, source: string, safe: boolean): Program | undefined {
  const compiled = compileExpression(source, { safe });
  if (compiled.ok) return compiled.program;
  const { message, line, column } = compiled.error;
  decoder.report(
    path,
    'error',
    `${String(path.at(-1))}: ${message}`,
    'Correct the expression; `herald trigger run` tries it on an Application.',
    { line, column },
  );
  return undefined;
}

function readSafe(decoder: Decoder, path: YamlPath, value: Json): boolean {
  if (value === null || typeof value === 'boolean') return value === true;
  decoder.report(path, 'error', 'safe must be true or false', 'Write `safe: true`, or leave it out.');
  return false;
}

/** Fields that are decoded into strings; '' where absent. */
function readText(
  decoder: Decoder,
  path: YamlPath,
  object: JsonObject,
  name: string,
): { text: string; path: YamlPath } {
  const at = [...path, fieldKey(object, name) ?? name];
  return { text: decoder.string(at, field(object, name) ?? null) ?? '', path: at };
}

function compileCondition(
  decoder: Decoder,
  index: number,
  entry: Json,
  counts: Map<string, number>,
  expressions: Placed[],
): Condition | undefined {
  const path = [index];
  const object = decoder.object(path, entry);
  if (object === undefined) return undefined;
  decoder.knownFields(path, object, conditionFields);
  const at = (name: string): YamlPath => [...path, fieldKey(object, name) ?? name];
  const when = readText(decoder, path, object, 'when');
  const oncePer = readText(decoder, path, object, 'oncePer');
  const description = readText(decoder, path, object, 'description').text;
  const severity = readText(decoder, path, object, 'severity').text;
  const safe = readSafe(decoder, at('safe'), field(object, 'safe') ?? null);
  const lifecycle = readLifecycle(decoder, path, object);
  const labels = readLabels(decoder, path, object);
  const send = (decoder.strings(at('send'), field(object, 'send') ?? null) ?? []).map(({ text }) => text);
  if (when.text.trim() === '') {
    const what = 'a condition without when never matches';
    decoder.report(path, 'warning', what, 'Add `when:` with an expression, or remove the condition.');
  } else if (send.length === 0) {
    const what = 'a condition without send delivers an empty notification';
    decoder.report(path, 'warning', what, 'Add `send:` with the names of templates.');
  }
  const whenProgram = compileField(decoder, when.path, when.text === '' ? NEVER : when.text, safe);
  const oncePerProgram =
    oncePer.text === '' ? undefined : compileField(decoder, oncePer.path, oncePer.text, safe);
  if (whenProgram === undefined) return undefined;
  expressions.push({ path: when.path, program: whenProgram });
  if (oncePerProgram) expressions.push({ path: oncePer.path, program: oncePerProgram });
  const since = createSince(whenProgram);
  return {
    id: conditionId(when.text, counts),
    index,
    when: when.text,
    ...(oncePer.text === '' ? {} : { oncePer: oncePer.text }),
    send,
    ...(description === '' ? {} : { description }),
    severity: severity === '' ? 'none' : severity,
    labels,
    ...(lifecycle === undefined ? {} : { lifecycle }),
    ...(safe ? { safe } : {}),
    timeDependent: whenProgram.timeDependent || (oncePerProgram?.timeDependent ?? false),
    evaluate: createEvaluation(whenProgram, oncePerProgram),
    ...(since === undefined ? {} : { since }),
  };
}

/**
 * Compiles the text of a key. Without errors the trigger is there; warnings alone do not disable it. Positions are
 * those of the bad expression inside the text, as exact as YAML allows.
 */
export function compileTrigger(name: string, text: string): { trigger?: Trigger; problems: Problem[] } {
  const document = parseYaml(text);
  const decoder = createDecoder(document, `trigger.${name}`);
  const { problems } = decoder;
  const hasError = (): boolean => problems.some(({ severity }) => severity === 'error');
  if (hasError()) return { problems };
  const entries = decoder.list([], document.value) ?? [];
  if (entries.length > mostConditions) {
    const what = `the trigger has more than ${mostConditions} conditions, and is not read`;
    decoder.report([mostConditions], 'error', what, 'Divide it among several keys.');
    return { problems };
  }
  const conditions: Condition[] = [];
  const expressions: Placed[] = [];
  /** How often each text of `when` has come so far. */
  const counts = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const condition = compileCondition(decoder, index, entry, counts, expressions);
    if (condition !== undefined) conditions.push(condition);
  }
  const kind = kindOfTrigger(decoder, expressions);
  if (!hasError() && conditions.length === 0) {
    decoder.report(
      [],
      'warning',
      'the trigger has no conditions',
      'Add a list of conditions, or remove the key.',
    );
  }
  return hasError() ? { problems } : { trigger: { name, ...(kind ? { kind } : {}), conditions }, problems };
}

/** What the conditions of a key cannot mean though they compile; `variables` are what they see. */
export function inspectTrigger(name: string, text: string, variables: Shapes): Problem[] {
  const document = parseYaml(text);
  const decoder = createDecoder(document, `trigger.${name}`);
  if (document.problems.length > 0 || !Array.isArray(document.value)) return [];
  for (const [index, entry] of document.value.entries()) {
    if (!isObject(entry)) continue;
    inspectLifecycle(decoder, [index], entry);
    for (const name of ['when', 'oncePer']) {
      const path = [index, fieldKey(entry, name) ?? name];
      const source = document.textAt(path) ?? '';
      for (const { at, what, fix, fails } of inspectExpression(source, variables)) {
        decoder.report(path, fails ? 'error' : 'warning', `${name}: ${what}`, fix, placeOf(source, at));
      }
    }
  }
  return decoder.problems;
}
