import type { Scenario } from '../scenario.ts';

const [earlier, current] = [0, 1];

export const upgrade: Scenario = {
  name: 'upgrade',
  about:
    'the release before is at work, with a backlog since Slack answers 503; this one starts beside it, and goes on alone, killed now and then (on sqlite, after it)',
  hosts: ['earlier', 'herald'],
  isUpgrade: true,
  // The release before does not keep the order of a channel.
  allowsDisorder: true,
  async run({ world, store, goesOn, pause, fault, cured, kill, stop, start, duration }) {
    await pause(2_000, 6_000);
    fault('Slack: 503');
    world.slack.fail({ kind: 'status', status: 503 }, { times: Number.POSITIVE_INFINITY });
    await pause(1_000, 5_000);
    if (store === 'sqlite') await stop(earlier);
    fault('the upgrade begins');
    await start(current);
    await pause(0, 3_000);
    world.slack.clearFaults();
    cured('Slack is back');
    await pause(0, duration / 4);
    if (store !== 'sqlite') await stop(earlier);
    while (goesOn()) {
      await pause(3_000, 10_000);
      await kill(current);
      await start(current);
    }
  },
};
