/**
 * What a configuration would have sent, or would send: `herald record` writes what the cluster shows into a file, and
 * `herald replay` runs that, or the cluster as it is, through the pipeline of `herald run` with a clock, a store and
 * services that reach nobody. It may import `bridge/` and what lies below; `cli/` may import it.
 */
import type { Logger } from '../log.ts';
import type { Problem } from '../model.ts';
import type { KnownLedger } from './copied-ledger.ts';
import { createPlayer, type Player, type ReplayConfig } from './player.ts';
import {
  applicationIn,
  keyOf,
  type RecordedEvent,
  type RecordedKind,
  type RecordedObject,
} from './recording.ts';
import type { TimelineMessage } from './timeline.ts';

export interface Replayed {
  /** Of Argo CD. */
  namespace: string;
  /** Unix milliseconds. */
  from: number;
  to: number;
  /** Applications at the end, and changes of objects after the start. */
  applications: number;
  changes: number;
  messages: TimelineMessage[];
  /** Messages that wait for their turn at the end. */
  waiting: number;
  /** Of the configuration. */
  problems: readonly Problem[];
}

export interface ReplayOptions {
  config: ReplayConfig;
  /** Milliseconds to go on for when the recording is over. */
  ahead: number;
  /** What the ledger holds. With all of it the events are the state of the cluster now: what is not in it is deleted. */
  ledger?: KnownLedger;
  /** Of these nobody knows which there are. @defaultValue none */
  unread?: readonly RecordedKind[];
}

/** Runs a recording. Undefined: there was nothing in it. */
export async function replay(
  batches: AsyncIterable<readonly RecordedEvent[]>,
  options: ReplayOptions,
  deps: { log: Logger },
): Promise<Replayed | undefined> {
  let run: Run | undefined;
  for await (const events of batches) {
    for (const event of events) {
      run ??= await begin(event, options, deps);
      // Nearly all of them need nobody to be waited for.
      if (!run.player.skip(event.at)) await run.player.until(event.at);
      if (run.isReady && isChange(event)) change(run, event);
      else await take(run, event);
    }
  }
  if (!run) return undefined;
  await becomeReady(run);
  await run.player.until(run.player.now() + options.ahead);
  const { namespace, from, player, changes, known } = run;
  const to = player.now();
  const { messages, waiting } = await player.end();
  const { problems } = player;
  return {
    namespace,
    from,
    to,
    applications: [...known].filter((key) => key.startsWith('Application ')).length,
    changes,
    messages,
    waiting,
    problems,
  };
}

interface Run {
  player: Player;
  namespace: string;
  from: number;
  hasLedger: boolean;
  unread: readonly RecordedKind[];
  isReady: boolean;
  /** Until it is ready: the last of each object, by kind and uid. */
  state: Map<string, { kind: RecordedKind; known: RecordedObject }>;
  /** Applications and ApplicationSets that there are. */
  known: Set<string>;
  changes: number;
}

async function begin(event: RecordedEvent, options: ReplayOptions, deps: { log: Logger }): Promise<Run> {
  const { config, ledger } = options;
  const namespace = event.type === 'begin' ? event.namespace : 'argocd';
  const player = await createPlayer(deps, {
    start: event.at,
    namespace,
    config,
    ...(ledger ? { ledger } : {}),
  });
  return {
    player,
    namespace,
    from: event.at,
    hasLedger: ledger?.holds === 'everything',
    unread: options.unread ?? [],
    isReady: false,
    state: new Map(),
    known: new Set(),
    changes: 0,
  };
}

type Change = Extract<RecordedEvent, { kind: RecordedKind }>;

function isChange(event: RecordedEvent): event is Change {
  return event.type === 'seen' || event.type === 'deleted';
}

function change(run: Run, event: Change): void {
  show(run, event);
  run.changes += 1;
}

async function take(run: Run, event: RecordedEvent): Promise<void> {
  switch (event.type) {
    case 'begin':
    case 'end':
      return;
    case 'ready':
      return becomeReady(run);
    case 'seen':
    case 'deleted': {
      const key = `${event.kind} ${event.known.uid}`;
      if (event.type === 'seen') run.state.set(key, event);
      else run.state.delete(key);
    }
  }
}

/** As a bridge begins: with the AppProjects, and then what every Application is like. */
async function becomeReady(run: Run): Promise<void> {
  if (run.isReady) return;
  run.isReady = true;
  const state = [...run.state.values()];
  run.state.clear();
  for (const kind of ['AppProject', 'ApplicationSet', 'Application'])
    for (const each of state) if (each.kind === kind) show(run, { type: 'seen', ...each });
  await run.player.ready(
    run.hasLedger
      ? (kind, namespace, name) => run.unread.includes(kind) || run.known.has(keyOf(kind, namespace, name))
      : undefined,
  );
}

function show(
  { player, known }: Run,
  {
    type,
    kind,
    known: object,
    isComparison,
  }: { type: 'seen' | 'deleted'; kind: RecordedKind; known: RecordedObject; isComparison?: boolean },
): void {
  const { namespace, name } = object;
  if (kind === 'AppProject') {
    player.setProject(name, type === 'seen' ? object.object : undefined);
    return;
  }
  const key = keyOf(kind, namespace, name);
  if (type === 'seen') {
    known.add(key);
    player.see(applicationIn(kind, object), isComparison);
  } else {
    known.delete(key);
    player.remove(applicationIn(kind, object));
  }
}
