/**
 * Go strings are bytes, JavaScript's are UTF-16. A byte that is not part of valid UTF-8 (a rune cut in half
 * by `trunc`, decoded base64) is held as the lone surrogate U+DC00 + byte, so that every Go string has
 * exactly one JavaScript string, text stays text, and the bytes come back unharmed.
 */

const NON_ASCII = /[^\x00-\x7f]/;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const RAW_BYTES = /[\udc80-\udcff]/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

export const isAscii = (text: string): boolean => !NON_ASCII.test(text);

const isRawByte = (text: string): boolean =>
  text.length === 1 && text.charCodeAt(0) >= 0xdc80 && text.charCodeAt(0) <= 0xdcff;

/** The code point of a rune as `for … of` yields it; a raw byte and a broken surrogate are U+FFFD, as Go decodes them. */
export function runeOf(character: string): number {
  const point = character.codePointAt(0) as number;
  return point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
}

/** The byte that a lone surrogate stands for, or undefined for a character. */
export const rawByte = (character: string): number | undefined =>
  isRawByte(character) ? character.charCodeAt(0) - 0xdc00 : undefined;

export function toBytes(text: string): Uint8Array {
  if (!RAW_BYTES.test(text) || !LONE.test(text)) return encoder.encode(text);
  const out: number[] = [];
  for (const character of text) {
    const raw = rawByte(character);
    if (raw !== undefined) out.push(raw);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

function isContinuation(byte: number | undefined, from = 0x80, to = 0xbf): boolean {
  return byte !== undefined && byte >= from && byte <= to;
}

/** Bytes of the valid UTF-8 sequence at `at`, 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const second = bytes[at + 1];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return isContinuation(second) ? 2 : 0;
  if (first < 0xf0) {
    const from = first === 0xe0 ? 0xa0 : 0x80;
    const to = first === 0xed ? 0x9f : 0xbf;
    return isContinuation(second, from, to) && isContinuation(bytes[at + 2]) ? 3 : 0;
  }
  const from = first === 0xf0 ? 0x90 : 0x80;
  const to = first === 0xf4 ? 0x8f : 0xbf;
  return isContinuation(second, from, to) && isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3])
    ? 4
    : 0;
}

export function fromBytes(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    let text = '';
    let start = 0;
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      if (length > 0) {
        at += length;
        continue;
      }
      if (start < at) text += decoder.decode(bytes.subarray(start, at));
      text += String.fromCharCode(0xdc00 + (bytes[at] as number));
      at += 1;
      start = at;
    }
    return start < bytes.length ? text + decoder.decode(bytes.subarray(start)) : text;
  }
}

/** Go's `len(text)`. */
export function byteLength(text: string): number {
  return isAscii(text) ? text.length : toBytes(text).length;
}

/** Go's `text[from:to]`; the caller checks the bounds. */
export function sliceBytes(text: string, from: number, to: number): string {
  return isAscii(text) ? text.slice(from, to) : fromBytes(toBytes(text).subarray(from, to));
}

/** Raw bytes that together form a character become it, as concatenation does in Go. */
export function normalizeBytes(text: string): string {
  return RAW_BYTES.test(text) && LONE.test(text) ? fromBytes(toBytes(text)) : text;
}

/** What a reader of the text sees: bytes that are no UTF-8 become U+FFFD. */
export function toText(text: string): string {
  return LONE.test(text) ? normalizeBytes(text).toWellFormed() : text;
}

/** Go's `utf8.RuneCountInString`. */
export function runeCount(text: string): number {
  if (isAscii(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
