/** What an answer of the API server, or its absence, means. */
import { errors } from 'undici';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import { ClusterError } from './cluster-error.ts';

/** What was asked for, for messages. */
interface AskedPath {
  method?: string | undefined;
  path: string;
}

export function failure(request: AskedPath, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const timedOut = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
  return new ClusterError(`${describe(request)}: ${(error as Error).message || String(error)}`, {
    kind: timedOut ? 'timeout' : 'network',
    cause: error,
  });
}

export function refusal(
  request: AskedPath,
  { status, headers }: { status: number; headers: Readonly<Record<string, unknown>> },
  text: string,
): ClusterError {
  let message = '';
  let reason: string | undefined;
  let retryAfter = Number(headers['retry-after']);
  try {
    const body = JSON.parse(text) as {
      message?: unknown;
      reason?: unknown;
      details?: { retryAfterSeconds?: unknown };
    };
    if (typeof body.message === 'string') message = body.message;
    if (typeof body.reason === 'string') reason = body.reason;
    if (typeof body.details?.retryAfterSeconds === 'number') retryAfter ||= body.details.retryAfterSeconds;
  } catch {
    // Not from the API server itself: a proxy's page says less than the status does.
  }
  return new ClusterError(`${describe(request)}: ${status} ${message}`.trimEnd(), {
    kind: 'status',
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  });
}

export function parseObject(
  request: AskedPath,
  bytes: Buffer,
  parse: (bytes: Buffer) => Json = parseJson,
): JsonObject {
  let value: Json;
  try {
    value = parse(bytes);
  } catch {
    // The parser's message quotes the text, which may be of a Secret.
    throw new ClusterError(`${describe(request)}: the answer is no JSON`, { kind: 'malformed' });
  }
  if (!isObject(value)) {
    throw new ClusterError(`${describe(request)}: the answer is no object`, { kind: 'malformed' });
  }
  return value;
}

function parseJson(bytes: Buffer): Json {
  return JSON.parse(bytes.toString()) as Json;
}

function describe({ method = 'GET', path }: AskedPath): string {
  return `${method} ${path}`;
}
