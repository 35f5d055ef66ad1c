import fc from 'fast-check';
import { inheritedNames, nastyText } from './arbitraries.ts';

/** One change of a text, as a hand, an editor or a templating tool makes it by mistake. */
type Mutation = (text: string) => string;

const scalars = [
  '',
  'null',
  '~',
  'true',
  '0',
  '-1',
  '1e400',
  '[]',
  '{}',
  '""',
  '*a',
  '&a',
  '!!binary x',
  '|',
  '>',
  '- - -',
  '? a',
  '{{',
  '%',
];

const at = fc.double({ min: 0, max: 1, noNaN: true });
const placeIn = (share: number, length: number): number => Math.min(length, Math.floor(share * (length + 1)));

function onLines(change: (lines: string[], index: number) => void): fc.Arbitrary<Mutation> {
  return at.map((share) => (text) => {
    const lines = text.split('\n');
    change(lines, Math.min(lines.length - 1, placeIn(share, lines.length)));
    return lines.join('\n');
  });
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, nastyText).map(
    ([share, inserted]): Mutation =>
      (text) => {
        const place = placeIn(share, text.length);
        return text.slice(0, place) + inserted + text.slice(place);
      },
  ),
  fc.tuple(at, fc.nat(20)).map(
    ([share, length]): Mutation =>
      (text) => {
        const place = placeIn(share, text.length);
        return text.slice(0, place) + text.slice(place + length + 1);
      },
  ),
  at.map(
    (share): Mutation =>
      (text) =>
        text.slice(0, placeIn(share, text.length)),
  ),
  fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(
    ([share, mask]): Mutation =>
      (text) => {
        const bytes = Buffer.from(text);
        const place = Math.min(bytes.length - 1, placeIn(share, bytes.length));
        if (place >= 0) bytes[place] = (bytes[place] ?? 0) ^ mask;
        return bytes.toString();
      },
  ),
  onLines((lines, index) => lines.splice(index, 1)),
  onLines((lines, index) => lines.splice(index, 0, lines[index] ?? '')),
  onLines((lines, index) => {
    lines[index] = ` ${lines[index]}`;
  }),
  onLines((lines, index) => {
    lines[index] = (lines[index] ?? '').replace(/^ /, '');
  }),
  onLines((lines, index) => {
    lines[index] = `\t${lines[index]}`;
  }),
  onLines((lines, index) => {
    lines[index] = (lines[index] ?? '').repeat(2_000);
  }),
  onLines((lines, index) => lines.push(lines.splice(index, 1)[0] ?? '')),
  fc.tuple(at, fc.constantFrom(...scalars, ...inheritedNames)).map(
    ([share, value]): Mutation =>
      (text) => {
        const values = [...text.matchAll(/(?<=: |- ).+$/gm)];
        const found = values[Math.min(values.length - 1, placeIn(share, values.length))];
        return found ? text.slice(0, found.index) + value + text.slice(found.index + found[0].length) : value;
      },
  ),
  fc.tuple(at, fc.oneof(fc.constantFrom(...inheritedNames, '', 'WHEN', 'null', '<<'), nastyText)).map(
    ([share, name]): Mutation =>
      (text) => {
        const keys = [...text.matchAll(/[\w-]+(?=:)/g)];
        const found = keys[Math.min(keys.length - 1, placeIn(share, keys.length))];
        return found ? text.slice(0, found.index) + name + text.slice(found.index + found[0].length) : text;
      },
  ),
  fc.constant<Mutation>((text) => text.replaceAll('\n', '\r\n')),
  fc.constant<Mutation>((text) => `\ufeff${text}`),
  fc.constant<Mutation>((text) => `${text}\n---\n${text}`),
  fc.constantFrom<Mutation>(
    (text) => `${'['.repeat(2_000)}${text}`,
    (text) => `${'{a: '.repeat(2_000)}${text}`,
    (text) => `${'- '.repeat(2_000)}${text}`,
    (text) => `- when: "${'('.repeat(5_000)}true"\n${text}`,
    (text) => `- when: ${'!'.repeat(5_000)}true\n  send: [a]\n${text}`,
    (text) => `message: "${'{{if true}}'.repeat(3_000)}"\n${text}`,
    (text) => `message: "{{${'('.repeat(3_000)}1${')'.repeat(3_000)}}}"\n${text}`,
    (text) => text.repeat(20),
  ),
);

/** Of a text with mistakes, so that one does not make the others large, too. */
const longest = 20_000;

/** A text with one to four mistakes in it. */
function mutated(text: string): fc.Arbitrary<string> {
  return fc
    .array(mutation, { minLength: 1, maxLength: 4 })
    .map((mutations) => mutations.reduce((changed, mutate) => mutate(changed).slice(0, longest), text));
}

/** A name of a key as it may be mistyped. */
const oddKey: fc.Arbitrary<string> = fc.oneof(
  nastyText,
  fc
    .tuple(
      fc.constantFrom(
        'trigger.',
        'template.',
        'service.',
        'service.slack.',
        'defaultTriggers.',
        'config.yaml',
      ),
      nastyText,
    )
    .map(([prefix, text]) => prefix + text),
  fc.constantFrom(
    ...inheritedNames,
    ...inheritedNames.map((name) => `trigger.${name}`),
    ...inheritedNames.map((name) => `service.${name}`),
    ...inheritedNames.map((name) => `template.${name}`),
  ),
);

export interface MutatedConfigMap {
  data: Record<string, string>;
  /** Keys that the change touched: altered, added or taken away. */
  touched: ReadonlySet<string>;
}

/** A ConfigMap of which some keys were altered, renamed, added or taken away. */
export function mutatedConfigMap(original: Readonly<Record<string, string>>): fc.Arbitrary<MutatedConfigMap> {
  const keys = Object.keys(original);
  const change: fc.Arbitrary<[string, string | undefined][]> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(...keys)
        .chain((key) =>
          mutated(original[key] ?? '').map((text): [string, string | undefined][] => [[key, text]]),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...keys).map((key): [string, string | undefined][] => [[key, undefined]]),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...keys), oddKey)
        .map(([key, name]): [string, string | undefined][] => [
          [key, undefined],
          [name, original[key]],
        ]),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(oddKey, nastyText)
        .map(([key, text]): [string, string | undefined][] => [[key, text]]),
    },
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const data = new Map(Object.entries(original));
    const touched = new Set<string>();
    for (const [key, text] of changes.flat()) {
      touched.add(key);
      if (text === undefined) data.delete(key);
      else data.set(key, text);
    }
    return { data: Object.fromEntries(data), touched };
  });
}
