import type { Dispatcher } from 'undici';
import { type ConnectionOptions, createConnections as createHttpConnections } from '../net/connections.ts';
import { TooLate } from '../net/departure.ts';
import { AddressNotAllowed } from '../net/guarded.ts';
import { untrustedDetail } from '../net/host-certificates.ts';
import { settledWithin } from '../store/deadline.ts';

/** To one host. */
const mostConnections = 50;
const connectTimeout = 5_000;
/** Bytes of an answer to a tenant, as they come over the wire: whatever its server sends, there is memory for others. */
const largestAnswer = 8 * 1024 * 1024;

/** Connections of one service. Opens nothing before the first request. Throws when a variable for a proxy is no URL. */
export function createConnections(options: ConnectionOptions): Dispatcher {
  return createHttpConnections(options, {
    connections: mostConnections,
    connectTimeout,
    ...(options.addresses === undefined ? {} : { largestAnswer }),
  });
}

/** Milliseconds: longer than any request may take. */
const longestClosing = 10_000;

/**
 * Lets requests end, and drops the connections on which something is still open then: a page that a proxy sent with a
 * 407 is read by nobody, and would keep its connection for ever.
 */
export async function closeConnections(dispatcher: Dispatcher, deadline = longestClosing): Promise<void> {
  if (!(await settledWithin(dispatcher.close(), deadline))) await dispatcher.destroy();
}

/** Milliseconds that a service may make us wait: what it says beyond is a mistake, or meant to silence us. */
const longestPause = 3_600_000;

/** A service's answer of how long to wait, in milliseconds; undefined where it is no time. */
export function pauseOf(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? bounded(seconds * 1_000) : undefined;
}

function bounded(milliseconds: number): number | undefined {
  const isTime = Number.isFinite(milliseconds) && milliseconds >= 0;
  return isTime ? Math.min(Math.ceil(milliseconds), longestPause) : undefined;
}

/** The milliseconds that a `Retry-After` header asks for, in seconds or as a date; undefined without a valid one. */
export function retryAfterOf(header: string | null | undefined, now: number): number | undefined {
  if (header === null || header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return pauseOf(Number(text));
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return bounded(Math.max(0, date - now));
}

export interface NetworkFailure {
  reason:
    | 'timeout'
    | 'aborted'
    | 'too_late'
    | 'unreachable'
    | 'connection_lost'
    | 'tls'
    | 'address_not_allowed';
  detail: string;
}

const UNREACHABLE = new Set(
  'ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH ETIMEDOUT UND_ERR_CONNECT_TIMEOUT'.split(' '),
);

/**
 * Names what went wrong below HTTP. After `unreachable`, `tls`, `too_late` and `address_not_allowed` the request was
 * never sent; after the others it may have been received. `address_not_allowed` alone is final.
 */
export function networkFailure(error: unknown, signal: AbortSignal): NetworkFailure {
  const chain = causes(error);
  const refusal = chain.find((cause) => cause instanceof AddressNotAllowed);
  if (refusal) return { reason: 'address_not_allowed', detail: refusal.message };
  const late = chain.find((cause) => cause instanceof TooLate);
  if (late) return { reason: 'too_late', detail: late.message };
  const root = chain.at(-1);
  const detail = root instanceof Error ? root.message || errorCode(root) || root.name : String(root);
  if (signal.aborted) return { reason: 'aborted', detail: 'the attempt was aborted' };
  if (chain.some((cause) => cause instanceof Error && cause.name === 'TimeoutError')) {
    return { reason: 'timeout', detail: 'no answer in time' };
  }
  const codes = chain.map(errorCode);
  if (codes.some((code) => UNREACHABLE.has(code))) return { reason: 'unreachable', detail };
  if (codes.some((code) => /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)))
    return { reason: 'tls', detail: chain.map(untrustedDetail).find(Boolean) ?? detail };
  if (codes.some((code) => /^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$/.test(code)))
    return { reason: 'timeout', detail };
  return { reason: 'connection_lost', detail };
}

/** An error and what caused it, the outermost first. */
export function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let cause = error; cause !== undefined && chain.length < 10; ) {
    chain.push(cause);
    cause =
      cause instanceof AggregateError ? cause.errors[0] : cause instanceof Error ? cause.cause : undefined;
  }
  return chain;
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
