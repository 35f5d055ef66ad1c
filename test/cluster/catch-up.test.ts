import { describe, expect, it, onTestFinished } from 'vitest';
import type { SimulatorOptions } from '../../simulator/kubernetes.ts';
import type { ObjectMetadata } from '../../src/cluster/kube-object.ts';
import { createReflector, type Reflector } from '../../src/cluster/reflector.ts';
import type { ReflectorOptions } from '../../src/cluster/reflector-options.ts';
import { argoPath, createWatchScope } from '../../src/cluster/scope.ts';
import { createApplicationWatch } from '../../src/cluster/watch-applications.ts';
import type { Application, JsonObject } from '../../src/model.ts';
import {
  application,
  createProbe,
  type Probe,
  quick,
  recordingLog,
  silentLog,
  startCluster,
  type TestCluster,
} from './support.ts';

interface Seen extends ObjectMetadata {
  n: number;
}

interface Life {
  reflector: Reflector<Seen>;
  probe: Probe<Seen>;
  records: Record<string, unknown>[];
}

interface Setup extends TestCluster {
  /** A process's watch, not yet started. */
  life: () => Life;
  apply: (name: string, n?: number, labels?: JsonObject) => void;
  remove: (name: string) => void;
  /** What a first process leaves behind that has seen everything so far. */
  leaveOff: () => Promise<string>;
}

async function setup(
  options: Partial<ReflectorOptions<Seen>> = {},
  simulated: SimulatorOptions = {},
): Promise<Setup> {
  const cluster = await startCluster({ bookmarkIntervalMs: 10, ...simulated });
  const { simulator, connection } = cluster;
  const { timings, ...rest } = options;
  function life(): Life {
    const probe = createProbe<Seen>();
    const { log, records } = recordingLog();
    const reflector = createReflector<Seen>(
      { connection, log },
      {
        name: 'applications',
        path: argoPath('applications', undefined),
        read: (object, metadata) => ({
          ...metadata,
          n: (object.status as { n: number } | undefined)?.n ?? 0,
        }),
        handlers: probe.handlers,
        timings: quick(timings),
        ...rest,
      },
    );
    onTestFinished(() => reflector.stop());
    return { reflector, probe, records };
  }
  return {
    ...cluster,
    life,
    apply: (name, n = 0, labels = {}) =>
      void simulator.cluster.apply(application(name, { labels, status: { n } })),
    remove: (name) => void simulator.cluster.remove({ kind: 'Application', namespace: 'argocd', name }),
    async leaveOff() {
      const { reflector } = life();
      reflector.start();
      await reflector.ready();
      await reflector.stop();
      const revision = reflector.revision();
      expect(revision).toBe(simulator.cluster.revision());
      return revision as string;
    },
  };
}

describe('a watch that resumes where an earlier process left off', () => {
  it('lists what has not changed, and shows each change of the rest, in order', async () => {
    const { apply, leaveOff, life, simulator } = await setup();
    for (const name of ['a', 'b', 'c']) apply(name);
    const from = await leaveOff();
    apply('b', 1);
    apply('c', 1);
    apply('b', 2);
    apply('d', 1);
    apply('b', 3);
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('replayed');
    expect(probe.seen).toEqual(['+a', '*+b', '*+c', '*~b', '*+d', '*~b', 'synced']);
    expect(probe.upserts.map(({ name, n }) => `${name}${n}`)).toEqual(['a0', 'b1', 'c1', 'b2', 'd1', 'b3']);
    expect(reflector.revision()).toBe(simulator.cluster.revision());
    // It is one watch, from then on as any other.
    apply('b', 4);
    await probe.until(() => probe.seen.at(-1) === '~b');
    expect(simulator.stats.watchQueries().map((query) => query.get('resourceVersion'))).toEqual([from]);
  });

  it('shows what came and went meanwhile', async () => {
    const { apply, remove, leaveOff, life } = await setup();
    apply('stays');
    const from = await leaveOff();
    apply('brief', 1);
    remove('brief');
    const { reflector, probe } = life();
    reflector.start(from);
    await reflector.caughtUp();
    expect(probe.seen).toEqual(['+stays', 'synced', '*+brief', '*-brief']);
  });

  it('shows the end of what the earlier process knew, as it was at last, and once', async () => {
    const { apply, remove, leaveOff, life, simulator } = await setup();
    apply('a', 1);
    apply('b', 1);
    const from = await leaveOff();
    apply('a', 2);
    remove('a');
    remove('b');
    const { reflector, probe } = life();
    reflector.start(from);
    await reflector.caughtUp();
    expect(probe.seen).toEqual(['synced', '*+a', '*-a', '*-b']);
    expect(probe.deletes.map(({ name, n }) => `${name}${n}`)).toEqual(['a2', 'b1']);
    expect(reflector.state()).toMatchObject({ objects: 0, synced: true });
    simulator.faults.watches.drop();
    apply('c');
    await probe.until(() => probe.seen.includes('+c'));
    expect(probe.deletes).toHaveLength(2);
  });

  it('shows an object that was deleted and created again as both', async () => {
    const { apply, remove, leaveOff, life } = await setup();
    apply('a', 1);
    const from = await leaveOff();
    remove('a');
    apply('a', 2);
    remove('a');
    apply('a', 3);
    const { reflector, probe } = life();
    reflector.start(from);
    await reflector.caughtUp();
    expect(probe.seen).toEqual(['*-a', '*+a', '*-a', '*+a', 'synced']);
    expect(new Set([...probe.upserts, ...probe.deletes].map(({ uid }) => uid)).size).toBe(3);
    expect(probe.deletes.map(({ n }) => n)).toEqual([1, 2]);
    expect(reflector.get('argocd', 'a')?.n).toBe(3);
  });

  it('is ready when all of the list was shown, not before', async () => {
    const { apply, leaveOff, life, simulator } = await setup();
    apply('a');
    const from = await leaveOff();
    apply('a', 1);
    apply('a', 2);
    simulator.faults.fail({ verb: 'watch', status: 429, times: 3 });
    const { reflector, probe } = life();
    const readyAt: (string | undefined)[] = [];
    reflector.start(from);
    await simulator.until(() => simulator.stats.requests('watch') === 3);
    expect(reflector.state()).toMatchObject({ synced: false, objects: 0, lists: 1 });
    expect(reflector.revision()).toBe(from);
    await probe.until(() => {
      if (!probe.seen.includes('synced')) return false;
      readyAt.push(probe.seen.at(-2));
      return true;
    });
    expect(readyAt).toEqual(['*~a']);
  });

  it('follows the label selector: what ceased to match is deleted, what began to is added', async () => {
    const { apply, leaveOff, life } = await setup({ labelSelector: 'team=web' });
    const web = { team: 'web' };
    apply('ceases', 1, web);
    apply('begins', 1);
    apply('returns', 1, web);
    apply('never', 1);
    const from = await leaveOff();
    apply('ceases', 2);
    apply('begins', 2, web);
    apply('returns', 2);
    apply('returns', 3, web);
    apply('never', 2);
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('replayed');
    expect(probe.seen).toEqual(['*-ceases', '*+begins', '*-returns', '*+returns', 'synced']);
    // As the server shows it: in the state that matched at last.
    expect(probe.deletes.map(({ name, n }) => `${name}${n}`)).toEqual(['ceases1', 'returns1']);
  });

  it.each(['drop', 'finish'] as const)('goes on where it was cut off in the middle: %s', async (how) => {
    const { apply, leaveOff, life, simulator } = await setup({ timings: { pageSize: 2 } });
    for (const name of ['a', 'b', 'c']) apply(name);
    const from = await leaveOff();
    for (let n = 1; n <= 12; n += 1) apply(n % 2 === 0 ? 'a' : 'b', n);
    simulator.faults.watches.interrupt({ after: 3, how }, { after: 0, how }, { after: 5, how });
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('replayed');
    expect(probe.upserts.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(reflector.state()).toMatchObject({ lists: 1 });
    expect(simulator.stats.requests('watch')).toBeGreaterThanOrEqual(4);
  });

  it.each(['malformed', 'truncated'] as const)(
    'goes on after a frame that is %s, and gives up one that always is',
    async (how) => {
      const { apply, leaveOff, life, simulator } = await setup();
      for (const name of ['a', 'b']) apply(name);
      const from = await leaveOff();
      for (let n = 1; n <= 4; n += 1) apply('a', n);
      apply('b', 5);
      simulator.faults.watches.interrupt({ after: 2, how });
      const once = life();
      once.reflector.start(from);
      expect(await once.reflector.caughtUp()).toBe('replayed');
      expect(once.probe.upserts.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
      await once.reflector.stop();

      simulator.faults.watches.interrupt({ after: 2, how }, { after: 0, how }, { after: 0, how });
      const always = life();
      always.reflector.start(from);
      expect(await always.reflector.caughtUp()).toBe('listed');
      expect(always.probe.upserts.map(({ n }) => n)).toEqual([1, 2, 4, 5]);
      expect(always.probe.seen).toEqual(['*+a', '*~a', '~a', '+b', 'synced']);
      expect(always.reflector.state().lists).toBe(1);
    },
  );
});

describe('a watch whose earlier revision the server has forgotten', () => {
  it('reports what the list showed, each object once, and goes on from there', async () => {
    const { apply, remove, leaveOff, life, simulator } = await setup();
    for (const name of ['a', 'b', 'c']) apply(name);
    const from = await leaveOff();
    apply('b', 1);
    apply('b', 2);
    remove('c');
    apply('d', 1);
    simulator.cluster.compact();
    const listed = simulator.cluster.revision();
    const { reflector, probe, records } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('listed');
    expect(probe.seen).toEqual(['+a', '+b', '+d', 'synced']);
    expect(reflector.revision()).toBe(listed);
    expect(reflector.get('argocd', 'b')?.n).toBe(2);
    apply('b', 3);
    await probe.until(() => probe.seen.at(-1) === '~b');
    expect(reflector.state()).toMatchObject({ lists: 1, restarts: { expired: 1 } });
    expect(records.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toEqual([
      'Changes since the last run cannot be shown, only what they led to',
    ]);
  });

  it('does so when the status says it instead of a frame', async () => {
    const { apply, leaveOff, life, simulator } = await setup();
    apply('a');
    const from = await leaveOff();
    apply('a', 1);
    simulator.faults.fail({ verb: 'watch', status: 410 });
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('listed');
    expect(probe.seen).toEqual(['+a', 'synced']);
    expect(reflector.state().lists).toBe(1);
  });

  it('does so in the middle: what was not shown yet comes from the list, what is gone is deleted', async () => {
    const { apply, remove, leaveOff, life, simulator } = await setup();
    for (const name of ['a', 'b', 'c']) apply(name);
    const from = await leaveOff();
    apply('a', 1);
    apply('brief', 1);
    apply('b', 1);
    // The watch gets as far as here.
    apply('a', 2);
    remove('brief');
    remove('c');
    apply('b', 2);
    simulator.faults.watches.interrupt({ after: 3, how: 'expire' });
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('listed');
    expect(probe.seen).toEqual(['*+a', '*+brief', '*+b', '~a', '~b', '-brief', 'synced']);
    expect(reflector.revision()).toBe(simulator.cluster.revision());
    expect([...reflector.values()].map(({ name, n }) => `${name}${n}`).toSorted()).toEqual(['a2', 'b2']);
    expect(reflector.state().lists).toBe(1);
  });

  it('lists again when that revision is forgotten, too', async () => {
    const { apply, leaveOff, life, simulator } = await setup();
    apply('a');
    const from = await leaveOff();
    apply('a', 1);
    simulator.faults.fail({ verb: 'watch', status: 410, times: 2 });
    const { reflector, probe } = life();
    reflector.start(from);
    await simulator.until(() => simulator.stats.requests('list') === 3);
    apply('a', 2);
    await probe.until(() => probe.seen.includes('~a'));
    expect(probe.seen).toEqual(['+a', 'synced', '~a']);
    expect(reflector.state().restarts.expired).toBe(2);
  });
});

describe('a revision to start from that is none', () => {
  it.each([
    ['of the future', '999999999999'],
    ['no number', 'abc'],
    ['negative', '-5'],
    ['a fraction', '10.5'],
    ['empty', ''],
    ['0, which means any', '0'],
    ['longer than any', '9'.repeat(400)],
  ])('%s: it is listed and watched as without', async (_what, from) => {
    const { apply, life, simulator } = await setup();
    apply('a');
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('listed');
    expect(probe.seen).toEqual(['+a', 'synced']);
    expect(reflector.revision()).toBe(simulator.cluster.revision());
    apply('a', 1);
    await probe.until(() => probe.seen.includes('~a'));
    expect(simulator.stats.requests('list')).toBe(1);
  });

  it('that of the list itself: nothing has happened', async () => {
    const { apply, leaveOff, life } = await setup();
    apply('a');
    const from = await leaveOff();
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('listed');
    expect(probe.seen).toEqual(['+a', 'synced']);
  });
});

describe('catching up', () => {
  it('takes the list that succeeds, after some that fail between pages', async () => {
    const { apply, remove, leaveOff, life, simulator } = await setup({ timings: { pageSize: 1 } });
    for (const name of ['a', 'b', 'c']) apply(name);
    const from = await leaveOff();
    apply('b', 1);
    const isSecondPage = (query: URLSearchParams): boolean => query.has('continue');
    simulator.faults.fail({ verb: 'list', status: 500, where: isSecondPage });
    const { reflector, probe } = life();
    // The first attempt has shown `a`; then it changes and goes.
    const changed = probe.until(() => {
      if (probe.seen.length !== 1) return false;
      apply('a', 1);
      remove('a');
      return true;
    });
    reflector.start(from);
    await changed;
    expect(await reflector.caughtUp()).toBe('replayed');
    expect(probe.seen.toSorted()).toEqual(['*+b', '*-a', '*~a', '+a', '+c', 'synced']);
    expect(probe.seen.filter((what) => what.startsWith('*'))).toEqual(['*+b', '*~a', '*-a']);
  });

  it('is over without a change once a bookmark says so', async () => {
    const { apply, leaveOff, life, simulator } = await setup();
    apply('a');
    const from = await leaveOff();
    // Others' objects take the cluster's revision forward.
    simulator.cluster.apply({ kind: 'ConfigMap', metadata: { name: 'c', namespace: 'argocd' } });
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.ready()).toBe(true);
    expect(await reflector.caughtUp()).toBe('replayed');
    expect(probe.seen).toEqual(['+a', 'synced']);
    expect(reflector.revision()).toBe(simulator.cluster.revision());
  });

  it('ends with stop, and leaves behind how far it came', async () => {
    const { apply, leaveOff, life, simulator } = await setup({}, { bookmarkIntervalMs: 60_000 });
    apply('a');
    const from = await leaveOff();
    for (let n = 1; n <= 4; n += 1) apply('a', n);
    const second = life();
    void second.probe.until(() => {
      if (second.probe.seen.length === 2) void second.reflector.stop();
      return second.probe.seen.length === 2;
    });
    second.reflector.start(from);
    expect(await second.reflector.caughtUp()).toBe('stopped');
    expect(await second.reflector.ready()).toBe(false);
    expect(second.probe.upserts.map(({ n }) => n)).toEqual([1, 2]);
    const third = life();
    third.reflector.start(second.reflector.revision());
    expect(await third.reflector.caughtUp()).toBe('replayed');
    expect(third.probe.upserts.map(({ n }) => n)).toEqual([3, 4]);
    expect(simulator.stats.requests('list')).toBe(3);
  });

  it('does not wait for a resource that is absent, and forgets the revision', async () => {
    const { life, simulator } = await setup(
      {
        optional: { without: 'much', mend: 'grant it' },
        path: argoPath('applicationsets', undefined),
        timings: { absentPollMs: 5 },
      },
      { absent: ['applicationsets'] },
    );
    const set = { kind: 'ApplicationSet', metadata: { name: 'set', namespace: 'argocd' } };
    const from = simulator.cluster.revision();
    const { reflector, probe } = life();
    reflector.start(from);
    expect(await reflector.caughtUp()).toBe('listed');
    expect(reflector.revision()).toBeUndefined();
    simulator.cluster.apply(set);
    simulator.cluster.setInstalled('applicationsets', true);
    await probe.until(() => probe.seen.includes('+set'));
    expect(probe.seen).toEqual(['synced', '+set']);
  });

  it('is what the watch of Applications does, within its namespaces', async () => {
    const { simulator, connection } = await startCluster({ bookmarkIntervalMs: 10 });
    const team = { namespace: 'team-a' };
    simulator.cluster.apply(application('own'));
    simulator.cluster.apply(application('other', team));
    const from = simulator.cluster.revision();
    simulator.cluster.remove({ kind: 'Application', name: 'other', ...team });
    simulator.cluster.apply(application('new', { namespace: 'team-b' }));
    simulator.cluster.remove({ kind: 'Application', namespace: 'argocd', name: 'own' });
    simulator.cluster.apply(application('brief', { ...team, status: { n: 1 } }));
    const probe = createProbe<Application>();
    const watch = createApplicationWatch(
      { connection, log: silentLog },
      { scope: createWatchScope('argocd', ['team-a']), handlers: probe.handlers, timings: quick() },
    );
    onTestFinished(() => watch.stop());
    watch.start(from);
    expect(await watch.caughtUp()).toBe('replayed');
    expect(probe.seen).toEqual(['*-other', '*-own', '*+brief', 'synced']);
  });
});
