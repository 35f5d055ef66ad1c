import { describe, expect, it, onTestFinished } from 'vitest';
import type { SimulatorOptions } from '../../simulator/kubernetes.ts';
import type { ObjectMetadata } from '../../src/cluster/kube-object.ts';
import { createReflector, type Reflector } from '../../src/cluster/reflector.ts';
import type { ReflectorOptions } from '../../src/cluster/reflector-options.ts';
import { argoPath } from '../../src/cluster/scope.ts';
import type { JsonObject } from '../../src/model.ts';
import {
  application,
  createProbe,
  type Probe,
  quick,
  recordingLog,
  startCluster,
  type TestCluster,
} from './support.ts';

interface Seen extends ObjectMetadata {
  status: JsonObject;
}

interface Setup extends TestCluster {
  reflector: Reflector<Seen>;
  probe: Probe<Seen>;
  records: Record<string, unknown>[];
  apply: (name: string, status?: JsonObject) => void;
  remove: (name: string) => void;
  /** Waits until a watch is open and shows everything up to now. */
  settled: () => Promise<void>;
}

async function setup(
  options: Partial<ReflectorOptions<Seen>> = {},
  simulated: SimulatorOptions = {},
): Promise<Setup> {
  const cluster = await startCluster(simulated);
  const { simulator, connection } = cluster;
  const probe = createProbe<Seen>();
  const { log, records } = recordingLog();
  const { timings, ...rest } = options;
  const reflector = createReflector<Seen>(
    { connection, log },
    {
      name: 'applications',
      path: argoPath('applications', undefined),
      read: (object, metadata) => ({ ...metadata, status: (object.status ?? {}) as JsonObject }),
      handlers: probe.handlers,
      timings: quick(timings),
      ...rest,
    },
  );
  onTestFinished(() => reflector.stop());
  let marks = 0;
  return {
    ...cluster,
    reflector,
    probe,
    records,
    apply: (name, status = {}) => void simulator.cluster.apply(application(name, { status })),
    remove: (name) => void simulator.cluster.remove({ kind: 'Application', namespace: 'argocd', name }),
    async settled() {
      await simulator.until(() => simulator.stats.openWatches() === 1);
      marks += 1;
      const mark = `zz-mark-${marks}`;
      simulator.cluster.apply(application(mark));
      await probe.until(() => probe.seen.includes(`+${mark}`));
    },
  };
}

const withoutMarks = (seen: string[]): string[] => seen.filter((what) => !what.includes('zz-mark'));

describe('handlers without room', () => {
  it('are shown nothing until they have some, and then everything, although the server has ended the watch of who reads so slowly', async () => {
    let room: PromiseWithResolvers<void> | undefined;
    const { simulator, reflector, probe, apply, settled } = await setup(
      { room: () => room?.promise },
      { maxBufferedBytes: 1_000_000 },
    );
    reflector.start();
    await settled();
    const before = probe.upserts.length;
    room = Promise.withResolvers();
    // More than sockets hold.
    const text = 'x'.repeat(200_000);
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    for (const n of numbers) apply('a', { n, text });
    await simulator.until(() => simulator.stats.openWatches() === 0);
    await probe.until(() => probe.upserts.length > before);
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(probe.upserts.length - before).toBe(1);
    const { resolve } = room;
    room = undefined;
    resolve();
    await probe.until(() => probe.upserts.at(-1)?.status.n === 99);
    expect(probe.upserts.slice(before).map(({ status }) => status.n)).toEqual(numbers);
    expect(reflector.state().lists).toBe(1);
  });

  it('do not keep the watch from being stopped', async () => {
    let isFull = false;
    const { reflector, probe, apply, settled } = await setup({
      room: () => (isFull ? new Promise(() => undefined) : undefined),
    });
    reflector.start();
    await settled();
    isFull = true;
    apply('a');
    await probe.until(() => probe.seen.includes('+a'));
    await expect(reflector.stop()).resolves.toBeUndefined();
  });
});

describe('the first list', () => {
  it('reads page after page, and is synced after the last', async () => {
    const { simulator, reflector, probe, apply } = await setup({ timings: { pageSize: 2 } });
    for (const name of ['a', 'b', 'c', 'd', 'e']) apply(name);
    reflector.start();
    expect(await reflector.ready()).toBe(true);
    expect(probe.seen).toEqual(['+a', '+b', '+c', '+d', '+e', 'synced']);
    expect(simulator.stats.requests('list')).toBe(3);
    expect(reflector.get('argocd', 'c')?.name).toBe('c');
    expect([...reflector.values()].map((object) => object.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('starts again when its continue token has expired, and reports nothing twice', async () => {
    const { simulator, reflector, probe, apply } = await setup({ timings: { pageSize: 2 } });
    for (const name of ['a', 'b', 'c', 'd', 'e']) apply(name);
    simulator.faults.delay({ verb: 'list', ms: 5 });
    let pages = 0;
    const expireOnce = simulator.until(() => {
      pages = simulator.stats.requests('list', 'applications');
      if (pages === 2) simulator.faults.expireHistory();
      return pages === 2;
    });
    reflector.start();
    await expireOnce;
    await reflector.ready();
    expect(probe.seen).toEqual(['+a', '+b', '+c', '+d', '+e', 'synced']);
    // a first page, a refused second, and then pages of twice the size
    expect(simulator.stats.requests('list')).toBe(2 + 2);
    expect(reflector.state().restarts.expired).toBe(1);
  });

  it('survives a storm of 500, 403, 401, 429, resets and garbage', async () => {
    const { simulator, reflector, probe, apply, records, settled } = await setup();
    apply('a');
    for (const status of [500, 403, 401, 429, 503]) simulator.faults.fail({ status, times: 4 });
    simulator.faults.reset({ times: 3 });
    simulator.faults.garble({ verb: 'list', times: 2 });
    reflector.start();
    await reflector.ready();
    await settled();
    expect(probe.seen.slice(0, 2)).toEqual(['+a', 'synced']);
    expect(reflector.state()).toMatchObject({ phase: 'watching', failure: undefined, lagMs: 0 });
    // Each failure is told once, not once an attempt; those that a person must mend as errors.
    const told = records
      .filter((record) => record.msg === 'The API server refuses the watch')
      .map((record) => record.status);
    expect(told).toEqual([403, 401]);
    const watchLines = records.filter((record) => record.level !== 'debug' && record.level !== 'trace');
    expect(watchLines.length).toBeLessThanOrEqual(8);
    expect(watchLines.at(-1)?.msg).toBe('Watch works again');
  });

  it('skips what is no object and goes on', async () => {
    const { reflector, probe, simulator, apply } = await setup({
      read: (_object, metadata) => {
        if (metadata.name === 'b') throw new Error('unreadable');
        return metadata.name === 'c' ? undefined : { ...metadata, status: {} };
      },
    });
    for (const name of ['a', 'b', 'c', 'd']) apply(name);
    reflector.start();
    await reflector.ready();
    expect(probe.seen).toEqual(['+a', '+d', 'synced']);
    expect(simulator.stats.requests('list')).toBe(1);
  });
});

describe('the watch', () => {
  it('asks for bookmarks, a bounded time and the revision of the list', async () => {
    const { simulator, reflector, apply } = await setup({
      labelSelector: 'team=web',
      fieldSelector: 'metadata.name!=x',
    });
    apply('a');
    reflector.start();
    await simulator.until(() => simulator.stats.openWatches() === 1);
    const [query] = simulator.stats.watchQueries();
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(Number(query?.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
    expect(Number(query?.get('timeoutSeconds'))).toBeLessThanOrEqual(600);
    expect(Number(query?.get('resourceVersion'))).toBeGreaterThan(0);
    expect(query?.get('labelSelector')).toBe('team=web');
    expect(query?.get('fieldSelector')).toBe('metadata.name!=x');
  });

  it('reports changes in order, a repeated revision not at all', async () => {
    const { reflector, probe, apply, remove, settled } = await setup();
    apply('a', { n: 1 });
    reflector.start();
    await reflector.ready();
    apply('a', { n: 2 });
    apply('b');
    remove('a');
    apply('a', { n: 3 });
    await settled();
    expect(withoutMarks(probe.seen)).toEqual(['+a', 'synced', '~a', '+b', '-a', '+a']);
    expect(probe.deletes.map((object) => object.status)).toEqual([{ n: 2 }]);
  });

  it('resumes where the connection broke: no list, nothing lost, nothing twice', async () => {
    const { simulator, reflector, probe, apply, settled } = await setup();
    apply('a', { n: 0 });
    reflector.start();
    await reflector.ready();
    for (let n = 1; n <= 10; n += 1) {
      await settled();
      simulator.faults.watches.drop();
      apply('a', { n });
    }
    await settled();
    expect(probe.upserts.filter((object) => object.name === 'a').map((object) => object.status.n)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(simulator.stats.requests('list')).toBe(1);
    expect(reflector.state().restarts.disconnected).toBe(10);
  });

  it('goes on at once when the server ends it in time', async () => {
    const { simulator, reflector, settled, records } = await setup();
    reflector.start();
    for (let n = 1; n <= 5; n += 1) {
      await settled();
      simulator.faults.watches.finish();
    }
    await settled();
    expect(reflector.state().restarts).toMatchObject({ ended: 5, disconnected: 0 });
    expect(records.filter((record) => record.level !== 'debug')).toEqual([]);
    expect(simulator.stats.openWatches()).toBe(1);
  });

  it('resumes from a bookmark, so that a quiet resource is not listed again', async () => {
    const { simulator, reflector, probe, apply } = await setup({ labelSelector: 'team=web' });
    simulator.cluster.apply(application('web', { labels: { team: 'web' } }));
    reflector.start();
    await simulator.until(() => simulator.stats.openWatches() === 1);
    // Changes that this watch does not see take the server past the revision that it began with.
    for (let n = 0; n < 5; n += 1) apply('other', { n });
    simulator.faults.watches.bookmark();
    simulator.faults.expireHistory();
    simulator.faults.watches.finish();
    await simulator.until(
      () => simulator.stats.requests('watch') === 2 && simulator.stats.openWatches() === 1,
    );
    simulator.cluster.apply(application('web', { labels: { team: 'web' }, status: { n: 1 } }));
    await probe.until(() => probe.seen.includes('~web'));
    expect(simulator.stats.requests('list')).toBe(1);
  });

  it('lists again on 410 and reports what was deleted meanwhile, with its last state', async () => {
    const { simulator, reflector, probe, apply, remove, settled } = await setup();
    for (const name of ['a', 'b', 'c']) apply(name, { n: name });
    reflector.start();
    await settled();
    simulator.faults.fail({ verb: 'watch', status: 503, times: 2 });
    simulator.faults.watches.drop();
    remove('b');
    apply('c', { n: 'changed' });
    remove('a');
    apply('a', { n: 'another' });
    simulator.faults.expireHistory();
    await settled();
    const after = withoutMarks(probe.seen).slice(4);
    expect(after.toSorted()).toEqual(['+a', '-a', '-b', '~c']);
    expect(new Set(probe.deletes.map((object) => object.status.n))).toEqual(new Set(['a', 'b']));
    expect(simulator.stats.requests('list')).toBe(2);
    expect(reflector.state()).toMatchObject({ lists: 2, restarts: { expired: 1 } });
  });

  it('is started anew when it is silent for too long', async () => {
    const { simulator, reflector, probe, apply, settled } = await setup({ timings: { silenceMs: 100 } });
    reflector.start();
    await settled();
    simulator.faults.watches.stall();
    apply('a');
    await probe.until(() => probe.seen.includes('+a'));
    expect(reflector.state().restarts.silent).toBeGreaterThanOrEqual(1);
    expect(simulator.stats.requests('list')).toBe(1);
  });

  it('is resumed after a frame that is no JSON, or half of one', async () => {
    const { simulator, reflector, probe, apply, settled } = await setup();
    reflector.start();
    await settled();
    for (const fault of ['malformed', 'truncated'] as const) {
      simulator.faults.watches.spoil(fault);
      apply(fault, { text: 'x'.repeat(100_000) });
      await settled();
      expect(probe.seen.filter((what) => what === `+${fault}`)).toHaveLength(1);
    }
    expect(reflector.state().restarts.malformed).toBe(2);
    expect(simulator.stats.requests('list')).toBe(1);
  });

  it('lists again when the frame after a revision cannot be read, again and again', async () => {
    const { simulator, reflector, probe, apply, settled } = await setup();
    reflector.start();
    await settled();
    // The same frame, of each watch that resumes before it.
    simulator.faults.watches.interrupt(
      ...Array.from({ length: 3 }, () => ({ after: 0, how: 'malformed' as const })),
    );
    simulator.faults.watches.drop();
    apply('a');
    await simulator.until(() => simulator.stats.requests('list') > 1);
    await probe.until(() => probe.seen.includes('+a'));
    await settled();
    expect(reflector.state()).toMatchObject({ lists: 2, restarts: { malformed: 3 } });
  });

  it('survives handlers that throw', async () => {
    const { reflector, records, apply } = await setup({
      handlers: {
        upsert: () => {
          throw new Error('full');
        },
        delete: () => {
          throw new Error('full');
        },
        synced: () => {
          throw new Error('full');
        },
      },
    });
    apply('a');
    reflector.start();
    expect(await reflector.ready()).toBe(true);
    expect(reflector.get('argocd', 'a')?.name).toBe('a');
    expect(records.filter((record) => record.msg === 'A handler of a watch failed')).toHaveLength(2);
  });

  it('takes one connection for itself, however often it breaks', async () => {
    const { simulator, reflector, settled } = await setup();
    reflector.start();
    for (let n = 0; n < 30; n += 1) {
      await settled();
      expect(simulator.stats.openWatches()).toBe(1);
      if (n % 3 === 0) simulator.faults.watches.drop();
      else if (n % 3 === 1) simulator.faults.watches.finish();
      else simulator.faults.watches.fail(500, 'etcd leader changed');
    }
    await settled();
    expect(simulator.stats.openWatches()).toBe(1);
    expect(simulator.stats.connections().open).toBeLessThanOrEqual(2);
  });
});

describe('start and stop', () => {
  it('stops in a watch: the connection ends, no handler is called any more', async () => {
    const { simulator, reflector, probe, settled, apply } = await setup();
    reflector.start();
    await settled();
    await reflector.stop();
    const count = probe.seen.length;
    await simulator.until(() => simulator.stats.openWatches() === 0);
    apply('late');
    expect(probe.seen).toHaveLength(count);
    expect(reflector.state().phase).toBe('stopped');
    expect(() => reflector.start()).toThrow('was started before');
  });

  it('stops between its first list and its first watch, which is not opened', async () => {
    const { simulator, reflector } = await setup();
    reflector.start();
    await reflector.ready();
    await reflector.stop();
    expect(simulator.stats.requests('watch')).toBe(0);
  });

  it('stops in a list, and in a pause', async () => {
    const listing = await setup();
    listing.simulator.faults.delay({ ms: 60_000 });
    listing.reflector.start();
    await listing.simulator.until(() => listing.simulator.stats.requests('list') === 1);
    await listing.reflector.stop();
    expect(await listing.reflector.ready()).toBe(false);
    expect(listing.probe.seen).toEqual([]);

    const waiting = await setup({ timings: { backoff: { baseMs: 60_000, capMs: 60_000 } } });
    waiting.simulator.faults.fail({ status: 500 });
    waiting.reflector.start();
    await waiting.simulator.until(() => waiting.simulator.stats.requests('list') === 1);
    await waiting.reflector.stop();
    expect(await waiting.reflector.ready()).toBe(false);
  });
});

describe('an optional resource', () => {
  it('that is absent is synced, empty and asked for again; it may appear and vanish', async () => {
    const { simulator, reflector, probe, records } = await setup(
      {
        optional: { without: 'much', mend: 'grant it' },
        path: argoPath('applicationsets', undefined),
        timings: { absentPollMs: 5 },
      },
      { absent: ['applicationsets'] },
    );
    const set = { kind: 'ApplicationSet', metadata: { name: 'set', namespace: 'argocd' } };
    reflector.start();
    await reflector.ready();
    expect(reflector.state()).toMatchObject({ phase: 'absent', synced: true, failure: undefined, lagMs: 0 });
    await simulator.until(() => simulator.stats.requests('list') >= 4);

    simulator.cluster.setInstalled('applicationsets', true);
    simulator.cluster.apply(set);
    await probe.until(() => probe.seen.includes('+set'));
    await simulator.until(() => simulator.stats.openWatches() === 1);

    simulator.cluster.setInstalled('applicationsets', false);
    await probe.until(() => probe.seen.includes('-set'));
    expect(probe.seen).toEqual(['synced', '+set', '-set']);
    const told = records.filter((record) => String(record.msg).startsWith('The resource is not there'));
    expect(told).toHaveLength(2);
  });

  it('that is forbidden is synced too, but what was seen is not taken for deleted', async () => {
    const { simulator, reflector, probe, apply, settled } = await setup({
      optional: { without: 'much', mend: 'grant it' },
      timings: { absentPollMs: 5 },
    });
    apply('a');
    reflector.start();
    await settled();
    simulator.faults.fail({ status: 403, times: 4 });
    simulator.faults.watches.drop();
    await settled();
    expect(probe.deletes).toEqual([]);
    expect(reflector.state()).toMatchObject({ phase: 'watching', objects: 3 });
  });
});
