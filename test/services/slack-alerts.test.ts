import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSlackSimulator, type SlackSimulator } from '../../simulator/slack.ts';
import type { JsonObject } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';
import { createSimulatedClock } from '../../src/simulated-clock.ts';
import { configMap, snapshot } from '../../src/testing/fixtures.ts';
import { createMemoryLedger } from '../../src/testing/memory-ledger.ts';
import { type Pipeline, startPipeline } from '../../src/testing/start-pipeline.ts';
import { type ToldAlert, type ToldParts, toldDelivery } from '../../src/testing/told.ts';
import { all, committer } from '../contract/ledger-fixtures.ts';
import { createMemoryState } from './memory-state.ts';
import { startService } from './start-service.ts';

const start = Date.UTC(2026, 10, 28, 6, 25);
const minute = 60_000;
const section = '{"type": "section", "text": {"type": "mrkdwn", "text": "{{.app.metadata.name}} broke"}}';
const data = {
  ...configMap,
  context: 'argocdUrl: https://cd.example.com\n',
  'service.slack': 'token: xoxb-simulator\n',
  'template.broken': `message: "{{.app.metadata.name}} broke"\nslack:\n  deliveryPolicy: Update\n  blocks: '[${section}]'\n`,
  'template.mended':
    'message: "{{.app.metadata.name}} is well after {{.alert.duration}}"\nslack: {attachments: \'[{"color": "#18be52", "text": "{{.alert.why}}"}]\'}\n',
};

let slack: SlackSimulator;
let service: Service;
let d: Pipeline;
let tell: (parts: ToldParts) => Promise<void>;
let parked: () => Promise<number>;

beforeEach(async () => {
  const clock = createSimulatedClock(start);
  slack = createSlackSimulator({ channels: [{ name: 'deploys' }], now: clock.now });
  await slack.start();
  const options = { token: slack.token, apiURL: slack.apiUrl };
  service = startService('slack', options, { state: createMemoryState(), now: clock.now });
  const ledger = createMemoryLedger();
  // What goes over the wire takes the system's time, not that of the simulated clock: nothing is paced.
  const { pace: _, ...unpaced } = service;
  d = startPipeline({ ledger, service: unpaced, clock, snapshots: [snapshot(data)] });
  const commit = committer(ledger);
  const destination = { service: 'slack', recipient: 'deploys' };
  tell = async (parts) => {
    const delivery = toldDelivery(clock.now(), { destination, ...parts });
    await commit('scope', { add: [delivery] });
    const { id } = delivery;
    await d.deliver({ id, attempt: 1, waited: false, signal: AbortSignal.timeout(600_000) });
  };
  parked = async () => (await all(ledger.parked())).length;
});
afterEach(async () => {
  await service.close();
  await slack.stop();
});

const ended: ToldAlert = { state: 'resolved', endedAt: start, why: 'recovered' };
const [root, replies] = [() => slack.view()[0]!.messages[0]!, () => root().replies.map(({ text }) => text)];

describe('an alert in Slack, from its deliveries', () => {
  it('is told, told again, acknowledged and ended, by templates of its own', async () => {
    const templates = ['broken'];
    await tell({ templates });
    d.clock.set(start + 180 * minute);
    const alert = { since: start - 60 * minute };
    await tell({ id: 'repeat', reason: 'repeated', templates, alerts: [alert] });
    const line = 'Still firing after 4h (repeated)';
    expect(root()).toMatchObject({
      text: `${line}\nshop broke`,
      blocks: [{ type: 'context', elements: [{ type: 'mrkdwn', text: line }] }, { type: 'section' }],
    });
    const acknowledged = { at: d.clock.now(), by: 'ana', comment: 'on it' };
    await tell({
      id: 'ack',
      reason: 'acknowledged',
      templates,
      alerts: [{ ...alert, acknowledged }],
      ongoing: { isSilent: true },
    });
    expect(root().text).toBe('Acknowledged by ana: on it\nshop broke');
    await tell({
      id: 'end',
      reason: 'all resolved',
      templates: ['mended'],
      alerts: [{ ...alert, ...ended, endedAt: d.clock.now(), acknowledged }],
    });
    expect(root()).toMatchObject({
      text: 'shop is well after 4h0m0s',
      blocks: [],
      attachments: [{ color: '#18be52', text: 'recovered' }],
    });
    expect(replies()).toEqual([`shop: ${line}`, 'shop: Resolved after 4h: recovered']);
  });

  it('has its end in green by default, and without a template for it', async () => {
    await tell({ templates: ['broken'] });
    await tell({ id: 'end', reason: 'all resolved', alerts: [ended] });
    expect(root()).toMatchObject({
      text: 'Resolved: shop: on-degraded (critical)',
      blocks: [],
      attachments: [{ color: '#18be52', title_link: 'https://cd.example.com/applications/argocd/shop' }],
    });
  });
});

describe('a storm in Slack, from its deliveries', () => {
  const groupLabels = { repository: 'https://git.example.com/<!channel>' };
  const storm = (count: number, ends = 0): ToldAlert[] =>
    Array.from({ length: Math.min(100, count + ends) }, (_, i) => ({
      name: `application-${i}`,
      ...(i >= count ? ended : {}),
    }));

  it('is one message, however many fail, and mentions nobody', async () => {
    await tell({ alerts: storm(100), ongoing: { groupLabels, firing: 180 } });
    await tell({
      id: '2',
      reason: 'new in group',
      alerts: storm(100),
      ongoing: { groupLabels, firing: 300 },
    });
    const [{ text } = { text: '' }] = root().attachments as { text: string }[];
    const named = text.match(/^• </gm)?.length ?? 0;
    expect(named).toBeGreaterThan(40);
    expect(text.split('\n').at(-1)).toBe(`and ${300 - named} more`);
    expect(text.length).toBeLessThan(8_000);
    await tell({
      id: '3',
      reason: 'some resolved',
      alerts: storm(60, 240),
      ongoing: { groupLabels, firing: 60, resolved: 240 },
    });
    expect(root().attachments).toMatchObject([{ title: 'Firing' }, { title: 'Resolved', color: '#18be52' }]);
    await tell({ id: '4', reason: 'all resolved', alerts: storm(0, 60), ongoing: { groupLabels } });
    expect(root().attachments).toMatchObject([{ title: 'Resolved', color: '#18be52' }]);
    const subject = 'repository https://git.example.com/&lt;!channel&gt;';
    expect(root().text).toBe(`${subject}: All resolved`);
    expect(replies()).toEqual([
      `${subject}: New alerts, 300 firing`,
      `${subject}: 240 resolved, 60 still firing`,
      `${subject}: All resolved`,
    ]);
    expect(slack.messages('deploys').map(({ broadcast }) => broadcast)).toEqual([false, true, false, false]);
    expect(JSON.stringify(slack.messages('deploys'))).not.toContain('<!');
    expect(await parked()).toBe(0);
  });
});

it('is told with what an attempt of a first message came to, over HTTP', async () => {
  slack.fail({ kind: 'error', error: 'restricted_action' });
  await tell({});
  expect(await parked()).toBe(1);
  await tell({ id: 'repeat', reason: 'repeated' });
  await tell({ id: 'end', reason: 'all resolved', alerts: [ended] });
  expect(await parked()).toBe(0);
  const texts = slack.messages('deploys').map(({ text }) => text);
  expect(texts).toEqual(['shop: on-degraded (critical)', 'Resolved: shop: on-degraded (critical)']);
  const methods = slack.calls.map(
    ({ method, form }): JsonObject => ({ method, reply: form['thread_ts'] !== undefined }),
  );
  expect(methods).toEqual([
    { method: 'chat.postMessage', reply: false },
    { method: 'chat.postMessage', reply: false },
    { method: 'chat.postMessage', reply: true },
  ]);
});
