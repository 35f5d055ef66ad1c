/** A request whose time is over while it waits for a connection is never written. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startService } from './start-service.ts';

/** What a service has to one host. */
const connections = 150;
const many = connections + 5;

test('also one that waits for a connection', async () => {
  const waiting: ServerResponse[] = [];
  const ids: unknown[] = [];
  const server = createServer((request, response) => {
    ids.push(request.headers['idempotency-key']);
    waiting.push(response);
    server.emit('waiting');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const service = startService('webhook', { url }, { name: 'w' });
  const signal = AbortSignal.timeout(600_000);
  let isOpen = true;
  const departure = { confirm: async () => true, isOpen: () => isOpen };
  const send = (deliveryId: string) => service.send({ message: 'm' }, '', { deliveryId, signal, departure });

  const first = Array.from({ length: many }, (_, n) => send(`d${n}`));
  while (waiting.length < connections) await once(server, 'waiting');
  // The process was stopped here, and goes on when its time is over.
  isOpen = false;
  for (const response of waiting) response.end();
  const outcomes = await Promise.all(first);
  expect(ids).toHaveLength(connections);
  expect(outcomes.filter(({ status }) => status === 'sent')).toHaveLength(connections);
  const late = outcomes.filter(({ status }) => status !== 'sent');
  expect(late).toHaveLength(many - connections);
  for (const outcome of late) {
    expect(outcome).toMatchObject({ status: 'retry', reason: 'too_late' });
    expect(outcome).not.toHaveProperty('unclear');
  }
  // The connections serve others.
  isOpen = true;
  const next = send('next');
  while (waiting.length <= connections) await once(server, 'waiting');
  waiting.at(-1)?.end();
  expect(await next).toEqual({ status: 'sent' });
  await service.close();
  server.close();
});
