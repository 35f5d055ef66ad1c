import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model.ts';
import { createRecordingReader, type RecordedEvent } from './recording.ts';

const time = '2026-11-28T07:00:00.000Z';
const begin = { time, type: 'begin', recording: 1, namespace: 'argocd' };
const object = (name: string, more: JsonObject = {}): JsonObject => ({
  metadata: { uid: `uid-${name}`, namespace: 'argocd', name, resourceVersion: '1', labels: { a: 'b' } },
  ...more,
});
const seen = (name: string, more?: JsonObject) => ({
  time,
  type: 'seen',
  kind: 'Application',
  object: object(name, more),
});
const patch = (name: string, change: JsonObject) => ({
  time,
  type: 'seen',
  kind: 'Application',
  namespace: 'argocd',
  name,
  patch: change,
});

function read(...lines: unknown[]): RecordedEvent[] {
  const reader = createRecordingReader();
  return lines.flatMap((line, index) =>
    reader.read(typeof line === 'string' ? line : JSON.stringify(line), `day.ndjson:${index + 1}`),
  );
}

describe('a line that is none of a recording is named', () => {
  it.each<[what: string, lines: unknown[], error: string]>([
    ['no JSON', [begin, '{"time":'], 'day.ndjson:2: this is no JSON'],
    ['no object', [begin, '[]'], 'day.ndjson:2: a JSON object was expected'],
    ['another file', [{ kind: 'ConfigMap' }], 'day.ndjson:1: this is no recording'],
    ['of a later version', [{ ...begin, recording: 2 }], 'day.ndjson:1: "recording"'],
    ['without a namespace', [{ ...begin, namespace: undefined }], 'day.ndjson:1: "namespace"'],
    ['without a time', [begin, { type: 'ready' }], 'day.ndjson:2: "time" is missing'],
    ['with a time that is none', [begin, { type: 'ready', time: 'noon' }], 'day.ndjson:2: "time" is no time'],
    ['of a type that there is not', [begin, { type: 'x', time }], 'day.ndjson:2: "type" is "x"'],
    ['of a kind that there is not', [begin, { ...seen('a'), kind: 'Pod' }], 'day.ndjson:2: "kind"'],
    [
      'an object without a uid',
      [begin, { ...seen('a'), object: { metadata: {} } }],
      'day.ndjson:2: "object" is no object',
    ],
    ['a change of nothing', [begin, patch('a', {})], 'day.ndjson:2: it changes Application argocd/a'],
    [
      'neither object nor patch',
      [begin, seen('a'), { ...patch('a', {}), patch: 1 }],
      'day.ndjson:3: "object" or "patch"',
    ],
    [
      'a patch that takes the uid',
      [begin, seen('a'), patch('a', { metadata: { uid: null } })],
      'day.ndjson:3: "patch" leaves',
    ],
  ])('%s', (_what, lines, error) => {
    expect(() => read(...lines)).toThrow(error);
  });
});

it('a change leaves what it does not name, also of the metadata', () => {
  const events = read(
    begin,
    seen('a', { status: { health: 'x', at: 1 } }),
    patch('a', { metadata: { resourceVersion: '2' }, status: { at: 2 } }),
    patch('a', { metadata: { resourceVersion: '3', labels: { a: null, c: 'd' } } }),
  );
  const known = events.flatMap((event) => (event.type === 'seen' ? [event.known] : []));
  expect(
    known.map(({ resourceVersion, labels, object: { status } }) => [resourceVersion, labels, status]),
  ).toEqual([
    ['1', { a: 'b' }, { health: 'x', at: 1 }],
    ['2', { a: 'b' }, { health: 'x', at: 2 }],
    ['3', { c: 'd' }, { health: 'x', at: 2 }],
  ]);
});

it('a part that does not show what was known says that it is gone', () => {
  const ready = { time, type: 'ready' };
  const events = read(begin, seen('a'), seen('b'), ready, begin, seen('b'), ready);
  const said = events.map((event) => ('known' in event ? `${event.type} ${event.known.name}` : event.type));
  expect(said).toEqual(['begin', 'seen a', 'seen b', 'ready', 'begin', 'seen b', 'deleted a', 'ready']);
});

it('a clock that was set back does not turn time back', () => {
  const earlier = { time: '2026-11-28T06:00:00.000Z', type: 'ready' };
  expect(read(begin, earlier).map(({ at }) => at)).toEqual([Date.parse(time), Date.parse(time)]);
});

describe('a change is a comparison', () => {
  const compared = (at: string) => ({ status: { reconciledAt: at } });
  const before = seen('a', compared('2026-11-28T06:57:00Z'));
  const version = { metadata: { resourceVersion: '2' } };
  it.each<[what: string, change: JsonObject, is: boolean]>([
    ['where only its time is new', { ...version, ...compared('2026-11-28T07:00:00Z') }, true],
    ['not where it is before', { ...version, ...compared('2026-11-28T06:00:00Z') }, false],
    ['not where it goes', { ...version, status: { reconciledAt: null } }, false],
    [
      'not where more is new',
      { ...version, status: { reconciledAt: '2026-11-28T07:00:00Z', health: 'x' } },
      false,
    ],
    ['not where labels are new', { metadata: { labels: {} }, ...compared('2026-11-28T07:00:00Z') }, false],
    ['not where the spec is', { spec: {}, ...compared('2026-11-28T07:00:00Z') }, false],
  ])('%s', (_what, change, is) => {
    expect(read(begin, before, patch('a', change)).at(-1)).toMatchObject({ isComparison: is });
  });
});
