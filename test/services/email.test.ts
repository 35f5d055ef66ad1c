import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { createAddressPolicy } from '../../src/net/address-policy.ts';
import type { SendContext } from '../../src/services/service.ts';
import type { CertificateKind } from '../internet/authority.ts';
import { openInternet } from '../internet/internet.ts';
import type { WireRequest } from '../internet/server.ts';
import { firing } from './send-once.ts';
import { startService } from './start-service.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const password = 'secret-pa55word';
const base = { host: 'smtp.example', port: 587, from: 'Argo CD <argocd@b.example>' };
const login = { username: 'argocd', password };
const isMail = ({ smtp }: WireRequest) => smtp?.body !== undefined;
const mails = () =>
  server
    .received()
    .filter(isMail)
    .map(({ smtp }) => smtp as JsonObject);

interface Sending {
  options?: JsonObject;
  recipient?: string;
  message?: string;
  section?: JsonObject;
  service?: ReturnType<typeof startService>;
  signal?: AbortSignal;
  context?: Partial<SendContext>;
}

async function send(sending: Sending = {}): Promise<Outcome> {
  const {
    options = {},
    recipient = 'ops@b.example',
    message = 'deployed',
    section,
    signal,
    context,
  } = sending;
  const service = sending.service ?? startService('email', { ...base, ...options });
  const outcome = await service.send({ message, ...(section && { section }) }, recipient, {
    deliveryId: 'd1',
    signal: signal ?? AbortSignal.timeout(30_000),
    ...context,
  });
  if (sending.service === undefined) await service.close();
  expect(JSON.stringify(outcome)).not.toContain(password);
  return outcome;
}

const play = (smtp: JsonObject, tls: Record<string, CertificateKind> = {}) => server.play([{ smtp }], tls);

describe('what a refusal means', () => {
  it.each<[string, string, object]>([
    ['GREETING', '554 no', { status: 'rejected', scope: 'service', reason: 'smtp_554' }],
    ['GREETING', '421 too busy', { status: 'retry', reason: 'smtp_421' }],
    ['AUTH', `535 5.7.8 bad ${password}`, { status: 'rejected', scope: 'service', reason: 'smtp_535' }],
    ['AUTH', '454 later', { status: 'retry', reason: 'smtp_454' }],
    ['MAIL', '550 not you', { status: 'rejected', scope: 'service' }],
    ['MAIL', '552 too much', { status: 'rejected', scope: 'notification' }],
    ['MAIL', '530 log in first', { status: 'rejected', scope: 'service' }],
    ['MAIL', '451 later', { status: 'retry', reason: 'smtp_451' }],
    ['RCPT ops@b.example', '550 5.1.1 nobody', { status: 'rejected', scope: 'recipient' }],
    ['RCPT ops@b.example', '450 4.2.0 greylisted', { status: 'retry', reason: 'smtp_450' }],
    ['END', '554 spam', { status: 'rejected', scope: 'notification' }],
    ['END', '451 later', { status: 'retry', reason: 'smtp_451' }],
  ])('%s: %s', async (step, reply, expected) => {
    play({ extensions: ['STARTTLS', 'AUTH PLAIN'], replies: { [step]: reply } });
    const outcome = await send({ options: login });
    expect(outcome).toMatchObject(expected);
    expect(outcome).not.toHaveProperty('unclear');
    expect(outcome).toHaveProperty(
      'error',
      expect.stringMatching(/^E-mail, address "ops@b.example" of service email, /),
    );
  });

  it.each<[string, boolean]>([
    ['GREETING', false],
    ['AUTH', false],
    ['MAIL', false],
    ['RCPT ops@b.example', false],
    ['END', true],
  ])('a connection that ends at %s', async (closeAt, unclear) => {
    play({ extensions: ['STARTTLS', 'AUTH PLAIN'], closeAt });
    const outcome = await send({ options: login });
    expect(outcome).toMatchObject({ status: 'retry', reason: 'connection_lost' });
    expect('unclear' in outcome).toBe(unclear);
  });

  it.each(['GREETING', 'MAIL'])('a server that says nothing at %s, when the attempt ends', async (hangAt) => {
    play({ hangAt });
    const abort = new AbortController();
    const outcome = send({ signal: abort.signal });
    await server.until(1);
    abort.abort();
    expect(await outcome).toMatchObject({ status: 'retry', reason: 'aborted' });
    expect(await outcome).not.toHaveProperty('unclear');
  });

  it('a mail may be there that was sent before the attempt ended', async () => {
    play({ hangAt: 'END' });
    const abort = new AbortController();
    const outcome = send({ signal: abort.signal });
    await server.until(1, isMail);
    abort.abort();
    expect(await outcome).toMatchObject({ status: 'retry', reason: 'aborted', unclear: true });
  });

  it.each<CertificateKind>(['untrusted', 'expired', 'wrong-host'])(
    'a certificate that is %s',
    async (kind) => {
      for (const port of [587, 465]) {
        play({ extensions: ['STARTTLS', 'AUTH PLAIN'] }, { 'smtp.example': kind });
        const outcome = await send({ options: { ...login, port } });
        expect(outcome).toMatchObject({ status: 'retry', reason: 'tls' });
        expect(outcome).not.toHaveProperty('unclear');
        expect(JSON.stringify(server.received())).not.toContain(password);
      }
    },
  );
});

describe('encryption and login', () => {
  it.each([
    [465, 'implicit'],
    [587, 'starttls'],
  ])('port %i: %s', async (port, tls) => {
    play({ extensions: ['STARTTLS', 'AUTH LOGIN PLAIN'] });
    expect(await send({ options: { ...login, port } })).toEqual({ status: 'sent' });
    expect(mails()).toMatchObject([{ tls, auth: { mechanism: 'PLAIN', password } }]);
  });

  it('trusts what stands in argocd-tls-certs-cm for the host', async () => {
    play({ extensions: ['STARTTLS'] }, { 'smtp.example': 'untrusted' });
    const certificatesOf = (host: string) =>
      host === 'smtp.example' ? internet.authorities.other : undefined;
    const service = startService('email', base, { certificatesOf });
    expect(await send({ service })).toEqual({ status: 'sent' });
    await service.close();
  });

  it('sends no password without encryption', async () => {
    play({ extensions: ['AUTH PLAIN'] });
    expect(await send({ options: login })).toMatchObject({
      status: 'rejected',
      scope: 'service',
      reason: 'no_login',
    });
    expect(JSON.stringify(server.received())).not.toContain(password);
  });

  it('knows no login but with a password', async () => {
    play({ extensions: ['STARTTLS', 'AUTH XOAUTH2'] });
    expect(await send({ options: login })).toMatchObject({ status: 'rejected', reason: 'no_login' });
  });
});

it('a tenant reaches no server inside the cluster', async () => {
  play({});
  const addresses = createAddressPolicy([]);
  const service = startService('email', { ...base, host: '10.0.0.5' }, { addresses });
  expect(await send({ service })).toMatchObject({ status: 'rejected', reason: 'address_not_allowed' });
  expect(server.received()).toEqual([]);
  await service.close();
});

describe('several addresses', () => {
  const recipient = 'a@b.example, b@b.example, a@b.example';

  it('those that are refused for good are told, and the others get the mail', async () => {
    play({ replies: { 'RCPT b@b.example': '550 nobody' } });
    const outcome = await send({ recipient });
    expect(outcome).toMatchObject({ status: 'sent', degraded: 'recipients_refused' });
    expect(outcome).toHaveProperty('error', expect.stringContaining('b@b.example'));
    expect(mails()).toMatchObject([{ rcptTo: ['a@b.example'] }]);
  });

  it('those that are refused for now get it later, and the others once', async () => {
    const service = startService('email', base);
    play({ replies: { 'RCPT b@b.example': '450 later' } });
    expect(await send({ service, recipient })).toMatchObject({ status: 'retry', reason: 'smtp_450' });
    play({});
    expect(await send({ service, recipient })).toEqual({ status: 'sent' });
    expect(mails()).toMatchObject([{ rcptTo: ['b@b.example'] }]);
    await service.close();
  });
});

describe('the mail', () => {
  it('has the same Message-ID in each attempt', async () => {
    const ids: unknown[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      play({});
      await send();
      ids.push(mails()[0]?.messageId);
    }
    expect(ids).toEqual(['<d1@b.example>', '<d1@b.example>']);
  });

  it('takes no header out of a value', async () => {
    play({});
    await send({ section: { subject: 'a\r\nBcc: evil@b.example\r\n\r\nx' } });
    expect(mails()).toMatchObject([{ headers: { subject: 'a Bcc: evil@b.example x' }, body: 'deployed\n' }]);
    expect(mails()[0]?.headers).not.toHaveProperty('bcc');
  });

  it.each([false, true])('is cut to what the server takes, HTML %s', async (html) => {
    play({ extensions: ['SIZE 20000'] });
    const message = html ? '<i>é</i>'.repeat(20_000) : '👩‍👩‍👧‍👦'.repeat(20_000);
    expect(await send({ message, options: { html } })).toEqual({ status: 'sent' });
    const [{ body } = {}] = mails() as { body?: string }[];
    expect(body).toMatch(html ? /^(?:<i>é<\/i>)+(?:<i>é?)?…\n$/ : /^(?:👩‍👩‍👧‍👦)+…\n$/u);
    expect(body?.length).toBeGreaterThan(1_000);
  });
});

describe('the mails of an alert', () => {
  const resolved = { ...firing, state: 'resolved', isFollowUp: true } as const;
  const headerOf = (mail: JsonObject, name: string) => (mail['headers'] as JsonObject)[name];

  it('are one thread, which begins with the first', async () => {
    play({});
    const service = startService('email', base);
    await send({ service, context: { alert: firing, deliveryId: 'first' } });
    await send({ service, context: { alert: { ...firing, isFollowUp: true }, deliveryId: 'second' } });
    await send({ service, context: { alert: resolved, deliveryId: 'third' } });
    await service.close();
    const all = mails();
    expect(all.map((mail) => mail['messageId'])).toEqual([
      '<first@b.example>',
      '<second@b.example>',
      '<third@b.example>',
    ]);
    const parents = [undefined, '<first@b.example>', '<first@b.example>'];
    expect(all.map((mail) => headerOf(mail, 'in-reply-to'))).toEqual(parents);
    expect(all.map((mail) => headerOf(mail, 'references'))).toEqual(parents);
  });

  it('are one thread also where nobody remembers the first', async () => {
    play({});
    await send({ context: { alert: { ...firing, isFollowUp: true }, deliveryId: 'second' } });
    await send({ context: { alert: resolved, deliveryId: 'third' } });
    const [second, third] = mails().map((mail) => headerOf(mail, 'references'));
    expect(second).toMatch(/^<alert-[\da-f]{64}@b\.example>$/);
    expect(third).toBe(second);
  });
});
