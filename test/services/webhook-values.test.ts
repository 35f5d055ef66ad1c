/** What values from the cluster may do to the body and the path of a webhook's request. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { presentationOf } from '../../src/services/service.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { startService } from './start-service.ts';

const received: { url: string; body: string }[] = [];
const server: Server = createServer((request, response) => {
  void text(request).then((body) => {
    received.push({ url: request.url ?? '', body });
    response.end();
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

function service(contentType = 'application/json') {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  const headers = [{ name: 'Content-Type', value: contentType }];
  return startService('webhook', { url, headers }, { name: 'ci' });
}

function rendered(request: JsonObject, x: string, contentType?: string) {
  const { template, problems } = compileTemplate(
    't',
    JSON.stringify({ webhook: { ci: { method: 'POST', ...request } } }),
  );
  if (template === undefined) throw new Error(JSON.stringify(problems));
  const vars = templateVars({
    app: { x },
    appProject: {},
    context: { query: 'a=1&b=2' },
    serviceType: 'ci',
    recipient: '',
    now: 0,
  });
  const sending = service(contentType);
  const result = renderNotification([template], vars, presentationOf(sending));
  if (!result.ok) throw new Error(result.error);
  return { ...result, sending };
}

/** What arrives of a request whose template prints `app.x`. */
async function sent(request: JsonObject, x: string, contentType?: string) {
  const { notification, sending } = rendered(request, x, contentType);
  const signal = AbortSignal.timeout(600_000);
  const outcome = await sending.send(notification, '', { deliveryId: 'd', signal });
  await sending.close();
  expect(outcome).toEqual({ status: 'sent' });
  return received.at(-1);
}

const body = '{"result": "FAILURE", "message": "{{ .app.x }}"}';
const message = 'error when patching "/dev/shm/1":\n\tadmission webhook "x" denied: C:\\temp';

describe('a body', () => {
  test('of JSON stays JSON, whatever stands in its values', async () => {
    const arrived = await sent({ body }, message);
    expect(JSON.parse(arrived?.body ?? '')).toEqual({ result: 'FAILURE', message });
    expect((await sent({ body }, message, 'text/plain'))?.body).toBe(arrived?.body);
  });

  test('of JSON line by line stays that, with a break of the line in a value', async () => {
    const lines = '{"index": {}}\n{"message": "{{ .app.x }}"}\n';
    const arrived = await sent({ body: lines }, message, 'application/x-ndjson');
    expect(arrived?.body).toBe(`{"index": {}}\n${JSON.stringify({ message }).replace(':', ': ')}\n`);
    expect(rendered({ body: lines }, message, 'application/x-ndjson').warnings).toEqual([]);
  });

  test('of JSON with any value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (x) => {
        const { section } = rendered({ body }, `"${x}`).notification;
        const { ci } = section as { ci: { body: string } };
        expect(() => JSON.parse(ci.body)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['JSON already', '{"message": {{ .app.x | toJson }}}', `{"message": ${JSON.stringify(message)}}`],
    ['a form', 'text="{{ .app.x }}"&b=1', `text="${message}"&b=1`],
    ['text', '{{ .app.x }}', message],
    ['XML', '<a b="{{ .app.x }}"/>', `<a b="${message}"/>`],
    [
      'GraphQL',
      'mutation { say(text: "{{ .app.x }}") { id } }',
      `mutation { say(text: "${message}") { id } }`,
    ],
  ])('that is %s arrives byte for byte', async (_, template, expected) => {
    expect((await sent({ body: template }, message, 'text/plain'))?.body).toBe(expected);
  });

  test('that must be JSON and cannot is said', () => {
    const { warnings } = rendered({ body: '{"message": {{ .app.x }}}' }, 'x y');
    expect(warnings).toMatchObject([{ field: 'webhook.ci.body' }]);
    expect(rendered({ body: 'a={{ .app.x }}' }, 'x', 'text/plain').warnings).toEqual([]);
  });
});

describe('a path', () => {
  test.each([
    ['/statuses/{{ .app.x }}/end', 'feature/a b', '/base/statuses/feature/a%20b/end'],
    ['/statuses/{{ .app.x }}/end', 'a#b', '/base/statuses/a%23b/end'],
    ['/statuses/{{ .app.x }}/end', 'line one\nline two\\', '/base/statuses/line%20one%0Aline%20two%5C/end'],
    ['/statuses/{{ .app.x }}/end', '100% of 5%', '/base/statuses/100%25%20of%205%25/end'],
    ['/statuses/{{ .app.x }}/end', 'what?', '/base/statuses/what%3F/end'],
    ['/say?text={{ .app.x }}&end=1', 'a & b?', '/base/say?text=a%20%26%20b?&end=1'],
    ['/say?text={{ .app.x | urlquery }}', 'a & b#%', '/base/say?text=a+%26+b%23%25'],
    ['/say?text={{ .context.query }}', '', '/base/say?text=a=1&b=2'],
    ['{{ .app.x }}', '/hooks/1?a=1&b=2', '/base/hooks/1?a=1&b=2'],
    ['/a?b=c#{{ .app.x }}', 'd', '/base/a?b=c'],
  ])('%s with %j', async (path, x, expected) => {
    expect((await sent({ path }, x))?.url).toBe(expected);
  });
});
