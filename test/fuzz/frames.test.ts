import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../src/cluster/backoff.ts';
import { type Frame, parseFrame, readFrames } from '../../src/cluster/frames.ts';
import { readMetadata } from '../../src/cluster/kube-object.ts';
import { readApplication } from '../../src/cluster/watch-applications.ts';
import { runs } from '../runs.ts';
import { badApplication } from './applications.ts';
import { halfRight, nastyJson, nastyText } from './arbitraries.ts';
import { unless } from './unless.ts';

const types = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'];

async function framesOf(bytes: Uint8Array, cuts: readonly number[]): Promise<Frame[]> {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const [index, end] of at.slice(1).entries()) yield bytes.subarray(at[index], end);
  }
  const frames: Frame[] = [];
  for await (const frame of readFrames(chunks())) frames.push(frame);
  return frames;
}

const wrong = halfRight({
  type: fc.constantFrom(...types),
  object: halfRight({
    metadata: halfRight({ name: nastyText, uid: nastyText, resourceVersion: nastyText }),
    code: fc.integer(),
    reason: nastyText,
    message: nastyText,
    details: halfRight({ retryAfterSeconds: fc.integer() }),
  }),
});

const cuts = fc.array(fc.nat(100_000), { maxLength: 40 });

describe('frames of a watch', () => {
  it('hold what was sent, wherever characters of several bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(badApplication, { maxLength: 3 }), cuts, async (objects, at) => {
        const lines = objects.map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`);
        const frames = await framesOf(Buffer.from(lines.join('')), at);
        expect(frames).toEqual(lines.map((line) => JSON.parse(line) as Frame));
      }),
      runs(300),
    );
  });

  it('are malformed, or have what their type promises', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(wrong, nastyJson), { maxLength: 4 }), cuts, async (values, at) => {
        const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
        const frames = await framesOf(Buffer.from(text), at);
        expect(frames).toHaveLength(values.length);
        expect(frames.flatMap(faultsOf)).toEqual([]);
      }),
      runs(500),
    );
  });

  it('end in malformed ones where bytes are missing, added or turned over', async () => {
    await fc.assert(
      fc.asyncProperty(
        badApplication,
        fc.array(fc.tuple(fc.nat(1_000_000), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.nat(1_000_000),
        cuts,
        async (object, changes, length, at) => {
          const bytes = Buffer.from(`${JSON.stringify({ type: 'MODIFIED', object })}\n`.repeat(2));
          for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
          const frames = await framesOf(bytes.subarray(0, length % (bytes.length + 1)), at);
          expect(frames.flatMap(faultsOf)).toEqual([]);
        },
      ),
      runs(300),
    );
  });

  it('may be as long as the longest, in small pieces, and no longer', async () => {
    const long = Buffer.from(
      `${JSON.stringify({ type: 'ADDED', object: { text: 'ü'.repeat(1_500_000) } })}\n`,
    );
    const everyKilobyte = Array.from({ length: long.length / 1_024 }, (_, index) => index * 1_024 + 1);
    expect((await framesOf(long, everyKilobyte)).map(({ type }) => type)).toEqual(['ADDED']);
    const endless = Buffer.alloc(80 * 1024 * 1024, 'a');
    const everyMegabyte = Array.from({ length: 80 }, (_, index) => index * 1024 * 1024);
    expect(await framesOf(endless, everyMegabyte)).toEqual([
      { type: 'malformed', what: 'longer than 64 MiB' },
    ]);
  });

  it('may nest ten thousand deep', () => {
    const object = { metadata: { name: 'a', uid: 'a', resourceVersion: '1' }, spec: 'deep' };
    const line = JSON.stringify({ type: 'ADDED', object }).replace(
      '"deep"',
      `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    );
    expect(parseFrame(line)).toMatchObject({ type: 'ADDED', object: { metadata: object.metadata } });
  });
});

/** What a frame lacks of what its type promises. */
function faultsOf(frame: Frame): string[] {
  switch (frame.type) {
    case 'malformed':
      return unless(/^[a-zA-Z0-9 ]+$/.test(frame.what), `quotes: ${frame.what}`);
    case 'BOOKMARK':
      return unless(frame.resourceVersion !== '', 'no revision');
    case 'ERROR': {
      const { code, reason, message, retryAfterMs } = frame;
      const pause = createBackoff(() => 1).next(retryAfterMs);
      return [
        ...unless(typeof code === 'number' && typeof reason === 'string', 'no reason'),
        ...unless(typeof message === 'string', 'no message'),
        ...unless(pause >= 0 && pause <= 300_000, `a pause of ${pause}`),
      ];
    }
    default: {
      const metadata = readMetadata(frame.object);
      return unless(!metadata || readApplication(frame.object, metadata).name === metadata.name, 'no name');
    }
  }
}
