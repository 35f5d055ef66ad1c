import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Json } from '../model.ts';

/**
 * JSON, deflated: an Application of 20 KB packs into about 3 KB, so that a store holds ten thousand of them in
 * tens of megabytes. A first byte names the format, so that another can be added.
 */
const deflatedJson = 1;

/** Higher levels gain little on JSON. What the usual window and memory would cost more is time, to make them ready. */
const options = { level: 3, windowBits: 14, memLevel: 7 };

export function pack(value: Json): Buffer {
  return packText(JSON.stringify(value));
}

/** Bytes that zlib takes at a time for its output: that of a short text fits into as many as the text has. */
const leastChunk = 64;
const mostChunk = 16 * 1024;

/** `text`: of a value that is JSON already. */
export function packText(text: string): Buffer {
  const chunkSize = Math.min(Math.max(text.length, leastChunk), mostChunk);
  const body = deflateRawSync(text, { ...options, chunkSize });
  return Buffer.concat([Buffer.of(deflatedJson), body]);
}

/** Throws when the bytes were not made by {@link pack}. */
export function unpack<T>(bytes: Uint8Array): T {
  if (bytes[0] !== deflatedJson) {
    throw new Error(`Packed JSON has the unknown format ${bytes[0]}`);
  }
  return JSON.parse(inflateRawSync(bytes.subarray(1)).toString('utf8')) as T;
}
