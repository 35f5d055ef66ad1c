import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Outcome } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';
import { recordLog } from '../../src/testing/recorded-log.ts';
import { runs } from '../runs.ts';
import { startService } from '../services/start-service.ts';
import { halfRight, nastyJson, nastyText } from './arbitraries.ts';
import { unless } from './unless.ts';

const token = 'xoxb-secret-0123456789';
const { log, lines } = recordLog();
let answers: Buffer[] = [];
let server: Server;
let service: Service;

/** Answers each request with the next bytes, whatever they are, and hangs up. */
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end((answers.length > 1 ? answers.shift() : answers[0]) ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { token, apiURL: `http://127.0.0.1:${port}/api/` };
  service = startService('slack', options, { log, slack: { timeout: 500 } });
});
afterAll(async () => {
  await service.close();
  server.close();
});

const error = fc.oneof(
  fc.constantFrom<Json>(
    'invalid_blocks',
    'msg_too_long',
    'ratelimited',
    'missing_scope',
    'message_not_found',
    'invalid_auth',
    'internal_error',
    'invalid_metadata_schema',
    'constructor',
    'tostring',
    token,
    null,
    7,
    '',
  ),
  nastyText,
);
const answerBody = halfRight({
  ok: fc.constantFrom<Json>(true, false, 'true', 'false', 1, 0, null),
  error,
  ts: fc.constantFrom<Json>('1.2', '', 7, null),
  channel: fc.constantFrom<Json>('C1', '', 7, null),
  needed: fc.constantFrom<Json>('chat:write.customize', token, 7, null),
  response_metadata: halfRight({
    messages: fc.array(nastyText, { maxLength: 2 }),
    retryAfter: fc.constantFrom<Json>(0, 1, 3_600, -1, 1e300, 'soon'),
    warnings: fc.constantFrom<Json>([], ['a'], 'a', 7),
  }),
});
const body = fc.oneof(
  { weight: 6, arbitrary: answerBody.map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 1, arbitrary: nastyJson.map((value) => Buffer.from(JSON.stringify(value))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(answerBody, fc.nat(60))
      .map(([value, end]) => Buffer.from(JSON.stringify(value).slice(0, -end - 1))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '',
        '<!doctype html><title>Sign in</title>',
        `error=${token}`,
        'ok',
        '{"ok":true}x',
        `{"ok":false,"error":"${'a_'.repeat(100_000)}"}`,
        `{"ok":true,"ts":"1","x":"${'x'.repeat(1_000_000)}"}`,
        `{"ok":false,"error":"${'['.repeat(9_000)}"}`,
      )
      .map((text) => Buffer.from(text)),
  },
);
const status = fc.oneof(
  { weight: 4, arbitrary: fc.constant(200) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      204,
      301,
      302,
      400,
      401,
      403,
      404,
      407,
      408,
      413,
      425,
      429,
      500,
      502,
      503,
      504,
      599,
      999,
    ),
  },
  fc.integer({ min: 100, max: 999 }),
);
const header = fc.oneof(
  fc.constantFrom(
    'Retry-After: 1',
    'Retry-After: 1e400',
    'Retry-After: soon',
    'Retry-After: 99999999999999999999',
    'Retry-After: Sun, 99 Xxx 2026 99:99:99 GMT',
    'Retry-After:',
    'Content-Type: text/html',
    'Content-Type: application/json; charset=utf-16',
    'Content-Type:',
    'Content-Encoding: gzip',
    'Content-Encoding: br',
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Content-Length: 999',
    `Location: http://127.0.0.1:1/${token}`,
    'X-OAuth-Scopes: a,b',
    'Set-Cookie: a=b',
  ),
  nastyText.map((text) => `X-Any: ${text.replaceAll(/[\r\n]/g, '')}`),
);
const answer = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(status, fc.array(header, { maxLength: 3 }), body)
      .map(([code, headers, content]) =>
        Buffer.concat([
          Buffer.from([`HTTP/1.1 ${code} Any`, 'Connection: close', ...headers, '', ''].join('\r\n')),
          content,
        ]),
      ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('', 'SSH-2.0-x\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/9.9 200 OK\r\n\r\n{}')
      .map((text) => Buffer.from(text)),
  },
);

const section = fc.constantFrom(
  undefined,
  { attachments: '[{"title":"a"}]' },
  { attachments: '[{"title":"a"}]', username: 'bot', icon: ':x:' },
  { groupingKey: 'k', deliveryPolicy: 'PostAndUpdate' },
  { groupingKey: 'k', deliveryPolicy: 'Update', blocks: '[]' },
);

const label = /^[a-z][a-z0-9_]{1,63}$/;

function faultsOf(outcome: Outcome): string[] {
  const told = JSON.stringify(outcome);
  const faults = unless(!told.includes(token), `the token: ${told}`);
  if (outcome.status === 'sent') {
    return [...faults, ...unless(outcome.degraded === undefined || label.test(outcome.degraded), told)];
  }
  const wait = outcome.status === 'retry' ? (outcome.retryAfter ?? 0) : 0;
  return [
    ...faults,
    ...unless(label.test(outcome.reason) && outcome.reason !== 'unexpected', `no label: ${told}`),
    ...unless(!['constructor', 'tostring'].includes(outcome.reason), `a label that nobody knows: ${told}`),
    ...unless(outcome.error.includes('"deploys"'), `no place: ${told}`),
    ...unless(wait >= 0 && wait <= 3_600_000, `a pause of ${wait}`),
  ];
}

describe('answers of Slack of any kind', () => {
  it('are outcomes, with a short reason and without the token', async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 4 }),
        section,
        nastyText,
        async (given, ofSlack, message) => {
          answers = [...given];
          sent += 1;
          const notification = ofSlack === undefined ? { message } : { message, section: ofSlack };
          const outcome = await service.send(notification, 'deploys', {
            deliveryId: `d${sent}`,
            signal: AbortSignal.timeout(20_000),
          });
          expect(faultsOf(outcome)).toEqual([]);
        },
      ),
      runs(500),
    );
    expect(JSON.stringify(lines)).not.toContain(token);
  });
});
