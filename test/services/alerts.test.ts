/** Services that raise alerts, and know them by a key: Alertmanager, PagerDuty, Opsgenie, Jira Service Management. */
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import type { ServiceState } from '../../src/services/service.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { createMemoryState } from './memory-state.ts';
import { type Alert, firing, sendOnce } from './send-once.ts';
import { startService } from './start-service.ts';

const internet = await openInternet(({ host }) => (host === 'down.example' ? 'refused' : 'open'));
const { server } = internet;
afterAll(() => internet.close());

interface Sending {
  type: string;
  options: JsonObject;
  recipient?: string;
  message?: string;
  section?: JsonObject;
  earlier?: { since: number };
  alert?: Alert;
  state?: ServiceState;
}

async function send(answers: Answer[], sending: Sending): Promise<Outcome> {
  const { type, options, recipient, message, section, earlier, alert, state } = sending;
  server.play(answers);
  return sendOnce(type, options, {
    message,
    section,
    recipient,
    context: { earlier, alert },
    deps: state && { state },
  });
}

/** What follows the first message of an alert, and what tells of its end. */
const repeated = { ...firing, reason: 'repeated', isFollowUp: true };
const resolved = {
  ...repeated,
  state: 'resolved' as const,
  reason: 'all resolved',
  endedAt: Date.parse('2026-11-28T06:30:00Z'),
};

const sent = () => JSON.parse(server.received().at(-1)?.body ?? 'null') as JsonObject;

describe('Alertmanager', () => {
  const labels = { alertname: 'a' };
  const post = (answers: Answer[], targets: string[], section: JsonObject = { labels }) =>
    send(answers, { type: 'alertmanager', options: { targets }, section });

  it('one target that takes an alert is enough', async () => {
    const answers = [{ to: 'a.example', status: 500 }, { status: 200 }];
    expect(await post(answers, ['a.example', 'down.example', 'b.example'])).toEqual({ status: 'sent' });
    expect(server.received()).toHaveLength(2);
  });

  it('says of each target why it has not taken it', async () => {
    const answers = [
      { to: 'a.example', status: 503, headers: { 'retry-after': '9' } },
      { status: 400, body: 'bad label' },
    ];
    expect(await post(answers, ['b.example', 'a.example', 'down.example'])).toMatchObject({
      status: 'retry',
      reason: 'http_503',
      retryAfter: 9_000,
      unclear: true,
      error: expect.stringMatching(
        /target b\.example answered HTTP 400: bad label; target a\.example .* 503; target down\.example did not/,
      ),
    });
  });

  it('an alert that every target refuses is parked', async () => {
    expect(await post([{ status: 400 }], ['a.example', 'b.example'])).toMatchObject({
      status: 'rejected',
      scope: 'notification',
    });
    expect(await post([{ status: 401 }], ['a.example'])).toMatchObject({
      status: 'rejected',
      scope: 'service',
    });
  });

  it.each<[JsonObject | undefined]>([[{}], [{ labels: {} }], [{ annotations: { a: 'b' } }]])(
    'has labels: %j',
    async (section) => {
      expect(await post([{}], ['a.example'], section)).toMatchObject({
        status: 'rejected',
        scope: 'notification',
      });
      expect(server.received()).toEqual([]);
    },
  );

  it.each([
    ['git@git.example:team/repo.git', 'https://git.example/team/repo.git'],
    ['ssh://git@git.example/team/repo.git', 'https://git.example/team/repo.git'],
    ['<no value>', undefined],
    ['', undefined],
  ])('links from %s to %s', async (generatorURL, expected) => {
    await post([{}], ['a.example'], { labels, generatorURL });
    expect((sent() as unknown as JsonObject[])[0]?.generatorURL).toBe(expected);
  });

  it('knows an alert by its labels, so that a repetition is none', async () => {
    const sending = { type: 'alertmanager', options: {}, section: { labels }, earlier: { since: 1 } };
    expect(await send([{}], sending)).toEqual({ status: 'sent' });
  });

  it.each<[JsonObject]>([[{ scheme: 'ftp' }], [{ targets: [] }], [{ timeout: 0 }], [{ targets: ['a/b'] }]])(
    'refuses options %j',
    (options) => {
      expect(() => startService('alertmanager', options)).toThrow('"severity":"error"');
    },
  );
});

describe('PagerDuty, events', () => {
  const options = { serviceKeys: { shop: 'key-1' } };
  const section = { summary: 's', source: 'x', severity: 'info' };
  const trigger = (answer: Answer, fields: JsonObject = {}) =>
    send([answer], { type: 'pagerdutyv2', options, recipient: 'shop', section: { ...section, ...fields } });

  it('has the key of the delivery, or that of the template', async () => {
    expect(await trigger({ status: 202 })).toEqual({ status: 'sent' });
    expect(sent()).toMatchObject({ dedup_key: 'd1' });
    await trigger({ status: 202 }, { dedupKey: 'mine' });
    expect(sent()).toMatchObject({ dedup_key: 'mine' });
    await trigger({ status: 202 }, { dedupKey: 'x'.repeat(300) });
    expect(sent().dedup_key).toMatch(/^[\da-f]{64}$/);
  });

  it('is one incident until the end of the alert resolves it', async () => {
    const sending = { type: 'pagerdutyv2', options, recipient: 'shop', section };
    await send([{ status: 202 }], { ...sending, alert: firing });
    expect(sent()).toMatchObject({ event_action: 'trigger', dedup_key: 'alert-1' });
    await send([{ status: 202 }], { ...sending, alert: repeated });
    expect(sent()).toMatchObject({ event_action: 'trigger', dedup_key: 'alert-1' });
    expect(await send([{ status: 202 }], { ...sending, alert: resolved })).toEqual({ status: 'sent' });
    expect(sent()).toEqual({ routing_key: 'key-1', event_action: 'resolve', dedup_key: 'alert-1' });
  });

  it('is resolved by the key that it was triggered with, whatever the template of its end says', async () => {
    const sending = { type: 'pagerdutyv2', options, recipient: 'shop', state: createMemoryState() };
    await send([{ status: 202 }], { ...sending, section: { ...section, dedupKey: 'mine' }, alert: firing });
    const { section: _, ...without } = { ...sending, section };
    await send([{ status: 202 }], { ...without, alert: resolved });
    expect(sent()).toMatchObject({ event_action: 'resolve', dedup_key: 'mine' });
  });

  it('cuts a summary', async () => {
    await trigger({ status: 202 }, { summary: '🚀'.repeat(2_000) });
    expect((sent().payload as JsonObject).summary).toBe(`${'🚀'.repeat(1_023)}…`);
  });

  const invalid = { status: 'invalid event', message: 'Event object is invalid' };
  it.each<[Answer, object]>([
    [{ status: 400, json: { ...invalid, errors: ["'routing_key' is invalid"] } }, { scope: 'recipient' }],
    [
      { status: 400, json: { ...invalid, errors: ["'payload.severity' is invalid"] } },
      { scope: 'notification' },
    ],
    [{ status: 403 }, { scope: 'recipient' }],
    [{ status: 429 }, { status: 'retry' }],
    [{ status: 200 }, { status: 'retry', unclear: true }],
  ])('%j', async (answer, expected) => {
    expect(await trigger(answer)).toMatchObject(expected);
  });
});

describe('PagerDuty, incidents', () => {
  const options = { token: 'secret-token', from: 'argocd@b.example' };
  const raise = (answer: Answer, earlier?: { since: number }) =>
    send([answer], {
      type: 'pagerduty',
      options,
      recipient: 'PSVC',
      section: { title: 't' },
      ...(earlier && { earlier }),
    });
  const error = (message: string, errors: string[] = []): Answer => ({
    status: 400,
    json: { error: { message, errors } },
  });

  it('finds an incident that an earlier attempt has raised', async () => {
    const known = error('Open incident with matching dedup key already exists on this service');
    expect(await raise(known, { since: 1 })).toEqual({ status: 'sent', earlier: 'found' });
    expect(sent()).toMatchObject({ incident: { incident_key: 'd1' } });
  });

  describe('of an alert', () => {
    const sending = { type: 'pagerduty', options, recipient: 'PSVC', section: { title: 't' } };
    const raised: Answer = { status: 201, json: { incident: { id: 'PINC' } } };

    it('is raised once and resolved at its end', async () => {
      const state = createMemoryState();
      await send([raised], { ...sending, alert: firing, state });
      expect(sent()).toMatchObject({ incident: { incident_key: 'alert-1' } });
      const known = error('Open incident with matching dedup key already exists on this service');
      const again = { ...sending, alert: repeated, state, earlier: { since: 1 } };
      expect(await send([known], again)).toEqual({ status: 'sent' });
      const end = { ...sending, message: 'healthy', alert: resolved, state };
      expect(await send([{ status: 200 }], end)).toEqual({ status: 'sent' });
      expect(server.received()).toMatchObject([{ method: 'PUT', path: '/incidents/PINC' }]);
      expect(sent()).toEqual({
        incident: { type: 'incident_reference', status: 'resolved', resolution: 'healthy' },
      });
    });

    it('is looked for where nobody remembers it', async () => {
      const found: Answer = { json: { incidents: [{ id: 'PINC' }] } };
      expect(await send([found, { status: 200 }], { ...sending, alert: resolved })).toEqual({
        status: 'sent',
      });
      const [looked, put] = server.received();
      expect(Object.fromEntries(new URLSearchParams(looked?.query))).toMatchObject({
        incident_key: 'alert-1',
        'service_ids[]': 'PSVC',
      });
      expect(put).toMatchObject({ method: 'PUT', path: '/incidents/PINC' });
    });

    it.each<[Answer[], object]>([
      [[{ json: { incidents: [] } }], { status: 'sent' }],
      [[{ json: { incidents: [{ id: 'P' }] } }, error('Incident Already Resolved')], { status: 'sent' }],
      [[{ status: 500 }], { status: 'retry' }],
      [[{ json: { incidents: [{ id: 'P' }] } }, { status: 401 }], { scope: 'service' }],
    ])('has its end answered with %j', async (answers, expected) => {
      expect(await send(answers, { ...sending, alert: resolved })).toMatchObject(expected);
    });
  });

  it.each<[Answer, object]>([
    [error('Invalid Input Provided', ['Service is invalid']), { scope: 'recipient' }],
    [error('Requester User Not Found'), { scope: 'service' }],
    [error('Invalid Input Provided', ['Priority is invalid']), { scope: 'notification' }],
    [{ status: 401 }, { scope: 'service' }],
    [
      { ...error('Rate Limit Exceeded'), status: 429, headers: { 'ratelimit-reset': '30' } },
      { retryAfter: 30_000 },
    ],
  ])('%j', async (answer, expected) => {
    expect(await raise(answer)).toMatchObject(expected);
  });
});

describe('Opsgenie', () => {
  const options = { apiKeys: { team: 'secret-key' } };
  const create = (answer: Answer, section?: JsonObject, message = 'm') =>
    send([answer], { type: 'opsgenie', options, recipient: 'team', message, ...(section && { section }) });

  it('has the alias of the delivery, or that of the template', async () => {
    expect(await create({ status: 202 })).toEqual({ status: 'sent' });
    expect(sent()).toMatchObject({ alias: 'd1' });
    await create({ status: 202 }, { description: 'd', alias: 'mine' });
    expect(sent()).toMatchObject({ alias: 'mine' });
  });

  it('cuts what is too long, and leaves out what is too much', async () => {
    const tags = Array.from({ length: 30 }, () => 'x'.repeat(60));
    await create({ status: 202 }, { description: 'x'.repeat(20_000), tags }, 'y'.repeat(200));
    const { message, description, tags: written } = sent() as Record<string, string>;
    expect([message?.length, description?.length, written?.length, written?.[0]?.length]).toEqual([
      130, 15_000, 20, 50,
    ]);
  });

  it.each<[Answer, object]>([
    [{ status: 401 }, { scope: 'recipient' }],
    [{ status: 422, json: { message: 'no', errors: { message: 'too long' } } }, { scope: 'notification' }],
    [{ status: 429 }, { status: 'retry' }],
    [{ status: 503 }, { status: 'retry', unclear: true }],
  ])('%j', async (answer, expected) => {
    expect(await create(answer)).toMatchObject(expected);
  });

  it.each([
    ['https://api.eu.opsgenie.com/', 'api.eu.opsgenie.com'],
    ['opsgenie.example:8443', 'opsgenie.example:8443'],
  ])('speaks TLS to %s', async (apiUrl, host) => {
    await send([{ status: 202 }], { type: 'opsgenie', options: { ...options, apiUrl }, recipient: 'team' });
    expect(server.received()).toMatchObject([{ scheme: 'https', host }]);
  });

  it('is one alert until its end closes it', async () => {
    const sending = { type: 'opsgenie', options, recipient: 'team' };
    await send([{ status: 202 }], { ...sending, alert: firing });
    expect(sent()).toMatchObject({ alias: 'alert-1' });
    await send([{ status: 202 }], { ...sending, alert: repeated });
    expect(sent()).toMatchObject({ alias: 'alert-1' });
    const end = await send([{ status: 202 }], { ...sending, message: 'healthy again', alert: resolved });
    expect(end).toEqual({ status: 'sent' });
    expect(server.received()).toMatchObject([
      { method: 'POST', path: '/v2/alerts/alert-1/close', query: 'identifierType=alias' },
    ]);
    expect(sent()).toEqual({ source: 'Argo CD', note: 'healthy again' });
  });

  it('is closed by the alias that it was created with, whatever the template of its end says', async () => {
    const sending = { type: 'opsgenie', options, recipient: 'team', state: createMemoryState() };
    await send([{ status: 202 }], {
      ...sending,
      section: { description: 'd', alias: 'mine/1' },
      alert: firing,
    });
    await send([{ status: 202 }], { ...sending, section: { alias: 'other' }, message: '', alert: resolved });
    expect(server.received()[0]?.path).toBe('/v2/alerts/mine%2F1/close');
  });

  it.each<[Answer, object]>([
    [{ status: 404, json: { message: 'No alert exists' } }, { status: 'sent' }],
    [
      { status: 404, body: '<html>' },
      { status: 'rejected', scope: 'service' },
    ],
    [
      { status: 429, headers: { 'retry-after': '3' } },
      { status: 'retry', retryAfter: 3_000 },
    ],
  ])('has its end answered with %j', async (answer, expected) => {
    const sending = { type: 'opsgenie', options, recipient: 'team', alert: resolved };
    expect(await send([answer], sending)).toMatchObject(expected);
  });

  it.each(['a b', 'x/y'])('%j is no host', (apiUrl) => {
    expect(() => startService('opsgenie', { ...options, apiUrl })).toThrow('apiUrl is no host');
  });
});
