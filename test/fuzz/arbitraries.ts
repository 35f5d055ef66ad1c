import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/model.ts';

/** Characters that break what is careless with text, beside those of every script. */
const awkward = [
  ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)),
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u200b',
  '\u200d',
  '\u202e',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\ud800',
  '\udfff',
  'e\u0301\u0302\u0303',
  '👩‍👩‍👧‍👦',
  '🇺🇳',
  'שלום',
  'العربية',
  '漢字',
  'ไทย',
  'ß',
  'İ',
  '"',
  "'",
  '\\',
  '`',
  '<!channel>',
  '<@U012345>',
  '&amp;',
  '{{',
  '}}',
  '$',
  '%s',
  '```',
  ',',
  ':',
  ';',
  '|',
  '=',
];

/** Names that an object of JavaScript has without being given them. */
export const inheritedNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'length',
];

const unit = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...awkward) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 }) },
);

/** Text in every script, with control characters, lone surrogates and what has a meaning somewhere. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.array(unit, { maxLength: 12 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('', ...inheritedNames, 'null', '~', '1e400', '-0', '0x10') },
  { weight: 1, arbitrary: fc.tuple(unit, fc.nat(3_000)).map(([part, times]) => part.repeat(times)) },
);

/** As nastyText, never empty: the API server stores no object without a name or a uid. */
export const nastyName = nastyText.map((text) => text || 'a');

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, -0, 5e-324),
  nastyText,
);

/** Any JSON. An own `__proto__` is there as JSON.parse makes it. */
export const nastyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('json'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...inheritedNames), nastyText), tie('json')), { maxLength: 4 })
      .map(objectOf),
  ),
})).json;

function objectOf(entries: [string, Json][]): JsonObject {
  return Object.fromEntries(entries) as JsonObject;
}

/** A mapping of which some fields are as they should be, some are anything, and some are missing. */
export function halfRight(fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<JsonObject> {
  const entries = Object.entries(fields).map(([name, right]) =>
    fc.oneof(
      { weight: 4, arbitrary: right.map((value): [string, Json][] => [[name, value]]) },
      { weight: 2, arbitrary: nastyJson.map((value): [string, Json][] => [[name, value]]) },
      { weight: 1, arbitrary: fc.constant<[string, Json][]>([]) },
    ),
  );
  const more = fc.array(fc.tuple(nastyText, nastyJson), { maxLength: 2 });
  return fc.tuple(more, ...entries).map((parts) => objectOf(parts.flat() as [string, Json][]));
}

/** `depth` brackets, one within the other. */
export function nested(depth: number, kind: 'list' | 'mapping' = 'list'): Json {
  return JSON.parse(
    kind === 'list'
      ? '['.repeat(depth) + ']'.repeat(depth)
      : `${'{"a":'.repeat(depth)}null${'}'.repeat(depth)}`,
  ) as Json;
}
