/**
 * Marks on text that comes from the cluster, by which it is recognised in what a template made of it: each character
 * that could be part of a mention, of rich text or of a URL is replaced by a control character of the same length in bytes.
 */
import { GoStruct } from '../go/struct.ts';
import { GoSlice, isPlainMap } from '../go/typed.ts';

/**
 * `all`: whatever functions do with the text, the mark stays. `openers`: only where the text as it stands could open
 * a mention, so that what a template looks for in it (an address, a `<`) is mostly still there. `markup`: what has a
 * meaning in Markdown or HTML and in no mention. `spaces`: those alone, since templates look for them most often.
 */
export type Marking = 'all' | 'openers' | 'markup' | 'spaces';

const PLAIN = `<!@?&\\"'>\`*_~[]|#) `.split('');
/** Characters as a mark stands for them where a function writes them as JSON, and as Go's `%q`. */
const AS_JSON = PLAIN.map((character) =>
  '<>&'.includes(character) ? `\\u00${hex(character)}` : JSON.stringify(character).slice(1, -1),
);
const QUOTED = PLAIN.map((character) => JSON.stringify(character).slice(1, -1));
/** Control characters that neither JSON nor Go writes in a form of its own; not the one that begins a terminal's colours. */
const CODES = [...range(0x10, 0x1a), ...range(0x1c, 0x1f), ...range(0x01, 0x04)];

const HIDDEN = String.raw`\\(?=u00(?:3c|21|40))|"(?=type"\s*:\s*"(?:broadcast|user|usergroup)")`;
const KEYWORD = String.raw`channel|here|everyone|group|subteam\^`;
const PATTERNS: Readonly<Record<Marking, RegExp>> = {
  all: new RegExp(`[<!@?&]|${HIDDEN}`, 'gi'),
  markup: /[\\"'>`*_~[\]|#)]/g,
  spaces: / /g,
  openers: new RegExp(
    String.raw`<(?=[!@]|$)|!(?=${KEYWORD}|[a-z]{0,7}$)|@(?=(?:[UW][A-Z0-9]*)?(?:[>|"\s\\]|$))|[?&]|${HIDDEN}`,
    'gi',
  ),
};
const MARK = /\\u00(0[1-4]|1[0-9ac-f])|\\x(0[1-4]|1[0-9ac-f])|([\x01-\x04\x10-\x1a\x1c-\x1f])/g;

/** The markings by which the character at an index is recognised, the best first. */
export function markingsFor(text: string, index: number): readonly Marking[] {
  const character = text[index] ?? '';
  if (character === ' ') return ['spaces'];
  const hidden = new RegExp(HIDDEN, 'iy');
  hidden.lastIndex = index;
  const isOfMention = '<!@?&'.includes(character) || hidden.test(text);
  return isOfMention ? ['all', 'openers'] : ['markup'];
}

export function markText(text: string, marking: Marking): string {
  return text.replace(PATTERNS[marking], (character) =>
    String.fromCharCode(CODES[PLAIN.indexOf(character)] as number),
  );
}

/** Every string of a value, and every key of its maps. */
export function markValue(value: unknown, marking: Marking): unknown {
  const inner = (item: unknown): unknown => markValue(item, marking);
  if (typeof value === 'string') return markText(value, marking);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof GoSlice) return new GoSlice(value.element, value.items.map(inner));
  if (value instanceof GoStruct) {
    const members = Object.fromEntries([...value.members].map(([name, member]) => [name, inner(member)]));
    return new GoStruct(value.goType, members, { kind: value.goKind, path: value.goPath });
  }
  if (!isPlainMap(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, markText(key, marking), {
      value: inner(item),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

/** The text without marks, and whether the character at an index was one. */
export function unmark(marked: string): { text: string; isMarked(index: number): boolean } {
  const places = new Set<number>();
  let text = '';
  let done = 0;
  for (const match of marked.matchAll(MARK)) {
    const [written, json, quoted, raw] = match;
    const forms = raw !== undefined ? PLAIN : json === undefined ? QUOTED : AS_JSON;
    const mark = raw?.charCodeAt(0) ?? Number.parseInt(json ?? quoted ?? '', 16);
    const form = forms[CODES.indexOf(mark)] as string;
    text += marked.slice(done, match.index);
    for (let at = 0; at < form.length; at++) places.add(text.length + at);
    text += form;
    done = match.index + written.length;
  }
  return { text: text + marked.slice(done), isMarked: (index) => places.has(index) };
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
