import type { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareSession } from './pglite-session.ts';

/** A PGlite that answers each message with these bytes, in pieces of this size. */
function answering(answer: Buffer | Error, piece = 1_000): { db: PGlite; executed: string[] } {
  const executed: string[] = [];
  const db = {
    waitReady: Promise.resolve(),
    isInTransaction: () => false,
    runExclusive: <T>(run: () => Promise<T>) => run(),
    async execProtocolRawStream(message: Uint8Array, { onRawData }: { onRawData(data: Uint8Array): void }) {
      executed.push(String.fromCharCode(message[0] ?? 0));
      if (answer instanceof Error) throw answer;
      for (let start = 0; start < answer.length; start += piece)
        onRawData(answer.subarray(start, start + piece));
    },
    async execProtocolRaw(message: Uint8Array) {
      executed.push(String.fromCharCode(message[0] ?? 0));
    },
    async exec(query: string) {
      executed.push(query);
      return [];
    },
  };
  return { db: db as unknown as PGlite, executed };
}

function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

const error = (severity: string, text: string) =>
  message('E', `S${severity}\0V${severity}\0C58P01\0M${text}\0\0`);
const ready = message('Z', 'I');
const row = message('D', 'SFATAL\0VFATAL\0Mnot an error\0\0');

async function run(answer: Buffer | Error, piece?: number): Promise<{ crashes: string[]; received: Buffer }> {
  const crashes: string[] = [];
  const received: Buffer[] = [];
  const session = shareSession(answering(answer, piece).db, ({ message: text }) => crashes.push(text));
  await session.execProtocolRawStream(message('Q', 'SELECT 1\0'), {
    onRawData: (data) => void received.push(Buffer.from(data)),
  });
  return { crashes, received: Buffer.concat(received) };
}

describe('shareSession', () => {
  it('tells of an error after which PGlite cannot go on, in pieces of any size', async () => {
    const fatal = Buffer.concat([row, message('1', ''), error('FATAL', 'could not create file'), ready]);
    const wedged = Buffer.concat([error('ERROR', 'cannot drop active portal ""'), ready]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 80 }), async (piece) => {
        const { crashes, received } = await run(fatal, piece);
        expect(crashes).toEqual(['The embedded database cannot go on: could not create file']);
        expect(received).toEqual(fatal);
        expect((await run(wedged, piece)).crashes).toHaveLength(1);
      }),
    );
  });

  it('passes on ordinary errors and answers', async () => {
    const answer = Buffer.concat([row, error('ERROR', 'relation "x" does not exist'), ready]);
    expect(await run(answer)).toEqual({ crashes: [], received: answer });
  });

  it('answers with a fatal error when PGlite traps', async () => {
    const { crashes, received } = await run(new Error('unreachable'));
    expect(crashes).toEqual(['The embedded database trapped']);
    expect(received.toString()).toContain('The embedded database failed: Error: unreachable');
  });

  it('keeps the session for a connection until its Sync', async () => {
    const session = shareSession(answering(ready).db, () => undefined);
    const held: boolean[] = [];
    for (const type of ['P', 'B', 'D', 'E', 'S', 'Q', 'P', 'X']) {
      await session.execProtocolRawStream(message(type, ''), { onRawData: () => undefined });
      held.push(session.isInTransaction());
    }
    expect(held).toEqual([true, true, true, true, false, false, true, false]);
  });

  it('syncs for a connection that left in the middle', async () => {
    const { db, executed } = answering(ready);
    const session = shareSession(db, () => undefined);
    await session.execProtocolRawStream(message('P', ''), { onRawData: () => undefined });
    await session.exec('ROLLBACK');
    expect(executed).toEqual(['P', 'S']);
    expect(session.isInTransaction()).toBe(false);
  });
});
