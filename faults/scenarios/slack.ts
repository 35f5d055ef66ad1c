import { setTimeout as delay } from 'node:timers/promises';
import type { SlackSimulatorOptions } from '../../simulator/slack.ts';
import { between, pick } from '../random.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';

export const slackOutage: Scenario = {
  name: 'slack-outage',
  about: 'Slack is away for 5 to 30 s: 5xx, refused or silent; its limit for each channel is in force',
  slack: { rateLimit: { perSecond: 1, burst: 8 } },
  async run({ world, goesOn, pause, fault, cured, random, duration }) {
    const { slack, proxies } = world;
    while (goesOn()) {
      await pause(1_000, 5_000);
      const how = pick(random, ['503', 'refuse', 'stall'] as const);
      fault(`Slack: ${how}`);
      if (how === '503') slack.fail({ kind: 'status', status: 503 }, { times: Number.POSITIVE_INFINITY });
      else await proxies.slack.set(how);
      await delay(between(random, 5_000, Math.min(30_000, duration / 2)));
      slack.clearFaults();
      await proxies.slack.set('pass');
      cured('Slack is back');
      await pause(5_000, 20_000);
    }
  },
};

/** Of messages that Slack posts: how many answers are lost. */
const share = 0.25;

async function loseAnswers(context: ScenarioContext): Promise<void> {
  const { world, goesOn, pause, fault, cured, random } = context;
  const { slack, proxies } = world;
  while (goesOn()) {
    const how = pick(random, ['cut', 'hold', 'truncate'] as const);
    if (how === 'cut') {
      slack.fail(
        { kind: 'drop' },
        {
          times: Number.POSITIVE_INFINITY,
          where({ method }) {
            const isLost = method === 'chat.postMessage' && random() < share;
            if (isLost) fault('Slack posts and cuts the connection');
            return isLost;
          },
        },
      );
      await pause(3_000, 8_000);
      slack.clearFaults();
    } else {
      fault(`answers of Slack: ${how}`);
      await proxies.slack.set(how === 'hold' ? 'hold-answers' : 'truncate');
      await pause(1_000, 6_000);
      proxies.slack.cut();
      await proxies.slack.set('pass');
    }
    cured('answers of Slack arrive');
    await pause(1_000, 6_000);
  }
}

export const lostAnswers: Scenario = {
  name: 'slack-lost-answers',
  about: 'Slack posts, and its answer is lost: the connection is cut, held back or ends in the middle',
  run: loseAnswers,
};

const blindScopes: SlackSimulatorOptions['scopes'] = ['chat:write', 'chat:write.public'];

export const lostAnswersBlind: Scenario = {
  name: 'slack-lost-answers-blind',
  about: "the same with a token that may not read a channel's history: doubles are counted and allowed",
  slack: { scopes: blindScopes },
  allowsDoubles: true,
  run: loseAnswers,
};

/** As Slack limits apps that are distributed outside of its Marketplace. */
const smallQuota = { 'conversations.history': { perMinute: 1, mostItems: 15 } };

export const historyQuota: Scenario = {
  name: 'history-quota',
  about:
    'now and then Slack posts and its answer is lost, with a token that may read 15 messages of the history a minute',
  slack: { quotas: smallQuota },
  rate: 4,
  // A search reads a page a minute, one message after the other.
  patience: 600_000,
  async run({ world, goesOn, pause, fault, cured }) {
    const { slack } = world;
    for (let lost = 0; goesOn() && lost < 4; lost += 1) {
      slack.fail({ kind: 'drop' }, { where: ({ method }) => method === 'chat.postMessage' });
      await slack.until(() => slack.calls.at(-1)?.method === 'chat.postMessage', 60_000);
      fault('Slack posts and cuts the connection');
      cured('answers of Slack arrive');
      await pause(5_000, 15_000);
    }
    slack.clearFaults();
  },
};
