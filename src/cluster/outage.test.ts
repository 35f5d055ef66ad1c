import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { createLog } from '../log.ts';
import type { JsonObject } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { ClusterError } from './cluster-error.ts';
import type { ApiRequest, Connection } from './connect.ts';
import { createReachability } from './reachability.ts';
import { createReflector } from './reflector.ts';

// Outages of an API server as one of 1.34 goes through them, in simulated time: what Herald asks meanwhile, and when
// it sees again.

type Answer = Error | 'ok';

const refusal = (status: number, reason: string, retryAfterMs?: number) =>
  new ClusterError(`${status} ${reason}`, {
    kind: 'status',
    status,
    reason,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
const away = new ClusterError('connect ECONNREFUSED', { kind: 'network' });
const forbidden = refusal(403, 'Forbidden');
const initializing = refusal(429, 'TooManyRequests', 1_000);
const unauthorized = refusal(401, 'Unauthorized');

/** Six watches, as a leader has them, on one server that answers as `behave` says. */
function startWatches(random: number) {
  const clock = createSimulatedClock(1_000_000);
  const pass = clock.advance;
  const requests: number[] = [];
  let behave = (_verb: 'list' | 'watch' | 'probe'): Answer => 'ok';
  let streams: (() => void)[] = [];
  /** What came before it is forgotten. */
  let revision = '10';
  const reachability = createReachability({
    clock,
    longestRefused: () => 2_000,
    async probe() {
      requests.push(clock.now());
      const answer = behave('probe');
      if (answer instanceof Error) throw answer;
    },
  });
  function ask(verb: 'list' | 'watch'): Answer {
    requests.push(clock.now());
    const answer = behave(verb);
    if (answer instanceof Error) reachability.failed(answer);
    else reachability.answered();
    return answer;
  }
  const connection: Pick<Connection, 'json' | 'stream' | 'untilBack' | 'trouble'> = {
    untilBack: reachability.untilBack,
    trouble: reachability.trouble,
    async json(): Promise<JsonObject> {
      const answer = ask('list');
      if (answer instanceof Error) throw answer;
      return { metadata: { resourceVersion: revision }, items: [] };
    },
    async stream({ query, signal }: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
      const answer = ask('watch');
      if (answer instanceof Error) throw answer;
      const broken = Promise.withResolvers<'broken'>();
      streams.push(() => broken.resolve('broken'));
      signal?.addEventListener('abort', () => broken.resolve('broken'));
      return (async function* () {
        if (query?.resourceVersion !== revision) {
          const object = { code: 410, reason: 'Expired', message: 'too old resource version' };
          yield Buffer.from(`${JSON.stringify({ type: 'ERROR', object })}\n`);
          return;
        }
        await broken.promise;
        reachability.failed(away);
        throw away;
      })();
    },
  };
  const log = createLog({ level: 'silent', format: 'json' });
  const watches = Array.from({ length: 6 }, (_, n) =>
    createReflector(
      { connection, log, clock, random: () => random },
      {
        name: `watch-${n}`,
        path: '/api/v1/namespaces/argocd/secrets',
        read: (_object, { name }) => name,
        handlers: { upsert: () => undefined, delete: () => undefined },
        ...(n < 2 ? {} : { optional: { without: 'x', mend: 'y' } }),
      },
    ),
  );
  for (const watch of watches) watch.start();
  return {
    pass,
    requests,
    clock,
    breakAll() {
      for (const broken of streams) broken();
      streams = [];
    },
    setBehaviour: (next: typeof behave) => {
      behave = next;
    },
    restart: () => {
      revision = String(Number(revision) + 10);
      behave = starting(clock.now(), clock);
    },
    phases: () => new Set(watches.map((watch) => watch.state().phase)),
    failures: () =>
      watches.map((watch) => {
        const { status, since } = watch.state().failure ?? {};
        return { status, since };
      }),
    stop: () => Promise.all(watches.map((watch) => watch.stop())),
  };
}

/** From its first answer on: 100 ms without Roles, 300 ms without watch caches. */
function starting(since: number, clock: Clock) {
  return (verb: 'list' | 'watch' | 'probe'): Answer => {
    const age = clock.now() - since;
    if (age < 100) return forbidden;
    if (verb === 'probe') return 'ok';
    return verb === 'watch' && age < 300 ? initializing : 'ok';
  };
}

describe.each([0, 0.999])('an API server that restarts (chance %d)', (random) => {
  it.each([1, 5, 15, 30, 300])('after %i s is seen again within 3 s of its first answer', async (seconds) => {
    const { pass, requests, clock, breakAll, setBehaviour, restart, phases, stop } = startWatches(random);
    await pass(60_000);
    expect(phases()).toEqual(new Set(['watching']));
    const begun = clock.now();
    setBehaviour(() => away);
    breakAll();
    await pass(seconds * 1_000);
    const during = requests.filter((at) => at >= begun).length;
    // One for each watch, to find out; then two a second.
    expect(during).toBeLessThanOrEqual(6 + 2 * seconds + 2);

    const since = clock.now();
    restart();
    await pass(3_000);
    expect(phases()).toEqual(new Set(['watching']));
    const after = requests.filter((at) => at >= since);
    // Of each watch: 403, 429, a list and a watch, or two.
    expect(after.length).toBeLessThanOrEqual(6 * 7);
    await stop();
  });

  it.each([2, 20, 200])(
    'and rejects a token for %i s is seen again within 3 s of the new one',
    async (seconds) => {
      const { pass, requests, clock, breakAll, setBehaviour, restart, phases, failures, stop } =
        startWatches(random);
      await pass(60_000);
      const begun = clock.now();
      setBehaviour(() => unauthorized);
      breakAll();
      await pass(seconds * 1_000);
      // Each watch says so, though one request for all of them finds it out.
      expect(failures()).toEqual(Array.from({ length: 6 }, () => ({ status: 401, since: begun })));
      expect(requests.filter((at) => at >= begun).length).toBeLessThanOrEqual(6 + seconds + 2);
      restart();
      await pass(3_000);
      expect(phases()).toEqual(new Set(['watching']));
      expect(failures()).toEqual(Array.from({ length: 6 }, () => ({})));
      await stop();
    },
  );

  it('and refuses for good is not asked in a hurry for longer than half a minute', async () => {
    const { pass, requests, clock, breakAll, setBehaviour, stop } = startWatches(random);
    await pass(60_000);
    setBehaviour(() => away);
    breakAll();
    await pass(5_000);
    const since = clock.now();
    setBehaviour((verb) => (verb === 'probe' ? 'ok' : forbidden));
    await pass(30_000);
    const early = requests.filter((at) => at >= since).length;
    expect(early / 30).toBeLessThanOrEqual(16);
    await pass(570_000);
    expect((requests.length - early) / 570).toBeLessThanOrEqual(1);
    await stop();
  });
});
