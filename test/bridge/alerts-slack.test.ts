import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SlackMessage } from '../../simulator/slack.ts';
import type { JsonObject } from '../../src/model.ts';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded, healthy, named } from './applications.ts';
import { createWorld, type World } from './world.ts';

const configuration = {
  context: 'argocdUrl: https://cd.example.com\n',
  'trigger.on-health-degraded': `
- when: app.status.health.status == 'Degraded'
  severity: critical
  send: [degraded]
  resolved: true
`,
  'trigger.on-unknown': `
- when: app.status.sync.status == 'Unknown'
  severity: warning
  resolved: true
  send: [degraded]
`,
  'template.degraded': `
message: "{{.app.metadata.name}} is degraded"
slack:
  deliveryPolicy: Update
  attachments: '[{"color": "#f4c030", "text": "{{.app.metadata.name}}"}]'
`,
  groups: `
- match: {trigger: on-unknown}
  groupBy: [trigger, repository]
  groupWait: 1s
  groupInterval: 1s
`,
};

let prepared: { url: string; remove(): Promise<void> };
let world: World;

beforeAll(async () => {
  prepared = await embeddedStore().prepare();
  world = await createWorld({ queue: prepared.url });
  world.configure(configuration);
  await world.start();
});
afterAll(async () => {
  await world?.close();
  await prepared?.remove();
});

const messages = (channel: string) => world.slack.messages(channel);
const until = (channel: string, holds: (shown: SlackMessage[]) => boolean) =>
  world.slack.until(() => holds(messages(channel)));

/** One delivery may be two calls to Slack: an edit and a reply. */
const settled = (count: number) =>
  world.untilMetric('herald_deliveries_settled_total', { outcome: 'sent' }, (sent) => sent >= count);

test('an alert is edited to its end, and a reply says it; also when it ends while Herald is away', async () => {
  for (const name of ['shop', 'cart'])
    world.cluster.apply(
      application(name, { subscriptions: { 'on-health-degraded': name }, status: degraded }),
    );
  await until('shop', (shown) => shown.length === 1);
  await until('cart', (shown) => shown.length === 1);
  world.cluster.patch(named('shop'), { status: healthy });
  await until('shop', (shown) => shown.length === 2);
  await settled(3);
  await world.noted();
  await world.restart(() => {
    world.cluster.patch(named('cart'), { status: healthy });
  });
  await until('cart', (shown) => shown.length === 2);
  for (const name of ['shop', 'cart']) {
    const [root, reply] = messages(name);
    expect(root).toMatchObject({
      text: `Resolved: ${name}: on-health-degraded (critical)`,
      attachments: [
        {
          color: '#18be52',
          title_link: `https://cd.example.com/applications/argocd/${name}`,
          text: expect.stringMatching(/^Resolved after \d+s: recovered\n/),
        },
      ],
    });
    expect(reply).toMatchObject({ threadTs: root?.ts, broadcast: false, attachments: [] });
    expect(reply?.text).toMatch(new RegExp(`^${name}: Resolved after \\d+s: recovered$`));
  }
});

test('a storm is one message that is brought up to date, and replies of one line', async () => {
  const unknown: JsonObject = { ...healthy, sync: { status: 'Unknown' } };
  const names = Array.from({ length: 120 }, (_, i) => `storm-${i}`);
  const subscriptions = { 'on-unknown': 'storm' };
  for (const name of names) world.cluster.apply(application(name, { subscriptions, status: unknown }));
  const root = () => messages('storm')[0]?.text ?? '';
  const about = 'on-unknown, repository https://git.example.com/apps';
  await until('storm', () => root().includes(' 120 firing'));
  const text = messages('storm')[0]?.attachments[0]?.['text'] as string;
  const named120 = text.match(/^• </gm)?.length ?? 0;
  expect(text.split('\n').at(-1)).toBe(`and ${120 - named120} more`);
  for (const name of names)
    world.cluster.patch(named(name), { status: { ...healthy, sync: { status: 'Synced' } } });
  await until('storm', () => root().endsWith('All resolved'));
  const [first, ...replies] = messages('storm');
  expect(first?.attachments).toMatchObject([{ color: '#18be52', title: 'Resolved' }]);
  expect(replies.length).toBeLessThan(12);
  expect(replies.every(({ threadTs }) => threadTs === first?.ts)).toBe(true);
  expect(replies.every(({ text: line }) => line.startsWith(`${about}`))).toBe(true);
});
