/** Base64, base32 and checksums. A decoder's error is the result, as in sprig, so its text is Go's. */
import { createHash } from 'node:crypto';
import { fromBytes, toBytes } from '../../go/bytes.ts';
import { contextual, pure, slow, type TemplateFunction } from '../gotemplate/functions.ts';
import { base64 } from './json.ts';

type Decoded = { ok: true; bytes: Uint8Array } | { ok: false; at: number };

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const isLineBreak = (byte: number | undefined): boolean => byte === 10 || byte === 13;

/** Go's base64.StdEncoding: line breaks are skipped, padding is required, `at` is where the text goes wrong. */
export function decodeBase64(text: string): Decoded {
  const source = toBytes(text);
  const out: number[] = [];
  let at = 0;
  const fail = (position: number): Decoded => ({ ok: false, at: position });
  const skip = (): void => {
    while (isLineBreak(source[at])) at += 1;
  };
  while (at < source.length) {
    let bits = 0;
    let count = 0;
    while (count < 4) {
      if (at >= source.length)
        return count === 0 ? { ok: true, bytes: Uint8Array.from(out) } : fail(at - count);
      const byte = source[at] as number;
      at += 1;
      const value = BASE64.indexOf(String.fromCharCode(byte));
      if (value >= 0) {
        bits = (bits << 6) | value;
        count += 1;
        continue;
      }
      if (isLineBreak(byte)) continue;
      if (byte !== 0x3d || count < 2) return fail(at - 1);
      if (count === 2) {
        skip();
        if (at >= source.length) return fail(source.length);
        if (source[at] !== 0x3d) return fail(at);
        at += 1;
      }
      skip();
      if (at < source.length) return fail(at);
      break;
    }
    const padded = bits << (6 * (4 - count));
    out.push(...[padded >> 16, padded >> 8, padded].slice(0, count - 1).map((value) => value & 0xff));
  }
  return { ok: true, bytes: Uint8Array.from(out) };
}

/** Go's base32.StdEncoding. */
function decodeBase32(text: string): Decoded {
  const source = toBytes(text).filter((byte) => !isLineBreak(byte));
  const out: number[] = [];
  let at = 0;
  const fail = (position: number): Decoded => ({ ok: false, at: position });
  while (at < source.length) {
    const digits: number[] = [];
    let ended = false;
    while (digits.length < 8 && !ended) {
      const count = digits.length;
      if (at >= source.length) return fail(source.length - count);
      const byte = source[at] as number;
      at += 1;
      const left = source.length - at;
      if (byte === 0x3d && count >= 2 && left < 8) {
        if (left + count < 7) return fail(source.length);
        for (let pad = 0; pad < 7 - count; pad++) {
          if (left > pad && source[at + pad] !== 0x3d) return fail(at + pad - 1);
        }
        if (count === 3 || count === 6) return fail(at - 1);
        ended = true;
        break;
      }
      const value = BASE32.indexOf(String.fromCharCode(byte));
      if (value < 0) return fail(at - 1);
      digits.push(value);
    }
    let bits = 0n;
    for (let digit = 0; digit < 8; digit++) bits = (bits << 5n) | BigInt(digits[digit] ?? 0);
    const whole = Math.floor((digits.length * 5) / 8);
    for (let byte = 0; byte < whole; byte++) out.push(Number((bits >> BigInt(32 - 8 * byte)) & 0xffn));
    if (ended) break;
  }
  return { ok: true, bytes: Uint8Array.from(out) };
}

function encodeBase32(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 5) {
    const part = bytes.subarray(at, at + 5);
    let bits = 0n;
    for (let byte = 0; byte < 5; byte++) bits = (bits << 8n) | BigInt(part[byte] ?? 0);
    const digits = Math.ceil((part.length * 8) / 5);
    for (let digit = 0; digit < 8; digit++) {
      out += digit < digits ? BASE32[Number((bits >> BigInt(35 - 5 * digit)) & 31n)] : '=';
    }
  }
  return out;
}

const textOrError = (decoded: Decoded, name: string): string =>
  decoded.ok ? fromBytes(decoded.bytes) : `illegal ${name} data at input byte ${decoded.at}`;

const hash = (algorithm: string) =>
  pure('func(string) string', (text: string) => createHash(algorithm).update(toBytes(text)).digest('hex'));

function adler32(text: string): string {
  let a = 1;
  let b = 0;
  for (const byte of toBytes(text)) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(b * 65536 + a);
}

const TEXT = 'func(string) string';

export const ENCODING_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  b64enc: pure(TEXT, (text: string) => base64(toBytes(text))),
  b64dec: contextual(TEXT, (context, text: string) =>
    context.decoded(textOrError(decodeBase64(text), 'base64')),
  ),
  b32enc: slow(TEXT, (text: string) => encodeBase32(toBytes(text))),
  b32dec: contextual(TEXT, (context, text: string) => {
    context.spend(text.length >> 2);
    return context.decoded(textOrError(decodeBase32(text), 'base32'));
  }),
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  adler32sum: pure(TEXT, adler32),
};
