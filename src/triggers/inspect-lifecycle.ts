/** Fields of a condition that can be read and hardly be meant. */
import type { Decoder } from '../go/decode.ts';
import { readDuration } from '../go/durations.ts';
import { fieldOf } from '../go/fields.ts';
import type { YamlPath } from '../go/yaml.ts';
import type { JsonObject } from '../model.ts';
import { compileExpression, type Program } from './expr/compile.ts';
import { lifecycleSpellings } from './lifecycle-schema.ts';

const minute = 60_000;

export function inspectLifecycle(decoder: Decoder, path: YamlPath, object: JsonObject): void {
  // Durations that cannot be read are told when the key is compiled.
  const silent: Decoder = { ...decoder, report: () => undefined };
  const repeat = fieldOf(object, path, lifecycleSpellings.repeat);
  if (repeat && (readDuration(silent, repeat) ?? minute) < minute) {
    const what = 'it is repeated more often than every minute';
    decoder.report(repeat.path, 'warning', what, 'Write one such as 4h: people mute what nags.');
  }
  const oncePer = fieldOf(object, path, ['oncePer']);
  const wait = fieldOf(object, path, lifecycleSpellings.for);
  if (!oncePer || !((readDuration(silent, wait) ?? 0) > 0)) return;
  const condition = fieldOf(object, path, ['when']);
  const when = compiled(condition && silent.string(condition.path, condition.value));
  const changing = changingPart(when, compiled(silent.string(oncePer.path, oncePer.value)));
  if (changing === undefined) return;
  decoder.report(
    oncePer.path,
    'warning',
    `${changing} may change while the condition holds, and each change begins the wait (for) anew`,
    'Leave oncePer out: with for, an alert is told once until it ends.',
  );
}

function compiled(source: string | undefined): Program | undefined {
  const made = compileExpression(source ?? '');
  return made.ok ? made.program : undefined;
}

/** What of oncePer may change though `when` goes on to hold, as it is written. */
function changingPart(when: Program | undefined, oncePer: Program | undefined): string | undefined {
  if (oncePer?.timeDependent) return 'the time';
  const held = new Set(when?.paths.map(({ path }) => partOf(path)));
  const found = oncePer?.paths.find(({ path }) => {
    const [variable, head, member = ''] = path;
    if (variable !== 'app') return false;
    if (head === 'metadata') return member === 'resourceVersion' || member === 'generation';
    if (head !== 'status') return head === 'operation';
    // An operation and the health change together with what the condition compares.
    return !((member === 'health' || member === 'operationState') && held.has(partOf(path)));
  });
  return found?.path.join('.');
}

function partOf(path: readonly string[]): string {
  return path.slice(0, 3).join('.');
}
