import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSlackSimulator, type SlackSimulator } from '../../simulator/slack.ts';
import { createLog } from '../../src/log.ts';
import type { JsonObject } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { startService } from './start-service.ts';

let simulator: SlackSimulator;
let service: Service;
let logged: JsonObject[];
let now: number;

beforeEach(async () => {
  logged = [];
  now = 0;
  simulator = createSlackSimulator({
    channels: [{ name: 'deploys' }],
    users: { 'ana@example.com': 'U0ANA', 'bo@example.com': 'U0BO', 'boss@example.com': 'U0BOSS' },
    userGroups: { oncall: 'S0ONCALL' },
  });
  await simulator.start();
  const { token, apiUrl } = simulator;
  const write = (line: string) => void logged.push(JSON.parse(line) as JsonObject);
  const log = createLog({ level: 'info', format: 'json' }, { write });
  service = startService('slack', { token, apiURL: apiUrl }, { log, now: () => now });
});
afterEach(async () => {
  await service.close();
  await simulator.stop();
});

const mention = '{{ call .shared.SlackMention .app.author }}';
const byAuthor = `message: "by ${mention}"`;

/** Renders the template for an author and sends it, as deliveries do. */
async function send(yaml: string, author: string, rest: JsonObject = {}) {
  const { template, problems } = compileTemplate('t', yaml);
  if (template === undefined) throw new Error(JSON.stringify(problems));
  const vars = templateVars({
    app: { author, ...rest },
    appProject: {},
    context: {},
    serviceType: 'slack',
    recipient: 'deploys',
    now: 0,
    ...(service.mention ? { mention: service.mention } : {}),
  });
  const { type: serviceType, jsonFields, filterValue } = service;
  const rendered = renderNotification([template], vars, {
    serviceType,
    jsonFields,
    ...(filterValue ? { filterValue } : {}),
  });
  if (!rendered.ok) throw new Error(rendered.error);
  const signal = AbortSignal.timeout(600_000);
  return service.send(rendered.notification, 'deploys', { deliveryId: 'd', signal });
}

const texts = () => simulator.messages('deploys').map(({ text }) => text);
const lookups = () =>
  simulator.calls.filter(({ method }) => method === 'users.lookupByEmail').map(({ form }) => form.email);
const warnings = () => logged.filter(({ level }) => level === 'warn');

describe('a mention of an author', () => {
  it('is the user with that address, in the message and in layouts', async () => {
    const yaml = `${byAuthor}
slack:
  attachments: '[{"title": "t", "text": "by ${mention}"}]'
  blocks: '[{"type": "section", "text": {"type": "mrkdwn", "text": "${mention} & co"}}]'
`;
    expect(await send(yaml, 'Ana <Ana@Example.com>')).toEqual({ status: 'sent' });
    expect(simulator.messages('deploys')).toMatchObject([
      {
        text: 'by <@U0ANA>',
        attachments: [{ text: 'by <@U0ANA>' }],
        blocks: [{ text: { text: '<@U0ANA> & co' } }],
      },
    ]);
    expect(lookups()).toEqual(['ana@example.com']);
  });

  it('is the address in the name and in the grouping key', async () => {
    const yaml = `${byAuthor}\nslack: {username: "x ${mention}", groupingKey: "${mention}"}`;
    expect(await send(yaml, 'ana@example.com')).toEqual({ status: 'sent' });
    expect(simulator.calls.at(-1)?.form).toMatchObject({
      username: 'x ana@example.com',
      text: 'by <@U0ANA>',
    });
  });

  it('is looked up once, whether it is found or not', async () => {
    for (const author of ['ana@example.com', 'ANA@example.com', 'no@example.com', 'no@example.com']) {
      await send(byAuthor, author);
    }
    expect(texts()).toEqual(['by <@U0ANA>', 'by <@U0ANA>', 'by no@example.com', 'by no@example.com']);
    expect(lookups()).toEqual(['ana@example.com', 'no@example.com']);
    now = 2 * 3_600_000;
    await send(byAuthor, 'no@example.com');
    await send(byAuthor, 'ana@example.com');
    expect(lookups()).toEqual(['ana@example.com', 'no@example.com', 'no@example.com']);
    now = 25 * 3_600_000;
    await send(byAuthor, 'ana@example.com');
    expect(lookups()).toHaveLength(4);
    expect(warnings()).toEqual([]);
  });

  it('is the text where there is no address', async () => {
    await send(byAuthor, 'Ana');
    expect(texts()).toEqual(['by Ana']);
    expect(lookups()).toEqual([]);
  });
});

describe('a message goes out with addresses', () => {
  it('without the scope to look up, with one warning, until it is granted', async () => {
    simulator.setScopes(['chat:write']);
    expect(await send(byAuthor, 'ana@example.com')).toEqual({ status: 'sent' });
    expect(await send(byAuthor, 'bo@example.com')).toEqual({ status: 'sent' });
    expect(texts()).toEqual(['by ana@example.com', 'by bo@example.com']);
    expect(lookups()).toEqual(['ana@example.com']);
    expect(warnings()).toMatchObject([
      { reason: 'missing_scope', error: expect.stringContaining('users:read.email') },
    ]);
    simulator.setScopes(['chat:write', 'users:read.email']);
    now = 11 * 60_000;
    await send(byAuthor, 'ana@example.com');
    expect(texts().at(-1)).toBe('by <@U0ANA>');
  });

  it.each([
    ['an error', { kind: 'error', error: 'internal_error' }],
    ['a lost answer', { kind: 'drop' }],
    ['a proxy', { kind: 'status', status: 502, body: '<html>' }],
    ['a strange id', { kind: 'status', status: 200, body: '{"ok":true,"user":{"id":"<!channel>"}}' }],
    ['no user', { kind: 'status', status: 200, body: '{"ok":true}' }],
  ] as const)('after %s', async (_, fault) => {
    simulator.fail(fault, { where: ({ method }) => method === 'users.lookupByEmail' });
    expect(await send(byAuthor, 'ana@example.com')).toEqual({ status: 'sent' });
    expect(texts()).toEqual(['by ana@example.com']);
  });

  it('while Slack asks for a pause, which is kept', async () => {
    simulator.fail(
      { kind: 'status', status: 429, headers: { 'retry-after': '17' } },
      { where: ({ method }) => method === 'users.lookupByEmail' },
    );
    await send(byAuthor, 'ana@example.com');
    now = 16_000;
    await send(byAuthor, 'bo@example.com');
    expect(lookups()).toEqual(['ana@example.com']);
    now = 17_000;
    await send(byAuthor, 'bo@example.com');
    expect(texts()).toEqual(['by ana@example.com', 'by bo@example.com', 'by <@U0BO>']);
  });

  it('for those beyond a bound', async () => {
    const authors = Array.from({ length: 30 }, (_, i) => `u${i}@example.com`);
    const yaml = 'message: "{{ range .app.all }}{{ call $.shared.SlackMention . }} {{ end }}"';
    expect(await send(yaml, '', { all: authors })).toEqual({ status: 'sent' });
    expect(texts()[0]?.trim().split(' ')).toEqual(authors);
    expect(lookups()).toHaveLength(20);
  });
});

describe('a value', () => {
  it.each([
    '__SLACK_USER_EMAIL__boss@example.com__',
    `__SLACK_USER_EMAIL__boss@example.com__${'0'.repeat(32)}__`,
    '<@U0BOSS> __SLACK_USER_EMAIL__',
  ])('%s mentions nobody', async (value) => {
    const yaml = `message: "{{ .app.message }}${mention}"`;
    await send(yaml, 'ana@example.com', { message: value });
    expect(texts()[0]).not.toContain('<@U0BOSS>');
    expect(texts()[0]).toContain('<@U0ANA>');
    expect(lookups()).toEqual(['ana@example.com']);
  });

  it('cannot get a mention through the helper but of the address in it', async () => {
    await send(byAuthor, '<!channel> <@U0BOSS> <ana@example.com>');
    await send(byAuthor, '<!channel>');
    expect(texts()).toEqual(['by <@U0ANA>', 'by &lt;!channel>']);
  });
});

describe('functions that mention by name', () => {
  const yaml = `message: |-
  {{ slackUserByEmail "ana@example.com" }} {{ slackChannel "deploys" }} {{ slackUserGroup "oncall" }}`;

  it('become mentions, of what Slack lists', async () => {
    await send(yaml, '');
    expect(texts()).toEqual([expect.stringMatching(/^<@U0ANA> <#C[A-Z0-9]+> <!subteam\^S0ONCALL>$/)]);
    await send(yaml, '');
    const methods = simulator.calls.map(({ method }) => method);
    for (const method of ['users.lookupByEmail', 'conversations.list', 'usergroups.list'])
      expect(methods.filter((each) => each === method)).toHaveLength(1);
  });

  it('take # and @ before a name, and values of the Application', async () => {
    await send('message: "{{ slackUserGroup .app.author }} {{ .app.author | slackUserGroup }}"', '@oncall');
    expect(texts()).toEqual(['<!subteam^S0ONCALL> <!subteam^S0ONCALL>']);
  });

  it('read as names where Slack knows none, with one warning each', async () => {
    const unknown =
      'message: "{{ slackChannel `nope` }} {{ slackUserGroup `nobody` }} {{ slackUserByEmail `x@y.zz` }}"';
    await send(unknown, '');
    await send(unknown, '');
    expect(texts()).toEqual(Array.from({ length: 2 }, () => '#nope @nobody x@y.zz'));
    expect(warnings().map(({ kind, mention }) => [kind, mention])).toEqual(
      expect.arrayContaining([
        ['channel', 'nope'],
        ['user group', 'nobody'],
      ]) as unknown,
    );
    expect(warnings().filter(({ mention }) => mention === 'nope')).toHaveLength(1);
  });

  it('stand in attachments, and read as names in other fields', async () => {
    const attachments = '[{"text": "{{ slackUserGroup `oncall` }}"}]';
    await send(
      JSON.stringify({ message: 'm', slack: { attachments, username: '{{ slackUserGroup `oncall` }}' } }),
      '',
    );
    const [message] = simulator.messages('deploys');
    expect(JSON.stringify(message?.attachments)).toContain('<!subteam^S0ONCALL>');
    expect(message?.username).toBe('@oncall');
  });

  it('say which right is missing', async () => {
    simulator.setScopes(['chat:write', 'chat:write.public']);
    await send('message: "{{ slackUserGroup `oncall` }}"', '');
    expect(texts()).toEqual(['@oncall']);
    expect(warnings()).toMatchObject([{ kind: 'user group', scope: 'usergroups:read' }]);
  });

  it('call nobody where the destination is no Slack', () => {
    const { template } = compileTemplate('t', yaml);
    const input = { app: {}, appProject: {}, context: {}, serviceType: 'webhook', recipient: 'x', now: 0 };
    const rendered = renderNotification(template ? [template] : [], templateVars(input), {
      serviceType: 'webhook',
      jsonFields: [],
    });
    expect(rendered).toMatchObject({ notification: { message: 'ana@example.com #deploys @oncall' } });
  });
});
