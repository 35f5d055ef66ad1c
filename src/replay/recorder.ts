import type { Clock } from '../clock.ts';
import type { ReflectorDeps } from '../cluster/reflector-options.ts';
import type { WatchScope } from '../cluster/scope.ts';
import type { ReflectorHandlers } from '../cluster/view.ts';
import { createApplicationWatch } from '../cluster/watch-applications.ts';
import { createApplicationSetWatch } from '../cluster/watch-applicationsets.ts';
import { createProjectWatch } from '../cluster/watch-projects.ts';
import type { JsonObject } from '../model.ts';
import { mergePatchOf } from './merge-patch.ts';
import { keyOf, lineOf, type RecordedKind, recordingVersion } from './recording.ts';
import { withoutSecrets } from './redaction.ts';

/** Follows the cluster, and says as lines of a recording what it shows. */
export interface Recorder {
  start(): void;
  /** Resolves when the state at the start is written; false: it was stopped before. */
  ready(): Promise<boolean>;
  /** Begins another part: whole by itself, with all objects as they are now. */
  beginPart(): void;
  /** Changes so far, without the state at the start. */
  changes(): number;
  /** Writes until when it has watched. */
  stop(): Promise<void>;
}

interface Deps extends Pick<ReflectorDeps, 'connection' | 'log'> {
  clock: Clock;
  /** Takes a line, without its line break. */
  write(line: string): void;
}

/** What is recorded of an object of the API server. */
interface Shown {
  namespace: string;
  name: string;
  object: JsonObject;
}

export function createRecorder(deps: Deps, { scope }: { scope: WatchScope }): Recorder {
  const { clock, write } = deps;
  const written = new Map<string, Shown & { kind: RecordedKind }>();
  let isReady = false;
  let changes = 0;

  function seen(kind: RecordedKind, { namespace, name, object }: Shown): void {
    const key = keyOf(kind, namespace, name);
    const before = written.get(key);
    const now = { kind, namespace, name, object: withoutSecrets(object) };
    written.set(key, now);
    const at = clock.now();
    const patch = before && mergePatchOf(before.object, now.object);
    const what = patch ? { namespace, name, patch } : { object: now.object };
    write(lineOf({ type: 'seen', at, kind, ...what }));
    if (isReady) changes += 1;
  }

  function deleted(kind: RecordedKind, { namespace, name, object }: Shown): void {
    const last = withoutSecrets(object);
    write(lineOf({ type: 'deleted', at: clock.now(), kind, object: last }));
    written.delete(keyOf(kind, namespace, name));
    if (isReady) changes += 1;
  }

  function handlers(kind: RecordedKind): ReflectorHandlers<Shown> {
    return { upsert: (object) => seen(kind, object), delete: (last) => deleted(kind, last) };
  }

  function begin(): void {
    const { namespace } = scope;
    write(lineOf({ type: 'begin', at: clock.now(), recording: recordingVersion, namespace }));
  }

  const watches = [
    createProjectWatch(deps, { namespace: scope.namespace, handlers: handlers('AppProject') }),
    createApplicationWatch(deps, { scope, handlers: handlers('Application') }),
    createApplicationSetWatch(deps, { scope, handlers: handlers('ApplicationSet') }),
  ];

  async function whenReady(): Promise<boolean> {
    const all = await Promise.all(watches.map((watch) => watch.ready()));
    if (!all.every(Boolean)) return false;
    write(lineOf({ type: 'ready', at: clock.now() }));
    isReady = true;
    return true;
  }

  const ready = Promise.withResolvers<boolean>();
  return {
    start() {
      begin();
      for (const watch of watches) watch.start();
      whenReady().then(ready.resolve, ready.reject);
    },
    ready: () => ready.promise,
    beginPart() {
      begin();
      const at = clock.now();
      for (const { kind, object } of written.values()) write(lineOf({ type: 'seen', at, kind, object }));
      write(lineOf({ type: 'ready', at }));
    },
    changes: () => changes,
    async stop() {
      await Promise.all(watches.map((watch) => watch.stop()));
      write(lineOf({ type: 'end', at: clock.now() }));
    },
  };
}
