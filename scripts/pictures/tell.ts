/** What a story tells, in a simulated Slack: decided, rendered and sent by Herald itself, on the story's clock. */
import { createSlackSimulator } from '../../simulator/slack.ts';
import type { JsonObject } from '../../src/model.ts';
import { createSimulatedClock } from '../../src/simulated-clock.ts';
import { snapshot } from '../../src/testing/fixtures.ts';
import { createMemoryLedger } from '../../src/testing/memory-ledger.ts';
import { startPipeline } from '../../src/testing/start-pipeline.ts';
import { beginning, play, type Story } from '../../test/alerts/timeline.ts';
import { startService } from '../../test/services/start-service.ts';

export type ShownMessages = ReturnType<ReturnType<typeof createSlackSimulator>['view']>[number]['messages'];

/**
 * Answers the channel as the page of the demo draws it, without the copies of replies in it. Throws where a message does
 * not arrive.
 */
export async function tell(
  configMap: Readonly<Record<string, string>>,
  story: Story,
): Promise<ShownMessages> {
  const { world } = await play(configMap, story);
  const clock = createSimulatedClock(beginning);
  const slack = createSlackSimulator({ channels: [{ name: 'alerts' }], now: clock.now });
  await slack.start();
  const options = { token: slack.token, apiURL: slack.apiUrl };
  // What goes over the wire takes the time of this machine, not that of the story: nothing is paced.
  const { pace: _, ...service } = startService('slack', options, { now: clock.now });
  const ledger = createMemoryLedger();
  const data = { ...configMap, 'service.slack': 'token: xoxb-simulator' };
  let project: JsonObject | undefined;
  const { deliver, sent, parked, lines } = startPipeline({
    ledger,
    service,
    clock,
    snapshots: [snapshot(data)],
    project: () => project,
  });
  try {
    for (const [index, { at, delivery, appProject }] of world.told.entries()) {
      clock.set(beginning + at);
      project = appProject;
      const add = [{ ...delivery, destination: { service: 'slack', recipient: 'alerts' } }];
      await ledger.commit('pictures', { term: 0, number: index + 1 }, { add });
      const signal = AbortSignal.timeout(60_000);
      const { status } = await deliver({ id: delivery.id, attempt: 1, waited: false, signal });
      if (status !== 'done' || sent.length !== index + 1)
        throw new Error(`${delivery.reason} was not sent: ${JSON.stringify([status, parked, lines.at(-1)])}`);
    }
    const shown = slack.view()[0]?.messages ?? [];
    return shown.filter(({ ts, threadTs = ts }) => ts === threadTs);
  } finally {
    await service.close();
    await slack.stop();
  }
}
