import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createWaiting } from '../../simulator/waiting.ts';
import { answer } from '../child.ts';

/*
 * A Slack that takes every message and answers after a while. It does nothing else, so that what is measured is not
 * what it costs; simulator/slack.ts is the one that knows what Slack refuses.
 */

export type SlackQuestions = typeof questions;

/** By text. Unix milliseconds, with fractions. */
const arrivals = new Map<string, number>();
const waiting = createWaiting();
let latency = 0;
let doubled = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const arrived = performance.timeOrigin + performance.now();
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const text = form.get('text') ?? '';
    if (arrivals.has(text)) doubled += 1;
    else arrivals.set(text, arrived);
    waiting.ask();
    const ts = (arrived / 1_000).toFixed(6);
    const answered = { ok: true, channel: `C${form.get('channel')}`, ts, message: { text, ts } };
    void delay(latency).then(() => {
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(JSON.stringify(answered));
    });
  });
});
server.keepAliveTimeout = 75_000;

const questions = {
  /** Answers its URL. */
  async start(options: { latency: number }): Promise<string> {
    ({ latency } = options);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  },
  /** Forgets what has arrived. */
  clear(): void {
    arrivals.clear();
    doubled = 0;
  },
  /** Answers when so many different texts have arrived, or not within so many milliseconds, with the times of all. */
  async arrived({ count, patience }: { count: number; patience: number }) {
    await waiting.until(() => arrivals.size >= count, patience).catch(() => undefined);
    return { arrivals: new Map(arrivals), doubled };
  },
};

answer(questions);
