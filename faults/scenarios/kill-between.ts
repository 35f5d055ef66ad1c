import { setTimeout as delay } from 'node:timers/promises';
import type { SlackCallRecord } from '../../simulator/slack.ts';
import { pick } from '../random.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';

/** Milliseconds in which the moment has to come: a change that tells nobody anything is no such moment. */
const mostWaiting = 10_000;

type Point = (context: ScenarioContext) => Promise<void>;

/** Kills inside of `begin`'s callback, or after the time where it is not called. */
async function killWhen({ kill }: ScenarioContext, begin: (now: () => void) => void): Promise<void> {
  const moment = Promise.withResolvers<void>();
  let killing: Promise<void> | undefined;
  begin(() => {
    killing ??= kill();
    moment.resolve();
  });
  const timer = setTimeout(moment.resolve, mostWaiting);
  await moment.promise;
  clearTimeout(timer);
  await (killing ?? kill());
}

function onPost({ world: { slack } }: ScenarioContext, then: (call: SlackCallRecord) => void): void {
  const end = slack.onCall((call) => {
    if (call.method !== 'chat.postMessage') return;
    end();
    then(call);
  });
}

const slackPoints: Record<string, Point> = {
  'Slack has the request and has not posted': async (context) => {
    const { slack } = context.world;
    slack.fail({ kind: 'hang' }, { where: ({ method }) => method === 'chat.postMessage' });
    await killWhen(context, (now) => onPost(context, now));
    slack.clearFaults();
  },
  'Slack has posted, its answer is on the way': async (context) => {
    const { slack } = context.world.proxies;
    await slack.set('hold-answers');
    await killWhen(context, (now) => onPost(context, now));
    await slack.set('pass');
  },
  'the answer of Slack has just arrived': async (context) => {
    const pause = context.random() * 4;
    await killWhen(context, (now) => onPost(context, () => void delay(pause).then(now)));
  },
};

const storePoints: Record<string, Point> = {
  'the store is asked, and does not hear it': async (context) => {
    await killWhen(context, (now) =>
      context.world.proxies.stores[0]?.tap(() => {
        now();
        return false;
      }),
    );
  },
  'the store has heard, its answer is on the way': async (context) => {
    const [proxy] = context.world.proxies.stores;
    await proxy?.set('hold-answers');
    await killWhen(context, (now) =>
      proxy?.tap(() => {
        setImmediate(now);
        return true;
      }),
    );
    await proxy?.set('pass');
  },
};

/** SQLite writes inside the process: a moment after a change is as near as one comes from outside. */
const embeddedPoints: Record<string, Point> = {
  'a change was made just now': async (context) => {
    const before = context.world.tally.figures().changes;
    const end = performance.now() + mostWaiting;
    while (context.world.tally.figures().changes === before && performance.now() < end) await delay(1);
    await delay(context.random() * 30);
    await context.kill();
  },
};

export const killBetween: Scenario = {
  name: 'kill-between',
  share: 4,
  about:
    'SIGKILL exactly while Slack is asked, has posted or has answered, and while the store is asked or has heard',
  async run(context) {
    const { goesOn, pause, fault, start, random, store } = context;
    const points = Object.entries({ ...slackPoints, ...(store === 'sqlite' ? embeddedPoints : storePoints) });
    while (goesOn()) {
      await pause(500, 2_500);
      const [name, point] = pick(random, points);
      fault(`kill when ${name}`);
      await point(context);
      await start();
    }
  },
};
