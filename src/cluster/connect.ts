import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Json, JsonObject } from '../model.ts';
import { createOutageLog } from '../net/outage-log.ts';
import { failure, parseObject, refusal } from './answers.ts';
import { ClusterError } from './cluster-error.ts';
import { createCredentials } from './credentials.ts';
import { createDispatcherPool } from './dispatcher-pool.ts';
import { type KubeconfigOptions, loadKubeconfig, namespaceOf } from './kubeconfig.ts';
import { createReachability } from './reachability.ts';

export interface ApiRequest {
  /** @defaultValue GET */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path on the API server, each name in it encoded. */
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  body?: JsonObject;
  /** Of the body. @defaultValue application/json */
  contentType?: string;
  signal?: AbortSignal;
  /** For the headers of a stream, or for the whole of any other answer. @defaultValue 30000 */
  timeoutMs?: number;
  /** Makes a value of the body of an answer; throws where it is no JSON. @defaultValue JSON.parse */
  parse?(bytes: Buffer): Json;
}

/**
 * One API server, its credentials and one pool of connections for all requests. Nothing is retried but a request
 * answered 401, once and with credentials read anew. Failures are thrown as ClusterError, or as the signal's reason.
 */
export interface Connection {
  /** Without credentials, for the log. */
  readonly server: string;
  /** Where the controller runs, if no flag says otherwise. */
  readonly namespace: string;
  json(request: ApiRequest): Promise<JsonObject>;
  /** The body as it comes; a chunk is any part of it. Leaving the loop or aborting breaks the connection. */
  stream(request: ApiRequest): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Resolves at once while the server answers, otherwise when it does again; true: it was away. While it is, this
   * connection asks it twice a second, whoever and how many wait.
   */
  untilBack(signal: AbortSignal): Promise<boolean>;
  /** What the server answered last while it is away, to whoever waits for it. */
  trouble(): ClusterError | undefined;
  /** By the clock of the server, to the second, Unix milliseconds; undefined: it does not say. */
  serverTime(): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface ConnectOptions extends KubeconfigOptions {
  /** @defaultValue herald */
  userAgent?: string;
  /** Sent with every request, for impersonation. */
  headers?: Readonly<Record<string, string | string[]>>;
  /** Of requests that set none. @defaultValue 30000 */
  timeoutMs?: number;
  /** Answers come as they are; otherwise the server is asked for gzip, which it uses for large ones. */
  disableCompression?: boolean;
  /** Told when the server cannot be reached, and for how long. Absent: nobody is. */
  log?: Logger;
  /** @defaultValue systemClock */
  clock?: Clock;
}

interface Answer {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  body: Dispatcher.ResponseData['body'];
}

/** Reads the credentials; the first request opens the first connection. */
export function connect(options: ConnectOptions = {}): Connection {
  const { clock = systemClock } = options;
  const initial = loadKubeconfig(options);
  const server = new URL(initial.getCurrentCluster()?.server ?? '');
  const credentials = createCredentials(initial, () => loadKubeconfig(options));
  const pool = createDispatcherPool();
  const defaultTimeout = options.timeoutMs ?? 30_000;
  const prefix = server.pathname.replace(/\/$/, '');
  let closed = false;
  const outageLog =
    options.log &&
    createOutageLog(
      options.log,
      {
        away: 'The API server does not answer, or not to Herald',
        back: 'The API server answers again',
      },
      clock.now,
    );
  const reachability = createReachability({
    clock,
    // A plug-in may take a second of the processor, and ask somebody else.
    longestRefused: () => (credentials.hasPlugin() ? 30_000 : 2_000),
    async probe(signal, isRefused) {
      if (isRefused) credentials.refresh();
      const request: ApiRequest = { path: '/version', timeoutMs: 2_000 };
      const answer = await attempt(request, signal, 2_000);
      const text = await answer.body.text().catch(() => '');
      if (answer.status >= 300) throw refusal(request, answer, text);
    },
    onFailed: (error) => outageLog?.failed(error.message),
    onAnswered: () => outageLog?.answered(),
  });

  async function attempt(
    request: ApiRequest,
    signal: AbortSignal | undefined,
    bodyTimeout: number,
    mayCompress = false,
  ): Promise<Answer> {
    const { headers, dispatcher } = await credentials.current();
    const { timeoutMs = defaultTimeout, body } = request;
    try {
      const response = await pool.get(dispatcher).request({
        origin: server.origin,
        path: prefix + request.path,
        query: withoutUndefined(request.query),
        method: request.method ?? 'GET',
        headers: {
          ...headers,
          ...options.headers,
          accept: 'application/json',
          'accept-encoding': mayCompress ? 'gzip' : 'identity',
          'user-agent': options.userAgent ?? 'herald',
          ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: timeoutMs,
        bodyTimeout,
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: response.statusCode, headers: response.headers, body: response.body };
    } catch (error) {
      throw failure(request, error, signal);
    }
  }

  async function send(
    request: ApiRequest,
    signal: AbortSignal | undefined,
    bodyTimeout: number,
    mayCompress = false,
  ): Promise<Answer> {
    if (closed) throw new Error('The connection to the API server is closed');
    try {
      let answer = await attempt(request, signal, bodyTimeout, mayCompress);
      if (answer.status === 401) {
        await answer.body.dump().catch(() => undefined);
        credentials.refresh();
        answer = await attempt(request, signal, bodyTimeout, mayCompress);
      }
      if (answer.status >= 200 && answer.status < 300) {
        reachability.answered();
        return answer;
      }
      const text = await readBytes(answer).then(String, () => '');
      throw refusal(request, answer, text);
    } catch (error) {
      reachability.failed(error);
      throw error;
    }
  }

  return {
    server: server.origin + prefix,
    namespace: namespaceOf(initial, options),

    async json(request) {
      const { timeoutMs = defaultTimeout } = request;
      return withDeadline(clock, request.signal, timeoutMs, async (signal) => {
        const mayCompress = options.disableCompression !== true;
        const answer = await send(request, signal, timeoutMs, mayCompress);
        let bytes: Buffer;
        try {
          bytes = await readBytes(answer);
        } catch (error) {
          const failed = failure(request, error, signal);
          reachability.failed(failed);
          throw failed;
        }
        try {
          return parseObject(request, bytes, request.parse);
        } finally {
          giveBack(bytes);
        }
      });
    },

    async stream(request) {
      const { body } = await send(request, request.signal, 0);
      return readChunks(request, body, reachability.failed);
    },

    untilBack: reachability.untilBack,
    trouble: reachability.trouble,

    async serverTime() {
      const answer = await send({ path: '/version' }, undefined, defaultTimeout);
      await answer.body.dump();
      const time = Date.parse(String(answer.headers['date'] ?? ''));
      return Number.isNaN(time) ? undefined : time;
    },

    async close() {
      closed = true;
      reachability.close();
      await pool.destroy();
    },
  };
}

/** Runs `action` with a signal that aborts with the caller's, or when the time is up. */
async function withDeadline<T>(
  clock: Clock,
  outer: AbortSignal | undefined,
  ms: number,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(outer?.reason);
  const cancel = clock.after(ms, () =>
    controller.abort(new ClusterError(`no complete answer within ${ms} ms`, { kind: 'timeout' })),
  );
  outer?.addEventListener('abort', abort);
  if (outer?.aborted) abort();
  try {
    return await action(controller.signal);
  } finally {
    cancel();
    outer?.removeEventListener('abort', abort);
  }
}

async function* readChunks(
  request: ApiRequest,
  body: AsyncIterable<Uint8Array>,
  onFailed: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    const failed = failure(request, error, request.signal);
    onFailed(failed);
    throw failed;
  }
}

const decompress = promisify(gunzip);

async function readBytes({ headers, body }: Answer): Promise<Buffer> {
  const bytes = Buffer.from(await body.arrayBuffer());
  if (headers['content-encoding'] !== 'gzip') return bytes;
  // Its last four bytes say how long it will be: it comes in one piece, and is not put together of hundreds.
  const length = bytes.length < 18 ? 0 : bytes.readUInt32LE(bytes.length - 4);
  const chunkSize = Math.min(Math.max(length + 1, shortestChunk), longestChunk);
  const decompressed = await decompress(bytes, { chunkSize });
  giveBack(bytes);
  return decompressed;
}

/** Bytes. */
const shortestChunk = 16 * 1024;
const longestChunk = 64 * 1024 * 1024;

/** The memory of what is long, at once: the garbage collector does not hurry for what is not on its heap. */
function giveBack({ buffer, length }: Buffer): void {
  if (length >= longestOfPool && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Above what Node.js takes from buffers that others have parts of. */
const longestOfPool = 64 * 1024;

function withoutUndefined(query: ApiRequest['query']): Record<string, string> {
  const entries = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
