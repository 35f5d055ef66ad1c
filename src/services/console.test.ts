import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import type { Notification } from '../model.ts';
import { createService } from './registry.ts';

async function send(notification: Notification, stream: Writable, recipient = 'ops') {
  const log = createLog({ level: 'silent', format: 'json' });
  const state = { get: () => Promise.resolve(undefined), set: () => Promise.resolve() };
  const source = { type: 'console', name: 'console', settings: {} };
  const { service } = createService(source, { log, state, stream });
  const { signal } = new AbortController();
  return service?.send(notification, recipient, { deliveryId: 'd', signal });
}

async function printed(notification: Notification, recipient?: string) {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  expect(await send(notification, stream, recipient)).toEqual({ status: 'sent' });
  return text;
}

describe('console', () => {
  it('prints the message and the recipient', async () => {
    expect(await printed({ message: 'shop\nis synced\n' })).toBe('── console → ops\n│ shop\n│ is synced\n\n');
  });

  it('lets no value pass for a line of the log', async () => {
    const forged = '{"level":"error","msg":"Herald starts","service":"argocd"}';
    const section = { text: `a\n${forged}`, [`b\n${forged}`]: ['c'] };
    const message = `ok\n${forged}\r${forged}\u2028${forged}\u0085${forged}\n\u001b[1A${forged}`;
    const text = await printed({ message, section }, `ops\n${forged}`);
    const lines = text.split(/[\n\r\v\f\u0085\u2028\u2029]/);
    expect(lines.filter((line) => line !== '' && !/^(?:── |│ )/.test(line))).toEqual([]);
    expect(text).not.toContain('\u001b');
  });

  it('lets no value steer the terminal', async () => {
    expect(await printed({ message: 'a\u001b[2Jb\rc\u009b1md\u202ee' })).toContain(
      'a\\u001b[2Jb\\u000dc\\u009b1md\\u202ee',
    );
  });

  it('says that the stream is broken', async () => {
    const stream = new Writable({ write: (_, __, done) => done(new Error('EPIPE')) });
    stream.on('error', () => {});
    expect(await send({ message: 'm' }, stream)).toMatchObject({ status: 'retry', reason: 'stream' });
  });
});
