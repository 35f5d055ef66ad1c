import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, parseFrame, readFrames } from './frames.ts';

async function framesOf(chunks: Uint8Array[]): Promise<Frame[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const frames: Frame[] = [];
  for await (const frame of readFrames(stream())) frames.push(frame);
  return frames;
}

const added = (name: string): string =>
  `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;

describe('frames of a watch', () => {
  it('are the same however the stream is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 10 }),
        fc.array(fc.nat(300), { maxLength: 20 }),
        async (names, cuts) => {
          const bytes = Buffer.from(names.map(added).join(''));
          const at = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
          const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
          const frames = await framesOf(chunks);
          expect(frames).toEqual(names.map((name) => ({ type: 'ADDED', object: { metadata: { name } } })));
        },
      ),
    );
  });

  it('end with a malformed one where the stream breaks inside', async () => {
    const whole = Buffer.from(added('a') + added('b'));
    const frames = await framesOf([whole.subarray(0, whole.length - 1)]);
    expect(frames.map((frame) => frame.type)).toEqual(['ADDED', 'malformed']);
  });

  it('skip empty lines', async () => {
    expect(await framesOf([Buffer.from(`\n\n${added('a')}\n`)])).toHaveLength(1);
  });
});

describe('one frame', () => {
  it.each([
    '',
    'null',
    '[]',
    '1',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":null}',
    '{"type":"ADDED","object":[]}',
    '{"type":"RENAMED","object":{}}',
    '{"object":{}}',
    '{"type":"BOOKMARK","object":{"metadata":{}}}',
    '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":7}}}',
    '{"type":"MODIFIED","object":{"metadata":',
    '<html>502 Bad Gateway</html>',
  ])('%s is malformed', (line) => expect(parseFrame(line).type).toBe('malformed'));

  it('is malformed without quoting what it holds', () => {
    expect(JSON.stringify(parseFrame('{"data":{"token":"c2VjcmV0"'))).not.toContain('c2VjcmV0');
  });

  it('may be a bookmark or an error', () => {
    expect(parseFrame('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}')).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '7',
    });
    const status = {
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: 'too old',
      details: { retryAfterSeconds: 2 },
    };
    expect(parseFrame(JSON.stringify({ type: 'ERROR', object: status }))).toEqual({
      type: 'ERROR',
      code: 410,
      reason: 'Expired',
      message: 'too old',
      retryAfterMs: 2000,
    });
    expect(parseFrame('{"type":"ERROR","object":{}}')).toMatchObject({ code: 500, reason: 'Unknown' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseFrame(line)).toHaveProperty('type');
      }),
    );
  });
});
