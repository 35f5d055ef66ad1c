import { createReadStream, createWriteStream } from 'node:fs';
import { finished, pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';

/** A file of a recording that is being written. */
export interface RecordingFile {
  /** Takes a line, without its line break, and keeps it in memory until the next `flush`. */
  write(line: string): void;
  /** Resolves when the system has what was written: a process that is killed afterwards leaves it readable. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

function isCompressed(path: string): boolean {
  return path.endsWith('.gz');
}

/** Makes the file, for its user alone; compressed where its name ends with .gz. Rejects where there is one. */
export async function createRecordingFile(path: string): Promise<RecordingFile> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  const opened = Promise.withResolvers<void>();
  file.once('open', () => opened.resolve());
  file.once('error', opened.reject);
  await opened.promise;
  const gzip = isCompressed(path) ? createGzip({ level: 6 }) : undefined;
  const target = gzip ?? file;
  let failure: Error | undefined;
  const done = gzip ? pipeline(gzip, file) : finished(file);
  done.catch((error: Error) => {
    failure = error;
  });
  let lines: string[] = [];

  async function flush(): Promise<void> {
    if (failure) throw failure;
    if (lines.length === 0) return;
    const text = `${lines.join('\n')}\n`;
    lines = [];
    await new Promise<void>((resolve, reject) => {
      target.write(text, (error) => (error ? reject(error) : resolve()));
    });
    if (gzip) await new Promise<void>((resolve) => gzip.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    if (failure) throw failure;
  }

  return {
    write: (line) => void lines.push(line),
    flush,
    async close() {
      await flush();
      target.end();
      await done;
    },
  };
}

/**
 * The lines of a file, decompressed where its name ends with .gz, in batches. `isLast`: it may be cut off, as in a file whose
 * process was killed. Rejects as `fs.readFile` does.
 */
export async function* readLines(path: string): AsyncGenerator<{ lines: string[]; isLast: boolean }> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const source = isCompressed(path) ? file.pipe(createGunzip({ chunkSize: 1 << 20 })) : file;
  if (source !== file) file.once('error', (error) => source.destroy(error));
  source.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of source as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield { lines, isLast: false };
    }
  } catch (error) {
    // The process that wrote it did not come to its end; what it has flushed is whole.
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw error;
  }
  if (rest !== '') yield { lines: [rest], isLast: true };
}
