import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { backstop } from './backstop.ts';
import { answerWithFault, createFaultPlan, type Fault, readBody } from './http-faults.ts';
import { closeAtOnce, listen } from './listening.ts';
import { createWaiting } from './waiting.ts';

export interface WebhookRequestRecord {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Unix milliseconds. */
  at: number;
}

/** An HTTP server on this machine that records what it is sent and answers 200, or as it is told. */
export interface WebhookReceiver {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Without a trailing slash; valid once started. */
  readonly url: string;
  readonly requests: readonly WebhookRequestRecord[];
  fail(fault: Fault, options?: { times?: number; where?: (request: WebhookRequestRecord) => boolean }): void;
  /** Resolves when the condition holds; it is asked after each request. Rejects after `timeout` milliseconds. */
  until(condition: () => boolean, timeout?: number): Promise<void>;
}

export function createWebhookReceiver({ host = '127.0.0.1' } = {}): WebhookReceiver {
  const requests: WebhookRequestRecord[] = [];
  const waiting = createWaiting(() => `${requests.length} requests`);
  const plan = createFaultPlan<Fault, WebhookRequestRecord>();
  let server: Server | undefined;
  return {
    requests,
    get url() {
      if (server === undefined) throw new Error('the webhook receiver is not started');
      return `http://${host}:${(server.address() as AddressInfo).port}`;
    },
    async start() {
      const listening = createServer((request, response) => {
        const answer = async () => {
          const { method = '', url = '', headers } = request;
          const record = { method, path: url, headers, body: await readBody(request), at: Date.now() };
          requests.push(record);
          waiting.ask();
          await answerWithFault(plan.take(record), { request, response }, () => ({
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: '{"ok":true}',
          }));
        };
        answer().catch(() => request.socket.destroy());
      });
      server = listening;
      await listen(listening, 0, host);
    },
    async stop() {
      const stopping = server;
      if (stopping === undefined) return;
      server = undefined;
      await closeAtOnce(stopping);
    },
    fail: (fault, options) => plan.add(fault, options),
    until: (condition, timeout = backstop) => waiting.until(condition, timeout),
  };
}
