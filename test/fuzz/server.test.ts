import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';
import { createServer, type Server } from '../../src/server/server.ts';
import { runs } from '../runs.ts';
import { createApplicationPath } from './application-path.ts';
import { badApplication } from './applications.ts';
import { nastyText } from './arbitraries.ts';
import { parseExposition } from './exposition.ts';

const path = createApplicationPath();
const errors: unknown[] = [];
const sockets = new Set<Socket>();
let server: Server;
let port: number;

beforeAll(async () => {
  const ok = () => ({ ok: true, reason: '' });
  server = createServer(
    {
      version: '1',
      metrics: path.metrics,
      health: { healthz: { ok }, readyz: { ok } },
      onError: (error) => errors.push(error),
    },
    { port: 0, host: '127.0.0.1' },
  );
  port = await server.open();
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close(0);
});

async function statusOf(route: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${route}`);
  await response.text();
  return response.status;
}

/** Sends bytes as they are and answers all that comes back. */
async function exchange(bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.end(bytes);
  // A reset is an answer, too: `once` would throw it.
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

async function expectAlive(): Promise<void> {
  expect(await Promise.all(['/metrics', '/healthz', '/readyz'].map(statusOf))).toEqual([200, 200, 200]);
}

describe('the port of metrics and health', () => {
  it('answers or hangs up, whatever is sent, and goes on', async () => {
    const line = fc.tuple(
      fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI'), nastyText),
      fc.oneof(
        fc.constantFrom(
          '/metrics',
          '/healthz?x=1',
          '/%00',
          '//metrics',
          '/__proto__',
          '/constructor',
          '*',
          'http://x/metrics',
          '/../metrics',
        ),
        nastyText,
      ),
    );
    const header = fc.oneof(
      nastyText,
      fc.constantFrom(
        'Upgrade: websocket\r\nConnection: Upgrade',
        'Expect: 100-continue',
        'Expect: x',
        'Content-Length: -1',
        'Content-Length: 99',
        'Transfer-Encoding: chunked',
        'Host:',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        line,
        fc.array(header, { maxLength: 4 }),
        fc.uint8Array({ maxLength: 50 }),
        async ([method, target], headers, body) => {
          const head = [
            `${method} ${target} HTTP/1.1`,
            'Host: a',
            'Connection: close',
            ...headers,
            '',
            '',
          ].join('\r\n');
          const answer = await exchange(Buffer.concat([Buffer.from(head), body]));
          expect(answer).toMatch(/^(?:$|HTTP\/1\.1 (?:100|200|400|404|405|408|413|417|431|501) )/);
        },
      ),
      runs(300),
    );
    await expectAlive();
    expect(errors).toEqual([]);
  });

  it('knows only its own paths', async () => {
    for (const route of ['/__proto__', '/constructor', '/metrics/', '/METRICS', '/toString', '/%6detrics']) {
      expect(await statusOf(route), route).toBe(404);
    }
  });

  it('refuses large headers and serves others beside slow clients', async () => {
    expect(await exchange(`GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 |^$/,
    );
    for (let client = 0; client < 100; client += 1) {
      const slow = connect(port, '127.0.0.1');
      slow.on('error', () => undefined);
      sockets.add(slow);
      await once(slow, 'connect');
      slow.write('GET /metrics HTTP/1.1\r\nHost:');
    }
    await expectAlive();
  });
});

describe('the exposition', () => {
  it('can be read back, with labels in every script and with every control character', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(badApplication, { maxLength: 4 }),
        fc.array(nastyText, { minLength: 3, maxLength: 3 }),
        async (objects, [trigger = '', service = '', reason = '']) => {
          const metrics = createMetrics({ version: '1', processMetrics: false });
          metrics.setConfigured('argocd', {
            names: { triggers: [trigger], templates: [], services: [service] },
            isTenant: false,
          });
          const applications = objects.flatMap((object) => path.read(object) ?? []);
          for (const application of applications) {
            metrics.setApplication(application, 0);
            metrics.setAlerts(application, [{ trigger, severity: reason, since: 0 }]);
            metrics.setApplicationSet(application);
          }
          metrics.evaluations.inc({ name: trigger, triggered: 'true' });
          metrics.outcomes.inc({ service, outcome: 'retry', reason });
          metrics.setConfigLoaded(service, [{ key: trigger, severity: 'error', what: 'a', fix: 'b' }]);
          metrics.setParked(new Map([[service, 1]]));
          metrics.setWatch(service, { up: true, lastFrameAt: 1, lagMs: 0 });
          const samples = parseExposition(Buffer.from(await metrics.expose()).toString());
          const outcome = samples.find(({ name }) => name === 'herald_delivery_outcomes_total');
          expect(outcome?.labels).toEqual({
            service: service.toWellFormed(),
            outcome: 'retry',
            reason: reason.toWellFormed(),
          });
          const keys = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
          expect(new Set(keys).size).toBe(keys.length);
          const places = new Set(
            applications.map(({ namespace, name }) => JSON.stringify([namespace, name])),
          );
          expect(samples.filter(({ name }) => name === 'herald_application_info')).toHaveLength(places.size);
          for (const application of applications) {
            metrics.forgetApplication(application);
            metrics.forgetApplicationSet(application);
          }
          const left = parseExposition(await metrics.expose()).filter(({ name }) =>
            /^herald_(?:application_info|alerts|alert_active|applicationset)/.test(name),
          );
          expect(left).toEqual([]);
        },
      ),
      runs(400),
    );
  });
});
