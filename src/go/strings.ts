/** Go's strings package, where it differs from JavaScript's methods. */
import { byteLength } from './bytes.ts';

const trimSet = (cutset: string): ReadonlySet<string> => new Set(cutset);

/** Go's `strings.TrimSpace`: Unicode white space, which lacks JavaScript's U+FEFF and has U+0085. */
export const trimSpace = (text: string): string =>
  text.replace(/^[\p{White_Space}]+/u, '').replace(/[\p{White_Space}]+$/u, '');

/** Go's `strings.Trim`. */
export function trimCutset(text: string, cutset: string): string {
  const cut = trimSet(cutset);
  const characters = [...text];
  let start = 0;
  let end = characters.length;
  while (start < end && cut.has(characters[start] as string)) start += 1;
  while (end > start && cut.has(characters[end - 1] as string)) end -= 1;
  return characters.slice(start, end).join('');
}

/** Go maps each rune to one rune, so `ß` stays and `İ` loses its dot. */
function mapRunes(text: string, map: (character: string) => string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII as a whole
  if (/^[\x00-\x7f]*$/.test(text)) return map(text);
  let out = '';
  for (const character of text) {
    const mapped = map(character);
    out += [...mapped].length === 1 ? mapped : character;
  }
  return out;
}

/** Go's `strings.ToUpper`. */
export const toUpper = (text: string): string => mapRunes(text, (part) => part.toUpperCase());

/** Go's `strings.ToLower`. */
export const toLower = (text: string): string =>
  mapRunes(text, (part) => (part === 'İ' ? 'i' : part.toLowerCase()));

/** Go's `strings.Replace`; all of them where `count` is negative. An empty `old` matches around each rune. */
export function replaceText(text: string, old: string, by: string, count: number): string {
  if (old === by || count === 0) return text;
  if (count < 0 && old !== '') return text.split(old).join(by);
  const pieces = old === '' ? ['', ...text] : text.split(old);
  if (old === '') {
    const limit = count < 0 ? pieces.length : Math.min(count, pieces.length);
    return pieces.map((piece, at) => piece + (at < limit ? by : '')).join('');
  }
  const limit = Math.min(count, pieces.length - 1);
  return pieces.slice(0, limit).join(by) + (limit > 0 ? by : '') + pieces.slice(limit).join(old);
}

/** Go's `strings.SplitN` and, with `after`, `SplitAfterN`; `count` below 0 means all, 0 means none (nil). */
export function splitText(text: string, separator: string, count: number, after = false): string[] {
  if (count === 0) return [];
  if (separator === '') {
    const characters = [...text];
    if (count < 0 || characters.length <= count) return characters;
    return [...characters.slice(0, count - 1), characters.slice(count - 1).join('')];
  }
  const parts = text.split(separator);
  const wanted = count < 0 ? parts.length : Math.min(count, parts.length);
  const out = parts.slice(0, wanted - 1);
  out.push(parts.slice(wanted - 1).join(separator));
  return after ? out.map((part, at) => (at < wanted - 1 ? part + separator : part)) : out;
}

/** Go's `strings.Index` and `LastIndex`: a position in bytes, -1 where there is none. */
export function indexOfText(text: string, part: string, last = false): number {
  const at = last ? text.lastIndexOf(part) : text.indexOf(part);
  return at <= 0 ? at : byteLength(text.slice(0, at));
}
