import { describeHttpService } from './http-service.ts';

const token = 'secret-0123456789';

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
