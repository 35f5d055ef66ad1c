import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKubernetesSimulator, type KubernetesSimulator } from '../../simulator/kubernetes.ts';
import { type Connection, connect } from '../../src/cluster/connect.ts';
import { createReflector, type Reflector } from '../../src/cluster/reflector.ts';
import { argoPath } from '../../src/cluster/scope.ts';
import { runs } from '../runs.ts';
import { change, fault, pause, type Step, shown } from './scripts.ts';
import { application, quick, silentLog, writeTemporary } from './support.ts';

/** What a watch with the selector has to show: `~uid@revision`, `-uid@revision`. */
interface Fact {
  revision: number;
  uid: string;
  isGone: boolean;
}

const textOf = ({ revision, uid, isGone }: Fact): string => `${isGone ? '-' : '~'}${uid}@${revision}`;

/** All that happens to Applications that match, as the cluster itself tells it. */
function recordFacts(simulator: KubernetesSimulator, labelSelector: string | undefined): Fact[] {
  const facts: Fact[] = [];
  const matching = new Set<string>();
  simulator.cluster.onChange(({ type, object, revision }) => {
    if (object.kind !== 'Application') return;
    const { uid, labels } = object.metadata as { uid: string; labels?: { team?: string } };
    const did = matching.has(uid);
    const isSelected = labelSelector === undefined || `team=${labels?.team}` === labelSelector;
    const does = type !== 'DELETED' && isSelected;
    if (does) matching.add(uid);
    else matching.delete(uid);
    if (did || does) facts.push({ revision: Number(revision), uid, isGone: !does });
  });
  return facts;
}

/** The objects that were there at a revision, with their own. */
function stateAt(facts: readonly Fact[], revision: number): Map<string, number> {
  const state = new Map<string, number>();
  for (const fact of facts) {
    if (fact.revision > revision) break;
    if (fact.isGone) state.delete(fact.uid);
    else state.set(fact.uid, fact.revision);
  }
  return state;
}

interface Report extends Fact {
  isReplayed: boolean;
}

interface Life {
  reflector: Reflector<unknown>;
  reports: Report[];
  wrong: string[];
  /** Resolves when the object was reported. */
  reported(uid: string): Promise<void>;
  /** Notes where `revision()` claims more than was reported. */
  check(): void;
}

/** One process's watch: it notes every report, and what must never be. */
function live(
  connection: Connection,
  facts: readonly Fact[],
  labelSelector: string | undefined,
  timings: { pageSize: number; silenceMs: number },
  from: number,
): Life {
  const reports: Report[] = [];
  const wrong: string[] = [];
  const alive = new Map<string, number>();
  const gone = new Set<string>();
  const waiting = new Map<string, () => void>();

  function check(): void {
    const claimed = Number(reflector.revision() ?? 0);
    for (const [uid, revision] of stateAt(facts, claimed)) {
      // The life before has reported it.
      if (revision <= from) continue;
      if ((alive.get(uid) ?? 0) < revision && !gone.has(uid)) wrong.push(`${uid} is not yet at ${revision}`);
    }
    const stale = facts.filter(
      ({ uid, isGone, revision }) => isGone && revision <= claimed && alive.has(uid),
    );
    for (const { uid, revision } of stale) {
      if ((alive.get(uid) ?? 0) < revision) wrong.push(`${uid} is still there at ${claimed}`);
    }
  }

  const reflector = createReflector(
    { connection, log: silentLog },
    {
      name: 'applications',
      path: argoPath('applications', undefined),
      labelSelector,
      read: (_object, metadata) => metadata,
      handlers: {
        upsert(object, previous, { isReplayed }) {
          const revision = Number(object.resourceVersion);
          check();
          if ((previous !== undefined) !== alive.has(object.uid)) wrong.push(`${object.uid}: wrong previous`);
          if ((alive.get(object.uid) ?? 0) >= revision) wrong.push(`${object.uid}: back to ${revision}`);
          alive.set(object.uid, revision);
          gone.delete(object.uid);
          reports.push({ uid: object.uid, revision, isGone: false, isReplayed });
          waiting.get(object.uid)?.();
        },
        delete(last, { isReplayed }) {
          check();
          if (!alive.delete(last.uid) && (!isReplayed || gone.has(last.uid)))
            wrong.push(`${last.uid}: deleted twice`);
          gone.add(last.uid);
          reports.push({ uid: last.uid, revision: Number(last.resourceVersion), isGone: true, isReplayed });
        },
      },
      timings: quick(timings),
    },
  );
  return {
    reflector,
    reports,
    wrong,
    check,
    reported(uid) {
      if (alive.has(uid)) return Promise.resolve();
      return new Promise((resolve) => void waiting.set(uid, resolve));
    },
  };
}

const cut = shown(
  'cut',
  (after: number, how: 'drop' | 'finish'): Step =>
    (s) =>
      s.faults.watches.interrupt({ after, how }),
  fc.nat(4),
  fc.constantFrom('drop', 'finish'),
);
const worse = shown(
  'interrupt',
  (after: number, how: 'expire' | 'malformed' | 'truncated'): Step =>
    (s) =>
      s.faults.watches.interrupt({ after, how }),
  fc.nat(4),
  fc.constantFrom('expire', 'malformed', 'truncated'),
);

const script = (...faults: fc.Arbitrary<Step>[]) =>
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: change },
      { weight: 2, arbitrary: pause },
      ...faults.map((arbitrary) => ({ weight: 2, arbitrary })),
    ),
    { minLength: 1, maxLength: 25 },
  );

interface Run {
  outcome: string;
  /** The state where the second watch began, and what happened from there on. */
  before: Map<string, number>;
  since: Fact[];
  /** What of it had happened when it started. */
  missed: number;
  reports: Report[];
}

/**
 * Two lives: the first watches for a while; then things happen that nobody sees; then the second starts from where the
 * first left off, or from any earlier moment.
 */
async function run(
  scripts: { first: Step[]; gap: Step[]; second: Step[] },
  options: { labelSelector: string | undefined; pageSize: number; back: number; silenceMs: number },
): Promise<Run> {
  const { labelSelector, back } = options;
  const simulator = createKubernetesSimulator();
  const { kubeconfig } = await simulator.start();
  const connection = connect({ kubeconfig: writeTemporary('kubeconfig', kubeconfig) });
  const facts = recordFacts(simulator, labelSelector);
  const mark = (name: string): string => {
    const object = simulator.cluster.apply(application(name, { labels: { team: 'web' } }));
    return (object.metadata as { uid: string }).uid;
  };
  const lives: Life[] = [];
  const nextLife = (from: number): Life => {
    const life = live(connection, facts, labelSelector, options, from);
    lives.push(life);
    return life;
  };
  try {
    mark('zz-first');
    const first = nextLife(0);
    first.reflector.start();
    await first.reflector.ready();
    for (const step of scripts.first) {
      await step(simulator);
      first.check();
    }
    await first.reflector.stop();
    first.check();
    const left = Number(first.reflector.revision());
    const earlier = facts.filter(({ revision }) => revision <= left);
    const from = earlier.at(-1 - back)?.revision ?? left;

    for (const step of scripts.gap) await step(simulator);
    mark('zz-gap');
    const missed = facts.filter(({ revision }) => revision > from).length;

    const second = nextLife(from);
    second.reflector.start(String(from));
    for (const step of scripts.second) {
      await step(simulator);
      second.check();
    }
    simulator.faults.clear();
    simulator.faults.watches.clear();
    for (let n = 0; n === 0 || second.reflector.state().phase !== 'watching'; n += 1) {
      await second.reported(mark(`zz-second-${n}`));
    }
    const outcome = await second.reflector.caughtUp();
    second.check();

    expect(lives.map(({ wrong }) => wrong)).toEqual([[], []]);
    const final = [...second.reflector.values()] as { uid: string; resourceVersion: string }[];
    expect(new Map(final.map(({ uid, resourceVersion }) => [uid, Number(resourceVersion)]))).toEqual(
      stateAt(facts, Number.POSITIVE_INFINITY),
    );
    return {
      outcome,
      before: stateAt(facts, from),
      since: facts.filter(({ revision }) => revision > from),
      missed,
      reports: second.reports,
    };
  } finally {
    await Promise.all(lives.map(({ reflector }) => reflector.stop()));
    await connection.close();
    await simulator.stop();
  }
}

const settings = fc.record({
  labelSelector: fc.constantFrom(undefined, 'team=web'),
  pageSize: fc.integer({ min: 1, max: 4 }),
  back: fc.nat(6),
});

it('however often it is cut off, a watch that resumes reports exactly what came after, in order', async () => {
  const scripts = fc.record({ first: script(), gap: script(), second: script(cut) });
  await fc.assert(
    fc.asyncProperty(scripts, fc.array(cut, { maxLength: 4 }), settings, async (lives, cuts, options) => {
      const gap = [...lives.gap, ...cuts];
      const { outcome, before, since, missed, reports } = await run(
        { ...lives, gap },
        { ...options, silenceMs: 600_000 },
      );
      expect(outcome).toBe('replayed');
      // What has not changed since is listed, all else is shown change by change: first what was missed.
      const listed = reports.filter(({ uid, revision }) => before.get(uid) === revision);
      expect(listed.every(({ isReplayed, isGone }) => !isReplayed && !isGone)).toBe(true);
      const shownSince = reports.slice(listed.length);
      expect(shownSince.map(textOf)).toEqual(since.map(textOf));
      const replayed = shownSince.filter(({ isReplayed }) => isReplayed);
      expect(replayed).toEqual(shownSince.slice(0, replayed.length));
      expect(replayed.length).toBeGreaterThanOrEqual(missed);
    }),
    runs(150),
  );
});

it('whatever happens, what is replayed is the beginning of what came after, and the rest is not lost', async () => {
  const scripts = fc.record({
    first: script(fault),
    gap: script(cut, worse),
    second: script(fault, cut, worse),
  });
  await fc.assert(
    fc.asyncProperty(scripts, settings, async (lives, options) => {
      // Some watches are stalled here.
      const { outcome, since, missed, reports } = await run(lives, { ...options, silenceMs: 60 });
      const replayed = reports.filter(({ isReplayed }) => isReplayed).map(textOf);
      expect(replayed).toEqual(since.slice(0, replayed.length).map(textOf));
      expect(outcome === 'listed' || replayed.length >= missed).toBe(true);
    }),
    runs(150),
  );
});
