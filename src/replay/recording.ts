/**
 * What a recording holds: the lines that `herald record` writes, read and checked. Newline-delimited JSON; the first line
 * of a part says what it is, the objects as they were at its start follow, `ready` ends them, and then each change has a
 * line. An object is written whole when it is new, and afterwards as a merge patch of its last line.
 */
import { z } from 'zod';
import { projectOf } from '../application.ts';
import { type ObjectMetadata, project, readMetadata } from '../cluster/kube-object.ts';
import { readApplicationSet } from '../cluster/watch-applicationsets.ts';
import { isObject, textAt } from '../json.ts';
import type { Application, Json, JsonObject } from '../model.ts';
import { applyMergePatch } from './merge-patch.ts';

export const recordingVersion = 1;

export const recordedKinds = ['Application', 'AppProject', 'ApplicationSet'] as const;
export type RecordedKind = (typeof recordedKinds)[number];

/** An object as it is known after a line. */
export interface RecordedObject extends ObjectMetadata {
  object: JsonObject;
}

/** What a line says. `at`: when it was seen, Unix milliseconds. */
export type RecordedEvent =
  /** A part begins; of what is known, only what it shows until `ready` still exists. */
  | { type: 'begin'; at: number; namespace: string }
  | { type: 'ready'; at: number }
  | {
      type: 'seen';
      at: number;
      kind: RecordedKind;
      known: RecordedObject;
      /** All that is new is when Argo CD has compared it, as it notes every few minutes. */
      isComparison?: boolean;
    }
  | { type: 'deleted'; at: number; kind: RecordedKind; known: RecordedObject }
  /** Nothing happened until then. */
  | { type: 'end'; at: number };

/** A line that is none of a recording. */
export class RecordingError extends Error {
  override name = 'RecordingError';
}

export interface RecordingReader {
  /** What the lines say; `place` names it in errors. Throws a RecordingError. */
  read(line: string, place: string): RecordedEvent[];
}

const Time = z.iso.datetime();
const Begin = z.object({
  type: z.literal('begin'),
  time: Time,
  recording: z.literal(recordingVersion),
  namespace: z.string().min(1),
});
const Change = z.object({
  type: z.enum(['seen', 'deleted']),
  time: Time,
  kind: z.enum(recordedKinds),
});
export function createRecordingReader(): RecordingReader {
  const known = new Map<string, RecordedObject>();
  /** Of the part that begins: what it has shown. */
  let shown: Set<string> | undefined;
  let hasBegun = false;
  let latest = Number.NEGATIVE_INFINITY;

  function timeIn(text: string, fail: Fail): number {
    const at = Date.parse(text);
    if (Number.isNaN(at)) fail('"time" is no time: it is written as 2026-11-28T07:00:00.000Z');
    // A clock that was set back: what was seen later has happened later.
    latest = Math.max(latest, at);
    return latest;
  }

  function changed(
    line: JsonObject,
    kind: RecordedKind,
    fail: Fail,
  ): { key: string; known: RecordedObject; isComparison?: boolean } {
    if (isObject(line.object)) {
      const metadata = readMetadata(line.object);
      if (!metadata)
        fail('"object" is no object of a cluster: its metadata lacks a uid, a name or a resourceVersion');
      return {
        key: keyOf(kind, metadata.namespace, metadata.name),
        known: { ...metadata, object: project(line.object) },
      };
    }
    const key = keyOf(kind, textAt(line, 'namespace'), textAt(line, 'name'));
    const before = known.get(key);
    if (!before)
      fail(
        `it changes ${key}, which no line before has shown: the lines of a recording belong together, in order`,
      );
    if (!isObject(line.patch)) return fail('"object" or "patch" is missing');
    const isComparison = isOfComparison(before.object, line.patch);
    return { key, known: patched(before, line.patch, fail), isComparison };
  }

  return {
    read(text, place) {
      const fail: Fail = (what) => {
        throw new RecordingError(`${place}: ${what}`);
      };
      const line = parse(text, fail);
      // By hand what comes a hundred thousand times; the schemas say what is wrong.
      const { type, time, kind } = line;
      if (!hasBegun && type !== 'begin')
        fail('this is no recording: the first line of one has "type": "begin" (herald record makes them)');
      if (type === 'seen' || type === 'deleted') {
        if (typeof time !== 'string' || !isRecordedKind(kind)) return checked(Change, line, fail) as never;
        const at = timeIn(time, fail);
        const { key, known: now, isComparison = false } = changed(line, kind, fail);
        if (type === 'deleted') known.delete(key);
        else known.set(key, now);
        shown?.add(key);
        return [
          type === 'seen' ? { type, at, kind, known: now, isComparison } : { type, at, kind, known: now },
        ];
      }
      if (type === 'begin') {
        const begin = checked(Begin, line, fail);
        hasBegun = true;
        shown = new Set();
        return [{ type, at: timeIn(begin.time, fail), namespace: begin.namespace }];
      }
      if (typeof time !== 'string') return fail('"time" is missing');
      const at = timeIn(time, fail);
      if (type === 'end') return [{ type, at }];
      if (type !== 'ready')
        return fail(`"type" is ${JSON.stringify(type)}: it is one of begin, ready, seen, deleted and end`);
      const gone = [...known].filter(([key]) => shown && !shown.has(key));
      shown = undefined;
      for (const [key] of gone) known.delete(key);
      return [
        ...gone.map(([key, last]) => ({ type: 'deleted' as const, at, kind: kindOf(key), known: last })),
        { type, at },
      ];
    },
  };
}

type Fail = (what: string) => never;

function parse(text: string, fail: Fail): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return fail('this is no JSON: a line was cut off or changed');
  }
  return isObject(value) ? value : fail('a JSON object was expected');
}

function checked<T>(schema: z.ZodType<T>, line: JsonObject, fail: Fail): T {
  const result = schema.safeParse(line);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  return fail(`${path === '' ? '' : `"${path}": `}${issue?.message ?? 'not what a recording holds'}`);
}

function isOfComparison(before: JsonObject, { metadata, status, ...others }: JsonObject): boolean {
  if (Object.keys(others).length > 0 || !isObject(status)) return false;
  const { reconciledAt, ...rest } = status;
  const earlier = textAt(before, 'status', 'reconciledAt');
  return (
    Object.keys(rest).length === 0 &&
    (metadata === undefined || onlyVersions(metadata)) &&
    typeof reconciledAt === 'string' &&
    earlier !== '' &&
    earlier.length === reconciledAt.length &&
    earlier < reconciledAt
  );
}

function onlyVersions(metadata: Json): boolean {
  const isVersion = (key: string) => key === 'resourceVersion' || key === 'generation';
  return isObject(metadata) && Object.keys(metadata).every(isVersion);
}

/** Metadata is read anew only where more of it has changed than the revision, as it does every few minutes. */
function patched(before: RecordedObject, patch: JsonObject, fail: Fail): RecordedObject {
  const object = applyMergePatch(before.object, project(patch));
  if (patch.metadata === undefined || onlyVersions(patch.metadata)) {
    const resourceVersion = textAt(object, 'metadata', 'resourceVersion') || before.resourceVersion;
    return { ...before, resourceVersion, object };
  }
  const read = readMetadata(object);
  return read
    ? { ...read, object }
    : fail('"patch" leaves an object without a uid, a name or a resourceVersion');
}

export function keyOf(kind: RecordedKind, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

function kindOf(key: string): RecordedKind {
  return key.slice(0, key.indexOf(' ')) as RecordedKind;
}

function isRecordedKind(kind: Json | undefined): kind is RecordedKind {
  return recordedKinds.includes(kind as RecordedKind);
}

/** As the watch hands it over. */
export function applicationIn(
  kind: Exclude<RecordedKind, 'AppProject'>,
  { object, ...metadata }: RecordedObject,
): Application {
  if (kind === 'ApplicationSet') return readApplicationSet(object, metadata);
  return { ...metadata, project: projectOf(object), object };
}

/** One line, without its line break. */
export function lineOf(
  line: { type: RecordedEvent['type']; at: number } & Readonly<Record<string, unknown>>,
): string {
  const { type, at, ...others } = line;
  return JSON.stringify({ time: new Date(at).toISOString(), type, ...others });
}
