import { PassThrough } from 'node:stream';
import { createSlackSimulator } from '../../simulator/slack.ts';
import { openInternet } from '../internet/internet.ts';
import { startService } from '../services/start-service.ts';
import { describeService, type ServiceFault } from './service.ts';

const slackToken = 'xoxb-secret-0123456789';

describeService({
  name: 'slack',
  secrets: [slackToken],
  async open() {
    const simulator = createSlackSimulator({ token: slackToken, channels: [{ name: 'deploys' }] });
    await simulator.start();
    return {
      service: startService('slack', { token: slackToken, apiURL: simulator.apiUrl }),
      recipient: 'deploys',
      received: () => simulator.messages('deploys').map(({ text }) => text),
      fail: (fault: ServiceFault) => simulator.fail(faultOf(fault)),
      arrived: () => simulator.until(() => simulator.calls.length > 0),
      disconnect: () => simulator.stop(),
      refused: 'retry',
      earlier: { arrived: 'found', lost: 'absent' },
      close: () => simulator.stop(),
    };
  },
});

const mailPassword = 'secret-pa55word';

describeService({
  name: 'email',
  secrets: [mailPassword],
  async open() {
    let isUp = true;
    const { server, close } = await openInternet(() => (isUp ? 'open' : 'refused'));
    server.play([{ smtp: { extensions: ['STARTTLS', 'AUTH PLAIN'] } }]);
    const options = { host: 'smtp.example', port: 587, from: 'argocd@b.example', username: 'argocd' };
    return {
      service: startService('email', { ...options, password: mailPassword }),
      recipient: 'ops@b.example, "On call, night" <night@b.example>',
      received: () =>
        server.received().flatMap(({ smtp }) => (typeof smtp?.body === 'string' ? [smtp.body] : [])),
      async disconnect() {
        isUp = false;
      },
      earlier: { arrived: 'unreadable', lost: 'unreadable' },
      close,
    };
  },
});

const natsPassword = 'secret-pa55word';

describeService({
  name: 'nats',
  secrets: [natsPassword],
  async open() {
    let isUp = true;
    const { server, close } = await openInternet(() => (isUp ? 'open' : 'refused'));
    server.play([{ nats: { authRequired: true } }]);
    return {
      service: startService('nats', {
        url: 'nats://nats.example:4222',
        username: 'argocd',
        password: natsPassword,
        headers: { 'X-Team': 'web' },
      }),
      recipient: 'argocd.deploys',
      received: () =>
        server.received().flatMap(({ nats }) => (typeof nats?.payload === 'string' ? [nats.payload] : [])),
      async disconnect() {
        isUp = false;
      },
      earlier: { arrived: 'unreadable', lost: 'unreadable' },
      close,
    };
  },
});

describeService({
  name: 'console',
  secrets: [],
  async open() {
    const stream = new PassThrough({ highWaterMark: 4_000_000 });
    // As a closed pipe would: without a listener it ends the process.
    stream.on('error', () => {});
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    return {
      service: startService('console', {}, { stream }),
      recipient: 'me',
      received: () => (text === '' ? [] : [text]),
      async disconnect() {
        stream.destroy();
      },
      earlier: { arrived: 'unreadable', lost: 'unreadable' },
      async close() {
        stream.destroy();
      },
    };
  },
});

function faultOf(fault: ServiceFault) {
  if (typeof fault === 'object') return { kind: 'status' as const, ...fault };
  // Of Slack's answers its own tests make these.
  return { kind: fault === 'half' || fault === 'endless' ? 'drop' : fault };
}
