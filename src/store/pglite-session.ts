import type { PGlite } from '@electric-sql/pglite';

/** The part of PGlite that pglite-socket's server uses. */
export type SocketDatabase = Pick<
  PGlite,
  'waitReady' | 'isInTransaction' | 'runExclusive' | 'execProtocolRawStream' | 'exec'
>;

/** First bytes of messages of PostgreSQL's protocol. */
const [sync, simpleQuery, terminate, startup, errorResponse] = [0x53, 0x51, 0x58, 0, 0x45];

/**
 * Makes PGlite's one session safe to share by several connections of pglite-socket (0.2.17).
 *
 * - The server interleaves the connections' messages unless PGlite is in a transaction. A parameterised query is
 *   several messages (Parse, Bind, Execute, Sync) that share unnamed state; when they arrive in more than one chunk,
 *   which 64 KB of parameters do, another connection's Parse gets between, and Bind meets the wrong statement. So a
 *   connection keeps the session until its Sync.
 * - A message that throws stops the server's loop for good, with every later query waiting. It is answered as a fatal
 *   error instead, and `onCrash` is told, because PGlite cannot go on after its code has trapped.
 * - An error of the disk while a transaction is committed leaves PGlite (0.5.16) with a portal that it cannot drop,
 *   and every later statement fails. A server would end itself and recover; `onCrash` is told to do so.
 * - A connection that ends in the middle of its messages leaves the session skipping until Sync.
 */
export function shareSession(db: PGlite, onCrash: (error: Error) => void): SocketDatabase {
  let midway = false;

  return {
    waitReady: db.waitReady,
    isInTransaction: () => midway || db.isInTransaction(),
    runExclusive: (run) => db.runExclusive(run),
    async execProtocolRawStream(message, options) {
      const type = message[0];
      midway = type !== sync && type !== simpleQuery && type !== terminate && type !== startup;
      const errors = createErrorScanner();
      try {
        await db.execProtocolRawStream(message, {
          ...options,
          onRawData(data) {
            errors.scan(data);
            options.onRawData(data);
          },
        });
      } catch (error) {
        midway = false;
        options.onRawData(fatalError(`The embedded database failed: ${String(error)}`));
        onCrash(new Error('The embedded database trapped', { cause: error }));
      }
      const wedged = errors.found().find(isWedged);
      if (wedged) onCrash(new Error(`The embedded database cannot go on: ${wedged.message}`));
    },
    /** The server's only use: `ROLLBACK` when the connection that holds the session has gone. */
    async exec(query, options) {
      if (midway) {
        midway = false;
        await db.runExclusive(() => db.execProtocolRaw(Uint8Array.of(sync, 0, 0, 0, 4)));
      }
      return db.isInTransaction() ? db.exec(query, options) : [];
    },
  };
}

interface ServerError {
  severity: string;
  message: string;
}

function isWedged({ severity, message }: ServerError): boolean {
  return severity === 'FATAL' || severity === 'PANIC' || message.includes('cannot drop active portal');
}

/** Finds error responses in the answer to one message, which comes in pieces of any size. */
function createErrorScanner(): { scan(piece: Uint8Array): void; found(): ServerError[] } {
  const errors: ServerError[] = [];
  const header = Buffer.alloc(5);
  let headerLength = 0;
  let left = 0;
  let body: Buffer[] | undefined;

  return {
    found: () => errors,
    scan(piece) {
      let offset = 0;
      while (offset < piece.length) {
        if (left === 0) {
          const wanted = Math.min(5 - headerLength, piece.length - offset);
          header.set(piece.subarray(offset, offset + wanted), headerLength);
          headerLength += wanted;
          offset += wanted;
          if (headerLength < 5) return;
          headerLength = 0;
          left = header.readInt32BE(1) - 4;
          body = header[0] === errorResponse ? [] : undefined;
        }
        const length = Math.min(left, piece.length - offset);
        body?.push(Buffer.from(piece.subarray(offset, offset + length)));
        left -= length;
        offset += length;
        if (left === 0 && body) {
          errors.push(readError(Buffer.concat(body)));
          body = undefined;
        }
      }
    },
  };
}

function readError(body: Buffer): ServerError {
  const fields = new Map(
    body
      .toString('utf8')
      .split('\0')
      .map((field): [string, string] => [field.slice(0, 1), field.slice(1)]),
  );
  return { severity: fields.get('V') ?? '', message: fields.get('M') ?? '' };
}

function fatalError(message: string): Uint8Array {
  const fields = Buffer.from(`SFATAL\0VFATAL\0CXX000\0M${message.replaceAll('\0', '')}\0\0`);
  const header = Buffer.of(errorResponse, 0, 0, 0, 0);
  header.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}
