/** The fields of a condition that give its alerts a life: `for`, `keepFiring`, `repeat`, `resolved`; and its labels. */
import type { Decoder } from '../go/decode.ts';
import { readDuration } from '../go/durations.ts';
import { fieldOf } from '../go/fields.ts';
import type { YamlPath } from '../go/yaml.ts';
import { type Json, type JsonObject, reservedLabels } from '../model.ts';
import type { Lifecycle } from './trigger.ts';

/** Our spelling first, then that of Prometheus, Alertmanager and their operator. */
export const lifecycleSpellings = {
  for: ['for'],
  keepFiring: ['keepFiring', 'keep_firing_for', 'keepFiringFor'],
  repeat: ['repeat', 'repeat_interval', 'repeatInterval'],
  resolved: ['resolved', 'send_resolved', 'sendResolved'],
} as const;

export const lifecycleFields: readonly string[] = [...Object.values(lifecycleSpellings).flat(), 'labels'];

/** Milliseconds. What repeats faster is no message for people. */
const shortestRepeat = 1_000;

/** Undefined where none of the fields says anything. */
export function readLifecycle(decoder: Decoder, path: YamlPath, object: JsonObject): Lifecycle | undefined {
  const find = (name: keyof typeof lifecycleSpellings) => fieldOf(object, path, lifecycleSpellings[name]);
  const wait = readDuration(decoder, find('for'));
  const keepFiring = readDuration(decoder, find('keepFiring'));
  const repeat = readDuration(decoder, find('repeat'));
  if (repeat !== undefined && repeat < shortestRepeat) {
    const at = find('repeat')?.path ?? path;
    decoder.report(at, 'error', 'repeat is shorter than a second', 'Write one such as 4h, or leave it out.');
  }
  const resolved = readResolved(decoder, find('resolved'));
  if ([wait, keepFiring, repeat, resolved].every((value) => value === undefined)) return undefined;
  return {
    for: wait ?? 0,
    keepFiring: keepFiring ?? 0,
    ...(repeat === undefined ? {} : { repeat }),
    ...(resolved === undefined ? {} : { resolved }),
  };
}

function readResolved(
  decoder: Decoder,
  found: { path: YamlPath; value: Json } | undefined,
): string[] | undefined {
  if (found === undefined || found.value === null || found.value === false || found.value === '')
    return undefined;
  const { path, value } = found;
  if (value === true) return [];
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) {
    const fix = 'Write resolved: [name-of-a-template], or true for the default message.';
    decoder.report(path, 'error', 'resolved names no templates', fix);
    return undefined;
  }
  if (value.length === 0) {
    const fix = 'Write resolved: true for the default message, or false for none.';
    decoder.report(path, 'warning', 'resolved is empty, so the default message tells of the end', fix);
  }
  return decoder.strings(path, value)?.map(({ text }) => text);
}

export function readLabels(
  decoder: Decoder,
  path: YamlPath,
  object: JsonObject,
): Readonly<Record<string, string>> {
  const found = fieldOf(object, path, ['labels']);
  const entries = Object.entries((found && decoder.object(found.path, found.value)) ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const at = [...(found?.path ?? path), name];
      if (name === '')
        decoder.report(at, 'error', 'a label has no name', 'Write labels as {team: payments}.');
      if (reservedLabels.some((reserved) => reserved === name)) {
        const fix = 'Give the label another name; rules match the name with what every alert has.';
        decoder.report(at, 'error', `every alert has a label ${name} of its own`, fix);
      }
      return [name, decoder.string(at, value) ?? ''];
    }),
  );
}
