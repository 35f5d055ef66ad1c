import { createMemoryQueue } from '../../src/delivery/memory-queue.ts';
import type { Change, Ledger } from '../../src/ledger/ledger.ts';
import type { Acknowledgement, Alert, Silence } from '../../src/ledger/rows.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import type { Application, Delivery, JsonObject } from '../../src/model.ts';
import { createSimulatedClock, type SimulatedClock } from '../../src/simulated-clock.ts';
import type { Store } from '../../src/store/store.ts';
import { createMembership } from '../../src/store/store-membership.ts';
import { application, snapshot } from '../../src/testing/fixtures.ts';
import { type Fault, intercept } from '../../src/testing/intercept.ts';
import { createMemoryLedger } from '../../src/testing/memory-ledger.ts';
import { type Pipeline, startPipeline } from '../../src/testing/start-pipeline.ts';

/**
 * A story of alerts on a simulated clock: what the watch shows, what people do, how Herald is restarted, and what is
 * told of it. Everything between the watch and the queue is the real thing.
 */
export interface World {
  readonly clock: SimulatedClock;
  /** Milliseconds since the story began. */
  elapsed(): number;
  /** What was decided to be told, in order. */
  readonly told: ToldMessage[];
  readonly pipeline: Pipeline;
  /** Rows of the ledger, of one kind. */
  rows: Ledger['rows'];
  see(application: Application): Promise<void>;
  /** `isSaid`: it has a finalizer, so that the server says when it was deleted. @defaultValue true */
  remove(name: string, how?: { isSaid: boolean }): Promise<void>;
  configure(data: Readonly<Record<string, string>>): Promise<void>;
  /** The process is killed: nothing of it is left but the ledger. */
  stop(): void;
  /**
   * `replay`: the watch shows each change that nobody has seen, not only what they led to. `overlap`: before that the
   * last two that were seen, and everything is evaluated in between.
   */
  start(how?: { replay?: boolean; overlap?: boolean }): Promise<void>;
  silence(id: string, silence: Partial<Silence> & Pick<Silence, 'matchers'>): Promise<void>;
  expire(id: string): Promise<void>;
  acknowledge(name: string, comment?: string): Promise<void>;
  /** Nobody is at it any more. */
  unacknowledge(name: string): Promise<void>;
  /** The rows of acknowledgements have expired. */
  pruneAcknowledgements(): Promise<void>;
  project(annotations: Readonly<Record<string, string>>, spec?: JsonObject): Promise<void>;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
}

/** When a story begins, Unix milliseconds. */
export const beginning = Date.UTC(2026, 0, 1);

export interface ToldMessage {
  at: number;
  delivery: Delivery;
  /** As it was then. */
  appProject: JsonObject;
}

interface Options {
  /** Where the ledger is, and who leads. @defaultValue in memory */
  store?: Store;
  /** Unix milliseconds. @defaultValue beginning */
  start?: number;
  /** Of the ledger's calls, which fail. */
  fault?(call: string): Fault;
}

export async function createWorld(
  data: Readonly<Record<string, string>>,
  options: Options = {},
): Promise<World> {
  const begin = options.start ?? beginning;
  const clock = createSimulatedClock(begin);
  const { ledger: store, lead } = options.store ? leadOf(options.store) : leadInMemory();
  const applications = new Map<string, Application>();
  /** What nobody has seen, in order. */
  const missed: { application: Application; kind: 'seen' | 'deleted' }[] = [];
  const seenLast = new Map<string, Application[]>();
  const known = new Set<string>();
  const told: ToldMessage[] = [];
  let config = data;
  let appProject: JsonObject = { metadata: { annotations: {} } };
  let pipeline: Pipeline | undefined;
  let edits = 0;

  function noteMessages({ add = [] }: Change): void {
    for (const delivery of add) {
      if (known.has(delivery.id)) continue;
      known.add(delivery.id);
      told.push({ at: clock.now() - begin, delivery, appProject });
    }
  }

  /** What reaches the store is told; a leader that was replaced reaches it no more. */
  const noting: Ledger = {
    ...store,
    async commit(...[scope, by, change]: Parameters<typeof store.commit>) {
      const committed = await store.commit(scope, by, change);
      if (!committed.fenced) noteMessages(change);
      return committed;
    },
  };
  const ledger = intercept(noting, (call) => (call === 'rows' ? undefined : options.fault?.(call)));

  async function settle(): Promise<void> {
    await pipeline?.done();
    await clock.advance(0);
    await pipeline?.done();
  }

  const edited: World = {
    clock,
    elapsed: () => clock.now() - begin,
    told,
    get pipeline() {
      if (!pipeline) throw new Error('Nothing runs');
      return pipeline;
    },
    rows: store.rows,
    async see(seen) {
      const shown = withRevision(seen);
      applications.set(seen.name, shown);
      if (pipeline) {
        seenLast.set(seen.name, [...(seenLast.get(seen.name) ?? []), shown].slice(-2));
        pipeline.see(shown);
      } else missed.push({ application: shown, kind: 'seen' });
      await settle();
    },
    async remove(name, { isSaid } = { isSaid: true }) {
      const last = applications.get(name);
      applications.delete(name);
      if (last) shownGone(isSaid ? withDeletion(last) : withRevision(last));
      await settle();
    },
    async configure(next) {
      config = next;
      if (!pipeline) return;
      configure(pipeline);
      await pipeline.observer.reevaluate(() => true);
      await settle();
    },
    stop() {
      lead.end();
      pipeline?.observer.stop();
      pipeline = undefined;
    },
    async start({ replay = false, overlap = false } = {}) {
      const term = await lead.begin();
      pipeline = startPipeline({
        ledger,
        queue: createMemoryQueue(clock),
        clock,
        term,
        snapshots: [],
        project: () => appProject,
        backlogLimit: 100_000,
      });
      configure(pipeline);
      pipeline.begin();
      const shown = missed.splice(0);
      const changed = new Set(replay ? shown.map((each) => each.application.name) : []);
      for (const each of applications.values()) if (!changed.has(each.name)) pipeline.see(each);
      if (overlap) {
        for (const application of [...changed].flatMap((name) => seenLast.get(name) ?? [])) {
          await showAgain(pipeline, { application, kind: 'seen' });
          await pipeline.observer.reevaluate(() => true);
          await settle();
        }
      }
      if (replay) for (const each of shown) await showAgain(pipeline, each);
      await settle();
      // What is gone is known later: the term waits until the watch has caught up.
      pipeline.observer.complete();
      await settle();
      await reportGone(pipeline);
      await pipeline.observer.goneReported();
      await settle();
    },
    async silence(id, { startsAt = clock.now(), endsAt = startsAt + 3_600_000, ...others }) {
      const value = { createdBy: 'kim', comment: '', ...others, startsAt, endsAt };
      await commit('silences', { put: [{ kind: 'silence', key: id, value }] });
    },
    expire: (id) => commit('silences', { remove: [{ kind: 'silence', key: id }] }),
    acknowledge: (name, comment = '') => acknowledge(name, { comment }),
    unacknowledge: (name) => acknowledge(name, { comment: '', withdrawn: true }),
    async pruneAcknowledgements() {
      const rows = await store.load('acknowledgements', ['acknowledgement']);
      await commit('acknowledgements', { remove: rows });
    },
    async project(annotations, spec = {}) {
      appProject = { metadata: { annotations: { ...annotations } }, spec };
      await pipeline?.observer.reevaluate(() => true);
      await settle();
    },
    async pass(ms) {
      await clock.advance(ms);
      await settle();
    },
  };

  function shownGone(application: Application): void {
    if (pipeline) pipeline.see(application, 'deleted');
    else missed.push({ application, kind: 'deleted' });
  }

  function withRevision(last: Application): Application {
    edits += 1;
    return { ...last, resourceVersion: `${edits}` };
  }

  /** The server says when it was deleted, whenever that is heard. */
  function withDeletion(last: Application): Application {
    const deletionTimestamp = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
    const metadata = { ...(last.object.metadata as JsonObject), deletionTimestamp };
    return withRevision({ ...last, object: { ...last.object, metadata } });
  }

  async function showAgain(running: Pipeline, { application: shown, kind }: (typeof missed)[number]) {
    const isPast = applications.get(shown.name)?.resourceVersion !== shown.resourceVersion;
    running.observer.observe({
      application: shown,
      kind,
      observedAt: clock.now(),
      isReplayed: true,
      isPast: isPast && kind === 'seen',
    });
    await settle();
  }

  function configure({ configurations }: Pipeline): void {
    configurations.update(
      snapshot({ 'herald.service.console': '{}', 'template.m': 'message: m', ...config }),
    );
  }

  async function acknowledge(
    name: string,
    said: Pick<Acknowledgement, 'comment' | 'withdrawn'>,
  ): Promise<void> {
    for await (const rows of store.rows('alert')) {
      const found = rows.find(({ value }) => value.application.name === name && value.state === 'firing');
      if (!found) continue;
      const value = { at: clock.now(), by: 'kim', ...said };
      await commit('acknowledgements', { put: [{ kind: 'acknowledgement', key: found.key, value }] });
    }
  }

  /** As `reportDeletions` does at the start of a term. */
  async function reportGone(running: Pipeline): Promise<void> {
    for await (const rows of store.rows('application')) {
      for (const { value } of rows) {
        if (running.observer.has(value.uid)) continue;
        const { metadata } = value.object as { metadata: JsonObject };
        const gone = application(value.uid, { name: value.name, namespace: value.namespace });
        const annotations = metadata.annotations as Record<string, string>;
        running.see({ ...gone, object: value.object, annotations }, 'deleted');
      }
    }
    await settle();
  }

  let numbers = 0;
  async function commit(scope: string, change: Change): Promise<void> {
    await store.commit(scope, { term: 1_000_000, number: (numbers += 1) }, change);
    await pipeline?.observer.alerting.refresh();
    await settle();
  }

  await edited.start();
  return edited;
}

/** Which process writes: what an earlier one still tries to commit is refused from the time at which the next begins. */
interface Lead {
  /** Answers its term. */
  begin(): Promise<number>;
  end(): void;
}

/** No write of a process survives its end. */
function leadInMemory(): { ledger: Ledger; lead: Lead } {
  const current = { term: 0 };
  const next = () => (current.term += 1);
  return { ledger: createMemoryLedger(current), lead: { begin: async () => next(), end: next } };
}

/** What a process was writing when it was killed may become durable until the next one takes the lead, as a pod's. */
function leadOf(store: Store): { ledger: Ledger; lead: Lead } {
  const membership = createMembership(store);
  let processes = 0;
  return {
    ledger: createLedger(store),
    lead: {
      async begin() {
        processes += 1;
        const member = { id: `process-${processes}`, host: 'pod' };
        const { isLeader, term } = await membership.beat(member, 600_000, true);
        if (!isLeader) throw new Error(`${member.id} does not lead`);
        return term;
      },
      end: () => undefined,
    },
  };
}

/** At which times what happens, in order. */
export type Story = readonly (readonly [at: string, ...steps: Step[]])[];

/** One thing that happens. */
export type Step = (world: World) => Promise<void> | void;

/** The Application `name` is degraded, or whatever its health is said to be; subscribed by recipients of on-degraded. */
export function health(
  name: string,
  status: string,
  more: {
    to?: Record<string, string>;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    since?: string;
    status?: JsonObject;
    metadata?: JsonObject;
  } = {},
): Step {
  const { to = { 'on-degraded': 'ops' }, since, status: others = {}, ...shape } = more;
  const lastTransitionTime = since === undefined ? {} : { lastTransitionTime: since };
  return (world) =>
    world.see(
      application(`uid-${name}`, {
        name,
        subscriptions: to,
        status: { health: { status, ...lastTransitionTime }, ...others },
        ...shape,
      }),
    );
}

type More = Parameters<typeof health>[2];
export const bad = (name: string, more?: More): Step => health(name, 'Degraded', more);
export const well = (name: string, more?: More): Step => health(name, 'Healthy', more);
export const gone =
  (name: string): Step =>
  (world) =>
    world.remove(name);
export const restart: Step = async (world) => {
  world.stop();
  await world.start();
};
export const nothing: Step = () => undefined;

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** `1h30m` → milliseconds. */
function milliseconds(text: string): number {
  return [...text.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units],
    0,
  );
}

export function timeOf(ms: number): string {
  let left = Math.floor(ms / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(units)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join('') || '0s';
}

/** `5m ops first +a -b`: when, whom, why, what fires and what has ended. */
function lineOf({ at, delivery }: ToldMessage): string {
  const names = delivery.alerts.map(({ application: { name }, lifecycle }) =>
    lifecycle === undefined ? `=${name}` : `${lifecycle.state === 'firing' ? '+' : '-'}${name}`,
  );
  const { recipient } = delivery.destination;
  const silent = delivery.ongoing?.isSilent ? ['(silent)'] : [];
  return [timeOf(at), recipient, delivery.reason, ...silent, ...names].join(' ');
}

/** Plays a story; answers what is told. */
export async function play(
  config: Readonly<Record<string, string>>,
  story: Story,
  options: Options = {},
): Promise<{ lines: string[]; world: World }> {
  const world = await createWorld(config, options);
  for (const [at, ...steps] of story) {
    const wait = milliseconds(at) - world.elapsed();
    if (wait > 0) await world.pass(wait);
    for (const step of steps) await step(world);
  }
  return { lines: world.told.map(lineOf), world };
}

export async function alertsOf({ rows }: World): Promise<Alert[]> {
  const found: Alert[] = [];
  for await (const some of rows('alert')) found.push(...some.map(({ value }) => value));
  return found;
}
