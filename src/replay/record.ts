import { once } from 'node:events';
import type { Clock } from '../clock.ts';
import type { Connection } from '../cluster/connect.ts';
import type { WatchScope } from '../cluster/scope.ts';
import type { Logger } from '../log.ts';
import { createRecordingFile, type RecordingFile } from './files.ts';
import { createRecorder } from './recorder.ts';

interface Deps {
  connection: Connection;
  /** Ends the recording. */
  signal: AbortSignal;
  /** The state at the start is written. */
  onReady(): void;
  log: Logger;
  clock: Clock;
}

interface Options {
  scope: WatchScope;
  path: string;
  /** Milliseconds after which another file is begun; 0: never. */
  rotate: number;
}

export interface Recorded {
  files: string[];
  /** Changes of objects, without the state at the start. */
  changes: number;
  /** False: it ended before the cluster was read. */
  isComplete: boolean;
}

/** What a process that is killed has lost at the most, milliseconds. */
const flushInterval = 1_000;

/** Writes what the cluster shows until the signal. Rejects where a file cannot be made or written. */
export async function recordInto(deps: Deps, { scope, path, rotate }: Options): Promise<Recorded> {
  const { signal, clock } = deps;
  const files: string[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);

  async function open(): Promise<RecordingFile> {
    const name = rotate > 0 ? partOf(path, clock.now()) : path;
    const opened = await createRecordingFile(name);
    files.push(name);
    return opened;
  }

  let file = await open();
  const recorder = createRecorder({ ...deps, write: (line) => file.write(line) }, { scope });

  async function beginAnother(): Promise<void> {
    const before = file;
    file = await open();
    recorder.beginPart();
    await before.close();
  }

  let isOver = false;
  let cancel = (): void => undefined;
  let working: Promise<void> = Promise.resolve();
  function every(ms: number, last: number): void {
    cancel = clock.after(ms, () => {
      const isDue = rotate > 0 && clock.monotonic() - last >= rotate && isReady;
      working = isDue ? beginAnother() : file.flush();
      working.then(
        () => {
          if (!isOver) every(ms, isDue ? clock.monotonic() : last);
        },
        (error: unknown) => failed.reject(error),
      );
    });
  }

  let isReady = false;
  recorder.start();
  every(flushInterval, clock.monotonic());
  void recorder.ready().then((isComplete) => {
    isReady = isComplete;
    if (isComplete) deps.onReady();
  });
  try {
    if (!signal.aborted) await Promise.race([once(signal, 'abort'), failed.promise]);
  } finally {
    isOver = true;
    cancel();
    await working.catch(() => undefined);
    await recorder.stop();
  }
  await file.close();
  return { files, changes: recorder.changes(), isComplete: isReady };
}

/** `day.ndjson.gz` → `day.20261128T070000Z.ndjson.gz`. */
function partOf(path: string, now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const [, stem = path, suffix = ''] = /^(.*?[^./])((?:\.[^./]+){0,2})$/.exec(path) ?? [];
  return `${stem}.${time}${suffix}`;
}
