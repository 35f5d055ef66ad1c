import { pause, systemClock } from '../clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { createWatchScope } from '../cluster/scope.ts';
import { createLog } from '../log.ts';
import { recordInto } from '../replay/record.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import type { RecordOptions } from './options.ts';

/** `herald record`: 0 when it was stopped, or its time was over; 2 where the cluster or the file is no good. */
export async function record(options: RecordOptions, io: CommandIo): Promise<number> {
  const log = createLog({ level: 'warn', format: 'text' }, { write: (line) => io.stderr(line) });
  const connection = openConnection(options, io, log);
  const scope = createWatchScope(
    options.kube.namespace || connection.namespace,
    options.applicationNamespaces,
  );
  const ending = new AbortController();
  const interrupted = io.interrupted();
  const stop = (): void => ending.abort();
  interrupted.addEventListener('abort', stop);
  if (interrupted.aborted) stop();
  if (options.duration > 0) void pause(systemClock, options.duration, ending.signal).then(stop);
  try {
    const { files, changes, isComplete } = await recordInto(
      {
        connection,
        signal: ending.signal,
        log,
        clock: systemClock,
        onReady: () => io.stderr(`Recording into ${options.to}. Ctrl-C ends it.\n`),
      },
      { scope, path: options.to, rotate: options.rotate },
    );
    io.stdout(`${changes} changes are recorded in ${files.join(', ')}\n`);
    if (isComplete) return exitCode.ok;
    throw new CommandFailure('it ended before the cluster was read: the recording is not complete');
  } catch (error) {
    throw explained(error, options.to);
  } finally {
    interrupted.removeEventListener('abort', stop);
    stop();
    await connection.close();
  }
}

function openConnection(
  options: RecordOptions,
  io: CommandIo,
  log: ReturnType<typeof createLog>,
): Connection {
  try {
    return io.openConnection(options.kube, log);
  } catch (error) {
    throw new CommandFailure(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const fileProblems: Readonly<Record<string, string>> = {
  EEXIST: 'there is such a file: give another name, or remove it',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'there is no such directory',
  EACCES: 'it may not be written',
  EROFS: 'it is on a file system that is read-only',
  EISDIR: 'it is a directory',
  ENOSPC: 'the disk is full; what was written before can be replayed',
};

function explained(error: unknown, path: string): unknown {
  if (error instanceof CommandFailure || !(error instanceof Error) || !('code' in error)) return error;
  const what = fileProblems[String(error.code)];
  return what === undefined ? error : new CommandFailure(`${path}: ${what}`, { cause: error });
}
