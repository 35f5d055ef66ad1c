import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../model.ts';
import { createThinReader } from './thin.ts';

/** Longer than what is parsed at once. */
const long = (name: string): JsonObject[] =>
  Array.from({ length: 40 }, (_, index) => ({
    name: `${name}-${index}`,
    status: index % 2 === 0 ? 'Synced' : 'OutOfSync',
    message: 'a "quoted" \\ [bracket] {brace} ü',
  }));

const application = (name: string, more: JsonObject = {}): JsonObject => ({
  metadata: { managedFields: long('manager'), name },
  spec: { source: { repoURL: 'https://git.example.com/a.git' } },
  status: {
    health: { status: 'Healthy' },
    history: long('history'),
    operationState: { phase: 'Succeeded', syncResult: { resources: long('synced'), revision: 'abc' } },
    resources: long(name),
    summary: { images: ['a:1'] },
  },
  ...more,
});

const bytesOf = (value: Json): Buffer => Buffer.from(JSON.stringify(value));
const listOf = (...items: Json[]): JsonObject => ({
  kind: 'ApplicationList',
  items,
  metadata: { continue: '' },
});

describe('thin reader', () => {
  it('shows the same as a parser, key for key', () => {
    const list = listOf(application('a'), application('b'), { metadata: {} }, null, 'x');
    const read = createThinReader().list(bytesOf(list));
    expect(JSON.stringify(read)).toBe(JSON.stringify(list));
    expect(read).toEqual(list);
    const frame = { type: 'ADDED', object: application('c') };
    expect(JSON.stringify(createThinReader().frame(bytesOf(frame)))).toBe(JSON.stringify(frame));
  });

  it('does not parse long lists until they are read, and not again while they are in use', () => {
    const { items } = createThinReader().list(bytesOf(listOf(application('a')))) as { items: JsonObject[] };
    const { status, metadata } = items[0] as { status: JsonObject; metadata: JsonObject };
    const isLent = (holder: JsonObject, key: string): boolean =>
      Object.getOwnPropertyDescriptor(holder, key)?.get !== undefined;
    expect(isLent(metadata, 'managedFields')).toBe(true);
    expect(['resources', 'history', 'health'].map((key) => isLent(status, key))).toEqual([true, true, false]);
    expect(status.resources).toBe(status.resources);
    status.resources = [];
    expect(status.resources).toEqual([]);
    delete metadata.managedFields;
    expect(Object.keys(metadata)).toEqual(['name']);
  });

  it('parses what stands elsewhere under the same names', () => {
    const elsewhere = { helm: { valuesObject: { resources: long('values'), history: long('more') } } };
    const list = listOf(application('a', { spec: elsewhere }), application('b'));
    const read = createThinReader().list(bytesOf(list));
    expect(JSON.stringify(read)).toBe(JSON.stringify(list));
    const [, b] = (read as { items: JsonObject[] }).items;
    expect(Object.getOwnPropertyDescriptor(b?.status, 'resources')?.get).toBeDefined();
  });

  it('takes a number where a list should be for what it is', () => {
    const list = listOf(application('a', { status: { resources: 0, history: 1 } }), application('b'));
    expect(JSON.stringify(createThinReader().list(bytesOf(list)))).toBe(JSON.stringify(list));
  });

  it('cuts what is nested beyond reason, there, too', () => {
    const deep = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;
    const bytes = Buffer.from(`{"object":{"status":{"resources":[${deep}]}}}`);
    const read = createThinReader().frame(bytes) as { object: { status: { resources: Json } } };
    expect(JSON.stringify(read.object.status.resources).length).toBeLessThan(1_100);
  });

  it('reads any JSON as a parser does, and throws where it throws', () => {
    const key = fc.constantFrom(
      'resources',
      'history',
      'status',
      'items',
      'object',
      'managedFields',
      'metadata',
    );
    const text = fc.string({ unit: 'grapheme', maxLength: 400 });
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'large', withCrossShrink: true },
        fc.oneof(text, fc.integer({ min: 0, max: 3 }), fc.constant('"resources":[')),
        fc.array(tie('value'), { maxLength: 6 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.option(fc.nat()), (whole, cut) => {
        const bytes = bytesOf(
          listOf({ metadata: {}, status: { resources: [whole, 'x'.repeat(1_100)] } }, whole),
        );
        const given = cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
        const parsed = attempt(() => JSON.parse(given.toString()) as Json);
        expect(attempt(() => createThinReader().list(given))).toBe(parsed);
      }),
    );
  });
});

function attempt(read: () => Json): string {
  try {
    return JSON.stringify(read());
  } catch (error) {
    return (error as Error).name;
  }
}
