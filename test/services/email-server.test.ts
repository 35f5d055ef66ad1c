import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../simulator/free-port.ts';
import type { Outcome } from '../../src/model.ts';
import { createAuthorities } from '../internet/authority.ts';
import { tools } from '../tools.ts';
import { createProgram } from './program.ts';
import { startService } from './start-service.ts';

const command = tools.aiosmtpd;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that keeps what it takes. */
async function startMailServer(args: string[] = [], files: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-smtp-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const port = await freePort();
  const own = [
    '-n',
    '-d',
    '-l',
    `127.0.0.1:${port}`,
    ...args.map((arg) => arg.replaceAll('$folder', folder)),
  ];
  const mailbox = join(folder, 'mail');
  const handler = ['-c', 'aiosmtpd.handlers.Mailbox', mailbox];
  const program = createProgram(
    command ?? '',
    [...own, ...handler],
    /Server is listening|Starting asyncio loop/,
  );
  await program.start();
  cleanups.push(() => program.kill());
  return {
    port,
    mails: () =>
      Promise.all(
        readdirSync(join(mailbox, 'new')).map((name) =>
          PostalMime.parse(readFileSync(join(mailbox, 'new', name))),
        ),
      ),
  };
}

async function send(
  port: number,
  { message = 'deployed', subject = 'subject', deps = {}, ...options }: Record<string, unknown> = {},
): Promise<Outcome> {
  const base = { host: 'localhost', port, from: 'Argo CD <argocd@b.example>' };
  const service = startService('email', { ...base, ...options }, deps as object);
  const outcome = await service.send(
    { message: String(message), section: { subject: String(subject) } },
    'ops@b.example, "Müller, Zoë" <zoe@b.example>',
    { deliveryId: 'd1', signal: AbortSignal.timeout(600_000) },
  );
  await service.close();
  return outcome;
}

describe.skipIf(command === undefined)('a real SMTP server', () => {
  it('gets every script, dots and long lines as they were written', async () => {
    const { port, mails } = await startMailServer();
    const message = `Привет 🚀\n.\n..two\n${'long '.repeat(500)}\nend`;
    expect(await send(port, { message, subject: 'Zürich ✓ '.repeat(20) })).toEqual({ status: 'sent' });
    const [mail, ...more] = await mails();
    expect(more).toEqual([]);
    expect(mail?.text?.trimEnd()).toBe(message);
    expect(mail).toMatchObject({
      subject: 'Zürich ✓ '.repeat(20).trim(),
      from: { name: 'Argo CD', address: 'argocd@b.example' },
      to: [
        { name: '', address: 'ops@b.example' },
        { name: 'Müller, Zoë', address: 'zoe@b.example' },
      ],
      messageId: '<d1@b.example>',
    });
  });

  it('gets no more than it takes', async () => {
    const { port, mails } = await startMailServer(['-s', '4000']);
    expect(await send(port, { message: 'é'.repeat(10_000) })).toEqual({ status: 'sent' });
    const [mail] = await mails();
    expect(mail?.text?.trimEnd()).toMatch(/^é{100,}…$/);
  });

  it('is spoken to by TLS with the certificates of its host, or not at all', async () => {
    const authorities = await createAuthorities(Date.now());
    const { key, cert } = await authorities.certificateOf('localhost', 'untrusted');
    const files = { 'cert.pem': cert, 'key.pem': key };
    const tls = ['--tlscert', '$folder/cert.pem', '--tlskey', '$folder/key.pem'];
    const { port, mails } = await startMailServer(tls, files);
    expect(await send(port)).toMatchObject({ status: 'retry', reason: 'tls' });
    expect(await mails()).toEqual([]);
    expect(await send(port, { deps: { certificatesOf: () => authorities.other } })).toEqual({
      status: 'sent',
    });
    expect(await send(port, { insecure_skip_verify: true })).toEqual({ status: 'sent' });
    expect(await mails()).toHaveLength(2);
  });
});
