import { zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Json } from '../model.ts';
import { type Compress, compressInPool, createColdStore } from './cold.ts';

/** Three of them fill a batch. */
const textOf = (name: string) => JSON.stringify({ name, text: name.repeat(40_000) });

/** A store whose compression goes on when it is told so. */
function setUp() {
  const waiting: Parameters<Compress>[] = [];
  const compressed: number[] = [];
  const parsed: string[] = [];
  const store = createColdStore(
    (text) => {
      parsed.push(text);
      return JSON.parse(text) as Json;
    },
    (...call) => void waiting.push(call),
  );
  return {
    parsed,
    compressed,
    keep: (...names: string[]) => names.map((name) => store.keep(Buffer.from(textOf(name)))),
    underWay: () => waiting.length,
    goOn(error: Error | null = null) {
      const [bytes, done] = waiting.shift() ?? [];
      if (!bytes) throw new Error('Nothing is being compressed');
      compressed.push(bytes.length);
      const packed = zstdCompressSync(bytes);
      done?.(error, packed);
      return bytes;
    },
  };
}

it('reads the same before a batch is compressed, while it is, and after', () => {
  const { keep, underWay, goOn } = setUp();
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const expected = names.map((name) => JSON.parse(textOf(name)) as Json);
  const read = keep(...names);
  const all = () => read.map((each) => each());
  expect(all()).toEqual(expected);
  // The last batch still has room.
  for (let batch = 0; batch < 2; batch += 1) {
    expect(underWay()).toBe(1);
    // Its memory is let go.
    expect(goOn()).toHaveLength(0);
    expect(all()).toEqual(expected);
  }
  expect(underWay()).toBe(0);
});

it('parses each part anew from what is compressed, and not again while it is in use', () => {
  const { keep, goOn, parsed } = setUp();
  const [first] = keep('a', 'b', 'c', 'd');
  goOn();
  const value = first?.();
  expect(first?.()).toBe(value);
  expect(parsed).toEqual([textOf('a')]);
});

it('keeps what cannot be compressed, and goes on with the next batch', () => {
  const { keep, goOn, underWay } = setUp();
  const [first] = keep('a', 'b', 'c', 'd', 'e', 'f', 'g');
  goOn(new Error('no memory'));
  expect(first?.()).toEqual(JSON.parse(textOf('a')));
  expect(underWay()).toBe(1);
});

it('has room for what is larger than a batch', () => {
  const { keep, goOn, compressed } = setUp();
  const [first] = keep('large'.repeat(4), 'b');
  goOn();
  expect(compressed).toEqual([textOf('large'.repeat(4)).length]);
  expect(first?.()).toEqual(JSON.parse(textOf('large'.repeat(4))));
});

it('reads what the threads of the pool have compressed', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const store = createColdStore(
    (text) => JSON.parse(text) as Json,
    (bytes, done) =>
      compressInPool(bytes, (error, packed) => {
        done(error, packed);
        resolve(packed.length);
      }),
  );
  const read = ['a', 'b', 'c', 'd'].map((name) => store.keep(Buffer.from(textOf(name))));
  expect(await promise).toBeLessThan(1_000);
  expect(read[0]?.()).toEqual(JSON.parse(textOf('a')));
});
