import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Json } from '../model.ts';

/** Parts of objects that are seldom read, as compressed JSON: a tenth of their text, and less than that of them parsed. */
export interface ColdStore {
  /** Keeps a copy of the text. What is answered reads it: parsed anew, unless what was parsed before is still in use. */
  keep(text: Buffer): () => Json;
}

/** Together so many bytes are compressed: alike as they are, and soon read again. */
const batchBytes = 128 * 1024;

interface Batch {
  /** Until it is compressed. */
  raw?: Buffer;
  packed?: Buffer;
  used: number;
}

type Open = Batch & { raw: Buffer };

/** What it answers is read by zstd. */
export type Compress = (bytes: Buffer, done: (error: Error | null, packed: Buffer) => void) => void;

const params = { [constants.ZSTD_c_compressionLevel]: 1 };
/** By threads of the process' pool. */
export const compressInPool: Compress = (bytes, done) => zstdCompress(bytes, { params }, done);

/** `read` makes a value of the text. One batch is compressed at a time. */
export function createColdStore(
  read: (text: string) => Json,
  compress: Compress = compressInPool,
): ColdStore {
  let current: Open | undefined;
  const full: Batch[] = [];
  let isPacking = false;

  /** The batch that has room for so many bytes, not yet compressed. */
  function roomFor(bytes: number): Open {
    if (current && current.used + bytes <= current.raw.length) return current;
    if (current) full.push(current);
    current = { raw: Buffer.allocUnsafeSlow(Math.max(batchBytes, bytes)), used: 0 };
    packNext();
    return current;
  }

  function packNext(): void {
    const batch = isPacking ? undefined : full.shift();
    if (batch?.raw === undefined) return;
    isPacking = true;
    compress(batch.raw.subarray(0, batch.used), (error, packed) => {
      isPacking = false;
      // What cannot be compressed stays as it is.
      if (!error) {
        // A copy of its own size: what zlib answers may be a part of something larger.
        batch.packed = Buffer.from(packed);
        (batch.raw?.buffer as ArrayBuffer | undefined)?.transfer(0);
        delete batch.raw;
      }
      packNext();
    });
  }

  return {
    keep(text) {
      const open = roomFor(text.length);
      const batch: Batch = open;
      const start = batch.used;
      text.copy(open.raw, start);
      batch.used += text.length;
      const end = batch.used;
      let known: WeakRef<object> | undefined;
      return () => {
        const value = known?.deref() as Json | undefined;
        if (value !== undefined) return value;
        const bytes = batch.raw ?? zstdDecompressSync(batch.packed ?? Buffer.alloc(0));
        const parsed = read(bytes.toString('utf8', start, end));
        if (typeof parsed === 'object' && parsed !== null) known = new WeakRef(parsed);
        return parsed;
      };
    },
  };
}
