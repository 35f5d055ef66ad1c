import type { PGlite } from '@electric-sql/pglite';

/** The part of PGlite that pglite-socket's server uses. */
export type SocketDatabase = Pick<
  PGlite,
  'waitReady' | 'isInTransaction' | 'runExclusive' | 'execProtocolRawStream' | 'exec'
>;

const messageType = { sync: 0x53, query: 0x51, terminate: 0x58, startup: 0 };

/**
 * Makes PGlite's one session safe to share by several connections of pglite-socket (0.2.17).
 *
 * - The server interleaves the connections' messages unless PGlite is in a transaction. A parameterised query is
 *   several messages (Parse, Bind, Execute, Sync) that share unnamed state; when they arrive in more than one chunk,
 *   which 64 KB of parameters do, another connection's Parse gets between, and Bind meets the wrong statement. So a
 *   connection keeps the session until its Sync.
 * - A message that throws stops the server's loop for good, with every later query waiting. It is answered as a fatal
 *   error instead, and `onCrash` is told, because PGlite cannot go on after its code has trapped.
 * - A connection that ends in the middle of its messages leaves the session skipping until Sync.
 */
export function shareSession(db: PGlite, onCrash: (error: unknown) => void): SocketDatabase {
  let midway = false;

  function isInTransaction(): boolean {
    return midway || db.isInTransaction();
  }

  return {
    waitReady: db.waitReady,
    isInTransaction,
    runExclusive: (run) => db.runExclusive(run),
    async execProtocolRawStream(message, options) {
      const type = message[0];
      const ends =
        type === messageType.sync ||
        type === messageType.query ||
        type === messageType.terminate ||
        type === messageType.startup;
      midway = !ends;
      try {
        await db.execProtocolRawStream(message, options);
      } catch (error) {
        midway = false;
        options.onRawData(fatalError('XX000', `The embedded database failed: ${String(error)}`));
        onCrash(error);
      }
    },
    /** The server's only use: `ROLLBACK` when the connection that holds the session has gone. */
    async exec(query, options) {
      if (midway) {
        midway = false;
        await db.runExclusive(() => db.execProtocolRaw(Uint8Array.of(messageType.sync, 0, 0, 0, 4)));
      }
      return db.isInTransaction() ? db.exec(query, options) : [];
    },
  };
}

/** ErrorResponse of PostgreSQL's protocol. */
export function fatalError(code: string, message: string): Uint8Array {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message.replaceAll('\0', '')}\0\0`);
  const header = Buffer.alloc(5);
  header.write('E');
  header.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}
