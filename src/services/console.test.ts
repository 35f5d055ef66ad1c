import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import type { Notification } from '../model.ts';
import { createService } from './registry.ts';

async function send(notification: Notification, stream: Writable) {
  const log = createLog({ level: 'silent', format: 'json' });
  const state = { get: () => Promise.resolve(undefined), set: () => Promise.resolve() };
  const source = { type: 'console', name: 'console', settings: {} };
  const { service } = createService(source, { log, state, stream });
  const { signal } = new AbortController();
  return service?.send(notification, 'ops', { deliveryId: 'd', signal });
}

async function printed(notification: Notification) {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  expect(await send(notification, stream)).toEqual({ status: 'sent' });
  return text;
}

describe('console', () => {
  it('prints the message and the recipient', async () => {
    expect(await printed({ message: 'shop\nis synced\n' })).toBe('── console → ops\nshop\nis synced\n\n');
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
