import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What a double does to a request in place of, or around, answering it. */
export type Fault =
  /** Answers this status before the request is looked at. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** Closes the connection before the request is looked at. */
  | { kind: 'reset' }
  /** Does what was asked, then closes the connection: the answer is lost. */
  | { kind: 'drop' }
  /** Answers after this many milliseconds. */
  | { kind: 'delay'; milliseconds: number }
  /** Never answers. */
  | { kind: 'hang' };

/** Faults that wait for requests: each is used for `times` requests that match, first come first served. */
export interface FaultPlan<F, R> {
  add(fault: F, options?: { times?: number; where?: (request: R) => boolean }): void;
  take(request: R): F | undefined;
  clear(): void;
}

export function createFaultPlan<F, R>(): FaultPlan<F, R> {
  let plan: { fault: F; times: number; where: (request: R) => boolean }[] = [];
  return {
    add(fault, { times = 1, where = () => true } = {}) {
      plan.push({ fault, times, where });
    },
    take(request) {
      const entry = plan.find((candidate) => candidate.where(request));
      if (entry === undefined) return undefined;
      entry.times -= 1;
      if (entry.times <= 0) plan = plan.filter((candidate) => candidate !== entry);
      return entry.fault;
    },
    clear() {
      plan = [];
    },
  };
}

/** Carries out a fault around `answer`, which does what the request asked and says what to answer. */
export async function answerWithFault(
  fault: Fault | undefined,
  connection: { request: IncomingMessage; response: ServerResponse },
  answer: () => { status: number; headers: Record<string, string>; body: string },
): Promise<void> {
  const { request, response } = connection;
  if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'status') {
    return void response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
  }
  if (fault?.kind === 'delay') await delay(fault.milliseconds, undefined, { ref: false });
  const { status, headers, body } = answer();
  if (fault?.kind === 'drop') return void request.socket.destroy();
  response.writeHead(status, headers).end(body);
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
