/**
 * Marks on text that comes from the cluster, by which it is recognised in what a template made of it: each character
 * that could be part of a mention, of rich text or of a URL is replaced by a control character of the same length in bytes.
 */
import { GoStruct } from '../go/struct.ts';
import { GoSlice, isPlainMap } from '../go/typed.ts';

/**
 * `all`: whatever functions do with the text, the mark stays. `openers`: only where the text as it stands could open
 * a mention, so that what a template looks for in it (an address, a `<`) is mostly still there.
 */
export type Marking = 'all' | 'openers';

const PLAIN = ['<', '!', '@', '?', '&', '\\', '"'];
/** Characters as a mark stands for them where a function writes them as JSON, and as Go's `%q`. */
const AS_JSON = ['\\u003c', '!', '@', '?', '\\u0026', '\\\\', '\\"'];
const QUOTED = ['<', '!', '@', '?', '&', '\\\\', '\\"'];
/** The mark of the first: a control character that neither JSON nor Go writes in a form of its own. */
const firstMark = 0x10;

const HIDDEN = String.raw`\\(?=u00(?:3c|21|40))|"(?=type"\s*:\s*"(?:broadcast|user|usergroup)")`;
const KEYWORD = String.raw`channel|here|everyone|group|subteam\^`;
const PATTERNS: Readonly<Record<Marking, RegExp>> = {
  all: new RegExp(`[<!@?&]|${HIDDEN}`, 'gi'),
  openers: new RegExp(
    String.raw`<(?=[!@]|$)|!(?=${KEYWORD}|[a-z]{0,7}$)|@(?=(?:[UW][A-Z0-9]*)?(?:[>|"\s\\]|$))|[?&]|${HIDDEN}`,
    'gi',
  ),
};
const MARK = /\\u00(1[0-6])|\\x(1[0-6])|([\x10-\x16])/g;

export function markText(text: string, marking: Marking): string {
  return text.replace(PATTERNS[marking], (character) =>
    String.fromCharCode(firstMark + PLAIN.indexOf(character)),
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
    const form = forms[mark - firstMark] as string;
    text += marked.slice(done, match.index);
    for (let at = 0; at < form.length; at++) places.add(text.length + at);
    text += form;
    done = match.index + written.length;
  }
  return { text: text + marked.slice(done), isMarked: (index) => places.has(index) };
}
