import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SlackCallRecord } from '../../simulator/slack.ts';
import { pick } from '../random.ts';
import { allStores, type FaultContext, replicas, type Scenario, servers } from '../scenario.ts';

const readyPatience = 90_000;

/** Ends the process, and starts it again at once. */
async function replace(
  { kill, over }: FaultContext,
  process: FaultContext['world']['processes'][number],
  how: 'SIGKILL' | 'SIGTERM' = 'SIGKILL',
): Promise<void> {
  if (how === 'SIGKILL') await kill(process);
  else {
    const code = await process.end('SIGTERM');
    if (code !== 0) throw new Error(`${process.host} ended with ${code} at SIGTERM: ${process.logFile}`);
  }
  process.start();
  over();
}

/** The next call that posts, when it has arrived at Slack: before it is answered, or right after. */
function nextPost(context: FaultContext, isBefore: boolean): Promise<SlackCallRecord | undefined> {
  const { slack } = context.world;
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(undefined), 5_000);
    const finish = (call: SlackCallRecord | undefined) => {
      clearTimeout(timer);
      stop();
      resolve(call);
    };
    const stop = isBefore
      ? () => undefined
      : slack.onCall((call) => {
          if (call.method === 'chat.postMessage') finish(call);
        });
    if (!isBefore) return;
    slack.fail(
      // It posts, and its answer is never seen; or it is never done.
      context.random() < 0.5 ? { kind: 'done', answer: { kind: 'hang' } } : { kind: 'hang' },
      {
        where: (call) => {
          if (call.method !== 'chat.postMessage') return false;
          setImmediate(finish, call);
          return true;
        },
      },
    );
  });
}

export const processScenarios: readonly Scenario[] = [
  {
    name: 'kill',
    what: 'SIGKILL at any moment, started again at once',
    stores: allStores,
    async fault(context) {
      await context.pause(500, 4_000);
      const process = context.any();
      await replace(context, process);
      // Now and then before it is ready.
      if (context.random() < 0.8) await process.ready(readyPatience);
    },
  },
  {
    name: 'kill-between',
    what: 'SIGKILL between request and answer of Slack, or right after the answer',
    stores: allStores,
    async fault(context) {
      const process = context.any();
      await process.ready(readyPatience);
      await context.pause(300, 1_500);
      await nextPost(context, context.random() < 0.6);
      context.world.slack.clearFaults();
      await replace(context, process);
    },
  },
  {
    name: 'term',
    what: 'SIGTERM at any moment, started again at once',
    stores: allStores,
    async fault(context) {
      await context.pause(500, 4_000);
      const process = context.any();
      await process.ready(readyPatience);
      await replace(context, process, 'SIGTERM');
    },
  },
  {
    name: 'replicas-kill',
    what: 'two replicas; SIGKILL of either at any moment, started again later',
    stores: servers,
    hosts: replicas,
    async fault(context) {
      await context.pause(500, 4_000);
      const process = context.any();
      await context.kill(process);
      context.over();
      await context.pause(0, 10_000);
      process.start();
      await process.ready(readyPatience);
    },
  },
  {
    name: 'replicas-rolling',
    what: 'two replicas; each stopped with SIGTERM and started again, as in an upgrade',
    stores: servers,
    hosts: replicas,
    async fault(context) {
      for (const process of context.world.processes) {
        await process.ready(readyPatience);
        await context.pause(500, 2_000);
        await replace(context, process, 'SIGTERM');
        await process.ready(readyPatience);
      }
    },
  },
  {
    name: 'replicas-paused',
    what: 'two replicas; one stopped (SIGSTOP) for 5 to 20 s, then continued',
    stores: servers,
    hosts: replicas,
    async fault(context) {
      await context.pause(1_000, 4_000);
      const process = context.any();
      process.signal('SIGSTOP');
      await context.pause(5_000, 20_000);
      process.signal('SIGCONT');
      context.over();
    },
  },
  {
    name: 'two-by-mistake',
    what: 'two processes that take each other for their predecessor; either killed and started again',
    stores: servers,
    hosts: ['herald', 'herald'],
    async fault(context) {
      await context.pause(1_000, 5_000);
      await replace(context, pick(context.random, context.world.processes));
    },
  },
  {
    name: 'clock-step',
    what: 'the clock of the process steps by an hour, forth and back',
    stores: ['redis'],
    preload: join(import.meta.dirname, '..', 'clock.ts'),
    async fault(context) {
      await context.pause(3_000, 8_000);
      context.any().signal('SIGUSR2');
      context.over();
      await delay(1);
    },
  },
];
