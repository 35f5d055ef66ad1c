import { pick } from '../random.ts';
import { allStores, type FaultContext, replicas, type Scenario, servers } from '../scenario.ts';

/** One of these proxies' modes, for so long. */
async function disturb(
  { world, pause, over, random }: FaultContext,
  which: 'api' | 'slack' | 'store',
  modes: readonly ('refuse' | 'stall' | 'truncate')[],
  least: number,
  most: number,
): Promise<void> {
  const proxy = world.proxies[which];
  if (!proxy) throw new Error(`There is no proxy before ${which}`);
  await proxy.set(pick(random, modes));
  await pause(least, most);
  await proxy.set('pass');
  over();
}

export const surroundingScenarios: readonly Scenario[] = [
  {
    name: 'store-restart',
    what: 'SIGKILL of the server of the store (for PostgreSQL an immediate shutdown), started again',
    stores: servers,
    async fault({ world, pause, over, random }) {
      await pause(2_000, 6_000);
      const server = world.store;
      if (!server) throw new Error('This store has no server');
      await server.kill(world.queueUrl.startsWith('redis') ? 'SIGKILL' : 'SIGQUIT');
      await pause(0, random() < 0.5 ? 500 : 5_000);
      await server.start();
      over();
    },
  },
  {
    name: 'store-outage',
    what: 'the store refused or stalled for 5 to 30 s',
    stores: servers,
    async fault(context) {
      await context.pause(2_000, 5_000);
      await disturb(context, 'store', ['refuse', 'stall'], 5_000, 30_000);
    },
  },
  {
    name: 'store-cut',
    what: 'all connections to the store cut, again and again',
    stores: servers,
    async fault({ world, pause, over }) {
      await pause(300, 3_000);
      world.proxies.store?.cut();
      over();
    },
  },
  {
    name: 'store-away-at-start',
    what: 'started (after SIGKILL) while the store is away for 2 to 20 s',
    stores: servers,
    async fault(context) {
      const { world, pause, over, kill, any } = context;
      await pause(2_000, 4_000);
      const process = any();
      await kill(process);
      await world.proxies.store?.set('refuse');
      process.start();
      await pause(2_000, 20_000);
      await world.proxies.store?.set('pass');
      over();
      await process.ready(90_000);
    },
  },
  {
    name: 'replicas-partition',
    what: 'two replicas; all of their connections to the store stalled for 5 to 20 s',
    stores: servers,
    hosts: replicas,
    async fault(context) {
      await context.pause(2_000, 5_000);
      await disturb(context, 'store', ['stall'], 5_000, 20_000);
    },
  },
  {
    name: 'api-outage',
    what: 'the API server refused, stalled or cut in the middle of answers for 2 to 30 s',
    stores: ['redis'],
    async fault(context) {
      await context.pause(1_000, 4_000);
      await disturb(context, 'api', ['refuse', 'stall', 'truncate'], 2_000, 30_000);
    },
  },
  {
    name: 'watch-410',
    what: 'watches expire (410), also while the process is killed: what came and went unseen is forgotten',
    stores: ['redis'],
    deletes: false,
    async fault({ world, workload, pause, over, kill, any, random }) {
      await pause(1_000, 4_000);
      const { cluster, faults } = world.kubernetes;
      const process = any();
      const began = Date.now();
      const isKill = random() < 0.5;
      if (isKill) {
        await kill(process);
        await pause(0, 3_000);
      }
      cluster.compact();
      faults.watches.fail(410, 'too old resource version', 'applications');
      if (isKill) process.start();
      // A moment for what was under way.
      world.tally.forgive(began - 3_000, ({ text }) => workload.stands(text));
      over();
      await process.ready(90_000);
    },
  },
  {
    name: 'watch-garbage',
    what: 'frames of watches malformed or truncated, watches dropped, ended and silent',
    stores: ['redis'],
    async fault({ world, pause, over, random }) {
      await pause(300, 2_000);
      const { watches } = world.kubernetes.faults;
      pick(random, [
        () => watches.spoil('malformed'),
        () => watches.spoil('truncated'),
        () => watches.drop(),
        () => watches.finish(),
        () => watches.fail(500, 'etcd is on fire'),
      ])();
      over();
    },
  },
  {
    name: 'slack-outage',
    what: 'Slack refused, stalled, cut, or answering 500 for 5 to 30 s; its limit of about one message a second and channel is enforced',
    stores: allStores,
    slack: { rateLimit: { perSecond: 1.2, burst: 8 } },
    async fault(context) {
      await context.pause(1_000, 4_000);
      if (context.random() < 0.7) {
        await disturb(context, 'slack', ['refuse', 'stall', 'truncate'], 5_000, 30_000);
        return;
      }
      const { slack } = context.world;
      slack.fail({ kind: 'status', status: 500 }, { times: Number.POSITIVE_INFINITY });
      await context.pause(5_000, 30_000);
      slack.clearFaults();
      context.over();
    },
  },
  {
    name: 'slack-lost-answers',
    what: 'one post in five is done, and its answer lost: cut, stalled or hidden behind a 500',
    stores: allStores,
    fault: loseAnswers,
  },
  {
    name: 'slack-lost-answers-blind',
    what: 'the same with a token that may not read the history: at least once',
    stores: ['redis'],
    slack: { scopes: ['chat:write', 'chat:write.public'] },
    mayDouble: true,
    fault: loseAnswers,
  },
  {
    name: 'token-revoked',
    what: 'the token is revoked for 2 to 10 s, then the Secret changes: what was parked goes out by itself',
    stores: ['redis'],
    async fault({ world, pause, over }) {
      await pause(1_000, 3_000);
      world.slack.refuseAll('invalid_auth');
      await pause(2_000, 10_000);
      world.slack.refuseAll(undefined);
      // The same token under another text: a new Secret all the same.
      world.setToken(`${world.slack.token}\n`);
      await pause(200, 500);
      world.setToken(world.slack.token);
      over();
      await pause(25_000, 30_000);
    },
  },
];

async function loseAnswers({ world, pause, over, random }: FaultContext): Promise<void> {
  const answers = [{ kind: 'reset' }, { kind: 'hang' }, { kind: 'status', status: 500 }] as const;
  world.slack.fail(
    { kind: 'done', answer: pick(random, answers) },
    { where: ({ method }) => method === 'chat.postMessage' },
  );
  over();
  await pause(100, 500);
}
