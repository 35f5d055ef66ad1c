import { createPubsub } from '../internet/pubsub.ts';
import { createSqs } from '../internet/sqs.ts';
import { appID, createGitHubDouble, privateKey, tokenAnswer } from '../services/github-double.ts';
import { createServiceAccount } from '../services/service-account.ts';
import { describeHttpService } from './http-service.ts';

const token = 'secret-0123456789';
const applicationToken = 'aSecretToken0123456789abcdefgh';

describeHttpService({
  type: 'alertmanager',
  options: { targets: ['alertmanager.example'], scheme: 'https', bearerToken: token },
  recipient: '',
  secrets: [token],
  section: { labels: { alertname: 'deployed' } },
  answer: { status: 200 },
  textOf: ({ body = '' }) => body,
  earlier: {},
});

const sqs = createSqs({ queues: ['deploys'], keys: { AKIACONTRACT00000001: token } }).answer;

describeHttpService({
  type: 'awssqs',
  options: { region: 'us-east-2', key: 'AKIACONTRACT00000001', secret: token },
  recipient: 'deploys',
  secrets: [token],
  prelude: [sqs],
  answer: sqs,
  textOf: ({ body = '' }) => (JSON.parse(body) as { MessageBody?: string }).MessageBody,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'pagerduty',
  options: { token, from: 'argocd@b.example' },
  recipient: 'PSVC001',
  secrets: [token],
  section: { title: 'deployed' },
  answer: { status: 201, json: { incident: { id: 'P1' } } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { incident: { title: string } }).incident.title,
  earlier: {},
});

describeHttpService({
  type: 'pagerdutyv2',
  options: { serviceKeys: { shop: token } },
  recipient: 'shop',
  secrets: [token],
  section: { summary: 'deployed', source: 's', severity: 'info' },
  answer: { status: 202, json: { status: 'success' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { payload: { summary: string } }).payload.summary,
  earlier: {},
});

describeHttpService({
  type: 'opsgenie',
  options: { apiKeys: { team: token } },
  recipient: 'team',
  secrets: [token],
  answer: { status: 202, json: { result: 'Request will be processed' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { message: string }).message,
  earlier: {},
});

const account = createServiceAccount();

describeHttpService({
  type: 'gcppubsub',
  options: { project: 'p', topic: 'deploys', key: account.json },
  recipient: '',
  secrets: account.pem.split('\n').filter((line) => line.length === 64),
  answer: createPubsub({
    topics: ['projects/p/topics/deploys'],
    keys: { [account.email]: account.publicKey },
  }).answer,
  textOf: ({ body = '' }) => {
    const { messages } = JSON.parse(body) as { messages: [{ data: string }] };
    return Buffer.from(messages[0].data, 'base64').toString();
  },
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'discord',
  options: { webhooks: { deploys: `https://discord.com/api/webhooks/123/${token}` } },
  recipient: 'deploys',
  secrets: [token],
  answer: { json: { id: '1', channel_id: '2' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { content: string }).content,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'github',
  options: { appID, installationID: 67_890, privateKey },
  recipient: '',
  secrets: [token, ...privateKey.split('\n').slice(1, -2)],
  section: {
    repoURLPath: 'https://github.com/acme/widgets.git',
    revisionPath: '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80',
    status: { state: 'success', label: 'cd' },
  },
  prelude: [{ status: 201, json: tokenAnswer(token, Date.now()) }],
  answer: () => ({ reply: createGitHubDouble().reply }),
  textOf: ({ method, path, body = '' }) =>
    method === 'GET' || path?.endsWith('/access_tokens')
      ? undefined
      : (JSON.parse(body) as { description: string }).description,
  earlier: { arrived: 'found', lost: 'absent' },
});

describeHttpService({
  type: 'googlechat',
  options: { webhooks: { deploys: `https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=${token}` } },
  recipient: 'deploys',
  secrets: [token],
  answer: { json: { name: 'spaces/A/messages/1' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { text: string }).text,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'grafana',
  options: { apiUrl: 'https://grafana.example/api', apiKey: token },
  recipient: 'deploys|prod',
  secrets: [token],
  answer: { json: { message: 'Annotation added', id: 1 } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { text: string }).text,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'incidentio',
  options: { url: 'https://api.incident.io/v2/alert_events/http/01ABC', token },
  recipient: '',
  secrets: [token],
  answer: { status: 202, json: { status: 'success', deduplication_key: 'd1' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { title: string }).title,
  earlier: {},
});

describeHttpService({
  type: 'jsm',
  options: { apiKeys: { platform: token } },
  recipient: 'platform',
  secrets: [token],
  answer: { status: 202, json: { result: 'Request will be processed', requestId: 'r1' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { message: string }).message,
  earlier: {},
});

describeHttpService({
  type: 'matrix',
  options: { homeserverUrl: 'https://matrix.example', accessToken: token },
  recipient: '!abc:matrix.example',
  secrets: [token],
  answer: { json: { event_id: '$1', room_id: '!abc:matrix.example' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { body?: string }).body,
  earlier: {},
});

describeHttpService({
  type: 'mattermost',
  options: { apiURL: 'https://mattermost.example', token },
  recipient: 'a1b2c3d4e5f6g7h8i9j0k1l2m3',
  secrets: [token],
  answer: { status: 201, json: { id: 'p1' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { message: string }).message,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'newrelic',
  options: { apiKey: token },
  recipient: '123456',
  secrets: [token],
  section: { revision: 'r' },
  answer: { status: 201, json: { deployment: { id: 1 } } },
  textOf: ({ body = '' }) =>
    (JSON.parse(body) as { deployment: { description: string } }).deployment.description,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'ntfy',
  options: { serverUrl: 'https://ntfy.example', token },
  recipient: 'deploys',
  secrets: [token],
  answer: { json: { id: 'm1', event: 'message', topic: 'deploys' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { message: string }).message,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'pushover',
  options: { token: applicationToken },
  recipient: 'uVectorsUser00000000000000002x',
  secrets: [applicationToken],
  answer: { json: { status: 1, request: 'r' } },
  textOf: ({ body }) => new URLSearchParams(body).get('message') ?? '',
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'webex',
  options: { token },
  recipient: 'room',
  secrets: [token],
  answer: { json: { id: 'm1' } },
  textOf: ({ body = '' }) => (JSON.parse(body) as { markdown: string }).markdown,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'rocketchat',
  options: { serverUrl: 'https://rocket.example', email: 'bot', password: token },
  recipient: '#deploys',
  secrets: [token],
  prelude: [{ json: { data: { authToken: 'session', userId: 'u' } } }],
  answer: { json: { success: true } },
  textOf: ({ path, body = '' }) =>
    path?.endsWith('/login') ? undefined : (JSON.parse(body) as { text: string }).text,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'teams',
  options: { recipientUrls: { deploys: `https://example.webhook.office.com/webhookb2/${token}` } },
  recipient: 'deploys',
  secrets: [token],
  answer: { body: '1' },
  textOf: ({ body = '' }) => (JSON.parse(body) as { text: string }).text,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'teams-workflows',
  options: { recipientUrls: { deploys: `https://api.powerautomate.com/workflows/1?sig=${token}` } },
  recipient: 'deploys',
  secrets: [token],
  answer: { status: 202 },
  textOf: ({ body = '' }) => body,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'telegram',
  options: { token: `123456:${token}` },
  recipient: 'deploys',
  secrets: [token],
  answer: { json: { ok: true, result: { message_id: 1 } } },
  textOf: ({ body }) => new URLSearchParams(body).get('text') ?? '',
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});

describeHttpService({
  type: 'webhook',
  options: {
    url: `https://hooks.example/T012-B345-hooksecret?token=${token}`,
    headers: [{ name: 'X-Api-Key', value: token }],
    basicAuth: { username: 'herald', password: token },
  },
  recipient: '',
  secrets: [token, 'T012-B345-hooksecret', Buffer.from(`herald:${token}`).toString('base64')],
  answer: { json: { ok: true } },
  textOf: ({ body = '' }) => body,
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
  hasBodyOfGet: true,
});

describeHttpService({
  type: 'zulip',
  options: { serverUrl: 'https://zulip.example', email: 'bot@zulip.example', apiKey: token },
  recipient: 'deploys',
  secrets: [token],
  answer: { json: { result: 'success', msg: '', id: 42 } },
  textOf: ({ body }) => new URLSearchParams(body).get('content') ?? '',
  earlier: { arrived: 'unreadable', lost: 'unreadable' },
});
