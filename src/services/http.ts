import { type Dispatcher, request as undiciRequest } from 'undici';
import { systemClock } from '../clock.ts';
import type { Json } from '../model.ts';
import { type ConnectionOptions, createConnections } from '../net/connections.ts';
import { type Departure, departing, TooLate } from '../net/departure.ts';
import { AddressNotAllowed } from '../net/guarded.ts';
import { untrustedDetail } from '../net/host-certificates.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { settledWithin } from '../store/deadline.ts';

/** To one host: as many as a service may have attempts at a time. */
const mostConnections = 150;
const connectTimeout = 5_000;
/** Bytes of an answer to a tenant, as they come over the wire: whatever its server sends, there is memory for others. */
const largestAnswer = 8 * 1024 * 1024;
/** Bytes of an answer that are read: what is longer is no answer of an API. */
const mostOfAnswer = 1024 * 1024;
/** As Go's client. */
const mostRedirects = 10;
/** Milliseconds until an answer must be complete. */
const defaultTimeout = 8_000;

export interface HttpRequest {
  method: string;
  url: string;
  /** Names in lower case. */
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Milliseconds until the answer must be complete, where that is sooner than for others. */
  timeout?: number;
  /** The body holds a secret: it is not taken to another origin, so that such a redirect is an answer. */
  bodyIsSecret?: true;
}

export interface HttpAnswer {
  status: number;
  /** By a name in lower case; of several the first. */
  header(name: string): string | undefined;
  /** Cut where it is longer than any answer of an API, or broke off. */
  text: string;
  /** undefined where the text is no JSON. */
  json(): Json | undefined;
}

/** The connections of one service, kept alive, and requests over them. */
export interface HttpClient {
  /**
   * One request and its answer. Redirects are followed as Go's client follows them, but another origin gets none of the
   * headers that may be secrets. Once a status has come there is an answer, whatever becomes of its body. Rejects with
   * what `networkFailure` understands.
   */
  send(request: HttpRequest, signal: AbortSignal, departure?: Departure): Promise<HttpAnswer>;
  /** The connections, for the client of a library. */
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

/** Opens nothing before the first request. Throws when a variable for a proxy is no URL. */
export function createHttpClient(
  options: ConnectionOptions & {
    /** Milliseconds until an answer must be complete. */
    timeout?: number | undefined;
  },
): HttpClient {
  const { timeout = defaultTimeout, ...connecting } = options;
  const dispatcher = createConnections(connecting, {
    connections: mostConnections,
    connectTimeout,
    ...(options.addresses === undefined ? {} : { largestAnswer }),
  });
  let closing: Promise<void> | undefined;

  async function follow(first: HttpRequest, signal: AbortSignal, through: Dispatcher): Promise<HttpAnswer> {
    let request = withCredentials(first);
    for (let redirects = 0; ; redirects += 1) {
      const { method, url, headers = {}, body } = request;
      const received = await undiciRequest(url, {
        method: method as Dispatcher.HttpMethod,
        headers: { 'user-agent': 'herald', ...headers },
        body: body === undefined || body === '' ? null : body,
        dispatcher: through,
        signal,
      });
      const next = redirects < mostRedirects ? redirected(request, received) : undefined;
      if (next === undefined) return await answerOf(received);
      await received.body.dump();
      request = next;
    }
  }

  return {
    dispatcher,
    send(request, outer, departure) {
      const through = departure ? dispatcher.compose(departing(departure)) : dispatcher;
      const limit = Math.min(timeout, request.timeout ?? timeout);
      return withTimeLimit(limit, outer, (signal) => follow(request, signal, through));
    },
    close() {
      closing ??= closeConnections(dispatcher);
      return closing;
    },
  };
}

/** `https://user:password@…`, which is no part of the request line. */
function withCredentials(request: HttpRequest): HttpRequest {
  const { username, password } = new URL(request.url);
  if ((username === '' && password === '') || request.headers?.authorization !== undefined) return request;
  return {
    ...request,
    headers: { ...request.headers, authorization: basic(decoded(username), decoded(password)) },
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value of `Authorization` for basic authentication. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** What any host may see. */
const harmlessHeaders = new Set(['accept', 'content-type', 'idempotency-key', 'user-agent']);

/** The request that an answer asks for; undefined where it is an answer. */
function redirected(
  request: HttpRequest,
  { statusCode, headers }: Dispatcher.ResponseData,
): HttpRequest | undefined {
  const location = headerOf(headers, 'location');
  if (![301, 302, 303, 307, 308].includes(statusCode) || !location || !URL.canParse(location, request.url))
    return undefined;
  const from = new URL(request.url);
  const to = new URL(location, from);
  if (to.protocol !== 'http:' && to.protocol !== 'https:') return undefined;
  const keepsBody = statusCode === 307 || statusCode === 308;
  if (keepsBody && request.bodyIsSecret && from.origin !== to.origin) return undefined;
  const kept = Object.entries(request.headers ?? {}).filter(
    ([name]) =>
      (from.origin === to.origin || harmlessHeaders.has(name)) && (keepsBody || name !== 'content-type'),
  );
  const method = keepsBody || request.method === 'HEAD' ? request.method : 'GET';
  return {
    method,
    url: to.href,
    headers: Object.fromEntries(kept),
    ...(keepsBody && request.body !== undefined ? { body: request.body } : {}),
    ...(request.bodyIsSecret && { bodyIsSecret: true }),
  };
}

async function answerOf({ statusCode: status, headers, body }: Dispatcher.ResponseData): Promise<HttpAnswer> {
  const text = await beginningOf(body);
  return {
    status,
    header: (name) => headerOf(headers, name),
    text,
    json() {
      try {
        return JSON.parse(text) as Json;
      } catch {
        return undefined;
      }
    },
  };
}

/** Read to its end, so that the connection can be used again, unless that is far. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      text += decoder.decode(chunk, { stream: true });
      // Leaving the loop ends the connection.
      if (bytes > mostOfAnswer) break;
    }
  } catch {
    // The status says what became of the request.
  }
  return text;
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Milliseconds: longer than any request may take. */
const longestClosing = 10_000;

/**
 * Lets requests end, and drops the connections on which something is still open then: a page that a proxy sent with a
 * 407 is read by nobody, and would keep its connection for ever.
 */
export async function closeConnections(dispatcher: Dispatcher, deadline = longestClosing): Promise<void> {
  if (!(await settledWithin(dispatcher.close(), deadline, systemClock))) await dispatcher.destroy();
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
