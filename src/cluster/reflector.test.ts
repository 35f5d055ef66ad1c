import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { createLog } from '../log.ts';
import type { JsonObject } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { ClusterError } from './cluster-error.ts';
import type { ApiRequest } from './connect.ts';
import { createReflector } from './reflector.ts';
import type { ReflectorTimings } from './reflector-options.ts';

// Time and chance are the test's here: what the reflector does when, without a connection. What it does over a real
// one is in test/cluster.

/** One watch as the server side of it sees it. */
interface Stream {
  at: number;
  query: ApiRequest['query'];
  send(frame: object): void;
  end(): void;
  fail(error: Error): void;
}

function createServer(clock: Clock) {
  const requests: { at: number; verb: 'list' | 'watch' }[] = [];
  const streams: Stream[] = [];
  const server = {
    requests,
    streams,
    list: (): JsonObject => ({ metadata: { resourceVersion: '10' }, items: [] }),
    watch: (): Error | undefined => undefined,
    /** Whether it was away, for whoever has to wait. */
    untilBack: (): Promise<boolean> => Promise.resolve(false),
    json(_request: ApiRequest): Promise<JsonObject> {
      requests.push({ at: clock.now(), verb: 'list' });
      return Promise.resolve().then(() => server.list());
    },
    async stream({ query, signal }: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
      requests.push({ at: clock.now(), verb: 'watch' });
      const refused = server.watch();
      if (refused !== undefined) throw refused;
      const pending: (Uint8Array | Error | undefined)[] = [];
      let wake = (): void => undefined;
      const push = (item: Uint8Array | Error | undefined): void => {
        pending.push(item);
        wake();
      };
      streams.push({
        at: clock.now(),
        query,
        send: (frame) => push(Buffer.from(`${JSON.stringify(frame)}\n`)),
        end: () => push(undefined),
        fail: push,
      });
      signal?.addEventListener('abort', () => push(signal.reason as Error));
      return (async function* () {
        for (;;) {
          while (pending.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          const item = pending.shift();
          if (item === undefined) return;
          if (item instanceof Error) throw item;
          yield item;
        }
      })();
    },
  };
  return server;
}

function start(
  timings: Partial<ReflectorTimings> = {},
  random = 0,
  optional = false,
  resumed?: { from: string; list: JsonObject },
) {
  const lines: JsonObject[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as JsonObject);
  const clock = createSimulatedClock(1_000_000);
  const server = createServer(clock);
  if (resumed !== undefined) server.list = () => resumed.list;
  const seen: string[] = [];
  const reflector = createReflector(
    {
      connection: server,
      log: createLog({ level: 'warn', format: 'json' }, { write }),
      clock,
      random: () => random,
    },
    {
      name: 'applications',
      path: '/apis/argoproj.io/v1alpha1/applications',
      read: (_object, metadata) => metadata.name,
      handlers: {
        upsert: (name) => void seen.push(`+${name}`),
        delete: (name) => void seen.push(`-${name}`),
      },
      ...(optional ? { optional: { without: 'much', mend: 'grant it' } } : {}),
      timings,
    },
  );
  const begun = clock.now();
  reflector.start(resumed?.from);
  return {
    pass: clock.advance,
    settle: clock.settle,
    server,
    reflector,
    seen,
    /** Warnings and errors that were logged. */
    lines,
    /** Milliseconds since the start of each request of a verb. */
    times: (verb: 'list' | 'watch') =>
      server.requests.filter((r) => r.verb === verb).map(({ at }) => at - begun),
    last: (): Stream => server.streams.at(-1) as Stream,
  };
}

const bookmark = (resourceVersion: string) => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion } },
});
const status = (code: number, more: object = {}) =>
  new ClusterError('refused', { kind: 'status', status: code, ...more });

describe('objects without an identity', () => {
  const odd = { length: { toString: 0 } };
  const good = (name: string, resourceVersion: string) => ({
    metadata: { uid: name, namespace: 'argocd', name, resourceVersion },
  });

  it.each(['uid', 'name', 'namespace'])(
    'of an odd %s end neither list nor watch, and are told once',
    async (field) => {
      const bad = (resourceVersion: string) => ({
        metadata: { ...good('bad', resourceVersion).metadata, [field]: odd },
      });
      const { server, pass, last, reflector, seen, lines } = start();
      server.list = () => ({ metadata: { resourceVersion: '10' }, items: [bad('5'), good('a', '6')] });
      await pass(0);
      last().send({ type: 'MODIFIED', object: bad('11') });
      last().send({ type: 'DELETED', object: bad('12') });
      last().send({ type: 'ADDED', object: good('b', '13') });
      await pass(0);
      expect(seen).toEqual(['+a', '+b']);
      expect(server.streams).toHaveLength(1);
      expect(reflector.revision()).toBe('13');
      const {
        [field]: _odd,
        resourceVersion: _version,
        ...place
      } = good('bad', '').metadata as Record<string, string>;
      expect(lines).toMatchObject([{ level: 'warn', ...place }]);
      await reflector.stop();
    },
  );

  it('of a list are skipped whatever they are, and so is a list of an odd revision', async () => {
    const { server, pass, reflector, seen, lines } = start();
    server.list = () => ({ metadata: { resourceVersion: odd }, items: [] });
    await pass(100);
    expect(reflector.state()).toMatchObject({ synced: false, restarts: { malformed: 1 } });
    const items = [null, 7, 'a', [], {}, { metadata: null }, { metadata: odd }, good('a', '6')];
    server.list = () => ({ metadata: { resourceVersion: '10' }, items });
    await pass(10_000);
    expect(seen).toEqual(['+a']);
    expect(lines.filter(({ msg }) => JSON.stringify(msg).includes('Skipped'))).toHaveLength(1);
    await reflector.stop();
  });

  it('of no revision either restart the watch where it was', async () => {
    const { pass, last, reflector } = start();
    await pass(0);
    last().send(bookmark('11'));
    last().send({ type: 'ADDED', object: { metadata: { resourceVersion: odd } } });
    await pass(1_000);
    expect(reflector.state().restarts.malformed).toBe(1);
    expect(last().query).toMatchObject({ resourceVersion: '11' });
    await reflector.stop();
  });
});

describe('the reflector in time', () => {
  it('spaces failing lists out up to half a minute, and goes on for ever', async () => {
    const { server, pass, times, reflector } = start();
    server.list = () => {
      throw status(500);
    };
    await pass(120_000);
    // half of each ceiling, since chance says 0: 250, 500, 1000 … 15000
    expect(times('list').slice(0, 8)).toEqual([0, 250, 750, 1750, 3750, 7750, 15_750, 30_750]);
    expect(times('list').length).toBe(13);
    expect(reflector.state()).toMatchObject({ synced: false, lagMs: 120_000, phase: 'waiting' });
    expect(reflector.state().failure?.what).toMatch(/^refused 500/);
    await reflector.stop();
  });

  it('goes on trying every few seconds what cannot be reached', async () => {
    const { server, pass, times, reflector } = start();
    server.list = () => {
      throw new ClusterError('connect ECONNREFUSED', { kind: 'network' });
    };
    await pass(40_000);
    expect(times('list').slice(0, 9)).toEqual([0, 250, 750, 1_750, 3_750, 7_750, 15_750, 23_750, 31_750]);
    await reflector.stop();
  });

  it('begins with short delays again once a watch has shown something', async () => {
    const { server, pass, times, last, reflector } = start();
    server.watch = () => status(503);
    await pass(10_000);
    server.watch = () => undefined;
    await pass(10_000);
    last().send(bookmark('11'));
    await pass(0);
    last().fail(new ClusterError('reset', { kind: 'network' }));
    const before = times('watch').length;
    await pass(250);
    expect(times('watch').length).toBe(before + 1);
    expect(last().query).toMatchObject({ resourceVersion: '11' });
    await reflector.stop();
  });

  it('honours Retry-After', async () => {
    const { server, pass, times, reflector } = start();
    server.watch = () => (server.requests.length <= 2 ? status(429, { retryAfterMs: 20_000 }) : undefined);
    await pass(30_000);
    expect(times('watch')).toEqual([0, 20_000]);
    await reflector.stop();
  });

  it('opens another watch in place of one without frames, which is no failure, and lists again when that repeats', async () => {
    const { pass, times, last, reflector, server } = start({ silenceMs: 120_000 });
    await pass(100_000);
    last().send(bookmark('11'));
    await pass(119_000);
    expect(times('watch')).toEqual([0]);
    expect(reflector.state().lagMs).toBe(0);
    await pass(2000);
    expect(times('watch')).toEqual([0, 220_000]);
    expect(last().query).toMatchObject({ resourceVersion: '11' });
    await pass(300_000);
    // As of a collection that does not change, where etcd does not tell of its progress: for good, and never blind.
    expect(times('watch')).toEqual([0, 220_000, 340_000, 460_000]);
    expect(reflector.state()).toMatchObject({ lagMs: 0, failure: undefined, restarts: { silent: 3 } });
    expect(times('list').length).toBe(2);
    expect(server.streams.length).toBe(4);
    await pass(3_600_000);
    expect(times('watch').at(-1)).toBe(4_060_000);
    await reflector.stop();
  });

  it('counts as lag the time since a silent watch showed something', async () => {
    const { pass, server, last, reflector } = start({ silenceMs: 120_000 });
    await pass(10_000);
    last().send(bookmark('11'));
    await pass(1);
    server.watch = () => status(503);
    await pass(150_000);
    expect(reflector.state().lagMs).toBeGreaterThanOrEqual(149_000);
    await reflector.stop();
  });

  it('opens the next watch at once when the server ended one in time', async () => {
    const { pass, times, last, reflector } = start();
    await pass(5000);
    last().end();
    await pass(0);
    expect(times('watch')).toEqual([0, 5000]);
    expect(reflector.state().failure).toBeUndefined();
    await reflector.stop();
  });

  it('does not spin when the server ends every watch at once', async () => {
    const { server, pass, times, reflector } = start();
    const stream = server.stream.bind(server);
    server.stream = async (request) => {
      const chunks = await stream(request);
      server.streams.at(-1)?.end();
      return chunks;
    };
    await pass(60_000);
    expect(times('watch').length).toBeLessThan(12);
    expect(reflector.state().failure?.what).toMatch(/ended the watch at once/);
    await reflector.stop();
  });

  it('does not list in a hurry when every revision is too old at once', async () => {
    const { server, pass, times, reflector } = start();
    server.watch = () => status(410);
    await pass(60_000);
    expect(times('list').slice(0, 4)).toEqual([0, 0, 500, 1500]);
    expect(times('list').length).toBeLessThan(12);
    await reflector.stop();
  });

  it.each([403, 404])('does not list in a hurry what may be listed but not watched: %i', async (code) => {
    const { server, pass, times, reflector } = start({}, 0, true);
    server.watch = () => status(code);
    await pass(60_000);
    expect(times('list').length).toBeLessThan(12);
    expect(reflector.state()).toMatchObject({ synced: true });
    await reflector.stop();
  });

  it('gives up a revision that only gets errors, but not for want of permission', async () => {
    const { server, pass, times, reflector } = start();
    server.watch = () => status(500);
    await pass(5000);
    expect(times('list').length).toBe(2);
    server.watch = () => status(403);
    await pass(600_000);
    expect(times('list').length).toBe(2);
    await reflector.stop();
  });

  it('spreads the end of its watches', async () => {
    const ends = await Promise.all(
      [0, 0.5, 0.999].map(async (random) => {
        const { pass, last, reflector } = start({}, random);
        await pass(0);
        const seconds = last().query?.timeoutSeconds;
        await reflector.stop();
        return seconds;
      }),
    );
    expect(ends).toEqual([300, 450, 600]);
  });
});

describe('the reflector that resumes', () => {
  const item = (name: string, resourceVersion: string): JsonObject => ({
    metadata: { name, namespace: 'argocd', uid: name, resourceVersion },
  });
  const changed = (name: string, revision: string) => ({ type: 'MODIFIED', object: item(name, revision) });
  const resume = (...items: JsonObject[]) =>
    start({}, 0, false, { from: '5', list: { metadata: { resourceVersion: '10' }, items } });

  it('claims what the watch has shown, and is over with the revision of the list', async () => {
    const { pass, last, reflector, seen } = resume(item('a', '4'), item('b', '8'));
    expect(reflector.revision()).toBeUndefined();
    await pass(0);
    expect([reflector.revision(), reflector.state().synced, last().query?.resourceVersion]).toEqual([
      '5',
      false,
      '5',
    ]);
    last().send(changed('b', '7'));
    last().send(bookmark('7'));
    await pass(0);
    expect([reflector.revision(), reflector.state().synced]).toEqual(['7', false]);
    last().send(changed('b', '8'));
    await pass(0);
    expect([reflector.revision(), reflector.state().synced]).toEqual(['8', true]);
    last().send(bookmark('12'));
    await pass(0);
    expect(await reflector.caughtUp()).toBe('replayed');
    expect(reflector.revision()).toBe('12');
    expect(seen).toEqual(['+a', '+b', '+b']);
    await reflector.stop();
  });

  it('does not go back where a watch shows something again', async () => {
    const { pass, last, reflector, seen } = resume(item('a', '8'));
    await pass(0);
    last().send(changed('a', '7'));
    last().send(changed('a', '6'));
    last().send(bookmark('5'));
    await pass(0);
    expect([seen, reflector.revision()]).toEqual([['+a'], '7']);
    await reflector.stop();
  });

  it('reports from the list what a watch that is past it has not shown', async () => {
    const { pass, last, reflector, seen } = resume(item('a', '8'));
    await pass(0);
    last().send(changed('b', '11'));
    await pass(0);
    expect(seen).toEqual(['+a', '+b']);
    expect([await reflector.caughtUp(), reflector.revision()]).toEqual(['replayed', '11']);
    await reflector.stop();
  });

  it('gives up where revisions have no order', async () => {
    const { pass, last, reflector, seen, server } = resume(item('a', '8'));
    for (let n = 0; n < 3; n += 1) {
      await pass(10_000);
      last().send(changed('a', 'opaque'));
    }
    await pass(10_000);
    expect(await reflector.caughtUp()).toBe('listed');
    expect(seen).toEqual(['+a']);
    expect(last().query?.resourceVersion).toBe('10');
    expect(server.requests.filter(({ verb }) => verb === 'list')).toHaveLength(1);
    await reflector.stop();
  });
});
