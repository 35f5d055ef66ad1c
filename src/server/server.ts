/**
 * The HTTP server of the bridge: /metrics, /healthz and /readyz. It may import the ground alone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Clock, systemClock } from '../clock.ts';
import type { Metrics } from '../metrics/interface.ts';
import { createServer as createHttpServer } from '../net/node-http.ts';
import { type HealthChecks, runChecks } from './health.ts';
import { indexHtml, indexText, prefersHtml, styleSource } from './index-page.ts';

export interface ServerDeps {
  version: string;
  /** Address of the documentation of this version, for the page `/`. */
  docs?: string | undefined;
  metrics: Pick<Metrics, 'contentType' | 'exposeBytes'>;
  health: {
    /** `/healthz`: what only a restart mends. */
    healthz: HealthChecks;
    /** `/readyz`: what must hold before Herald does its work. */
    readyz: HealthChecks;
  };
  /** Told of a request that failed; the client only learns that it did. */
  onError?: (error: unknown) => void;
  /** @defaultValue systemClock */
  clock?: Clock;
}

export interface ServerOptions {
  /** 0 takes a free one. */
  port: number;
  /** Default: every address, of IPv6 too where there is one. */
  host?: string;
  /** Milliseconds that a check may take. Below the probes' `timeoutSeconds`. */
  checkDeadline?: number;
}

export interface Server {
  /** Starts to listen and answers the port; fails when it is taken. */
  open(): Promise<number>;
  /** Accepts nothing more, lets open requests end until `deadline` milliseconds from now, then cuts them off. */
  close(deadline: number): Promise<void>;
}

interface Answer {
  status: number;
  type: string;
  body: string | Buffer;
  /** Of the body; absent: none. */
  encoding?: 'gzip';
  /** Header of the request that the answer depends on. */
  vary?: string;
}

/** On every answer: nothing is loaded, framed, sniffed, kept or told to another site; the page has its own style. */
const secureHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': `default-src 'none'; style-src ${styleSource}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

/** `/metrics`, `/healthz` and `/readyz` over HTTP, and `/` for people who find the port. */
export function createServer(deps: ServerDeps, options: ServerOptions): Server {
  const { clock = systemClock } = deps;
  const checkDeadline = options.checkDeadline ?? 2_000;
  const routes: Record<string, (request: IncomingMessage) => Promise<Answer>> = {
    '/': async ({ headers }) => {
      const [healthz, readyz] = await Promise.all([
        runChecks(deps.health.healthz, checkDeadline, clock),
        runChecks(deps.health.readyz, checkDeadline, clock),
      ]);
      const content = { version: deps.version, docs: deps.docs, healthz, readyz };
      return prefersHtml(headers.accept)
        ? { status: 200, type: 'text/html; charset=utf-8', body: indexHtml(content), vary: 'accept' }
        : { status: 200, type: 'text/plain; charset=utf-8', body: indexText(content), vary: 'accept' };
    },
    '/metrics': async ({ headers }) => {
      const { contentType, exposeBytes } = deps.metrics;
      return compressed(
        { status: 200, type: contentType, body: await exposeBytes() },
        headers['accept-encoding'],
      );
    },
    '/healthz': () => answerChecks(deps.health.healthz, checkDeadline, clock),
    '/readyz': () => answerChecks(deps.health.readyz, checkDeadline, clock),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (answer: Answer) => write(request, response, answer, server.listening);
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route === undefined) return reply(plain(404, 'not found'));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return reply(plain(405, 'method not allowed'));
    }
    try {
      reply(await route(request));
    } catch (error) {
      deps.onError?.(error);
      reply(plain(500, 'internal error'));
    }
  }

  const server = createHttpServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 8_192, keepAliveTimeout: 75_000 },
    (request, response) => void handle(request, response),
  );

  return {
    open: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        const { port, host } = options;
        server.listen(host === undefined ? { port } : { port, host }, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close: (deadline) =>
      new Promise((resolve) => {
        const cancel = clock.after(deadline, () => server.closeAllConnections());
        server.close(() => {
          cancel();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

const gzipped = promisify(gzip);
/** Bytes; what is shorter costs more to compress than to send. */
const shortestCompressed = 65_536;
/** Unless it is accepted with a weight of 0, which means that it is not. */
const acceptsGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

/** As the client accepts it. The metrics of 50,000 Applications are 15 MB, and a tenth of it compressed; in a thread of its own. */
async function compressed(answer: Answer & { body: Buffer }, accepted = ''): Promise<Answer> {
  const { body } = answer;
  if (body.length < shortestCompressed || !acceptsGzip.test(accepted)) return answer;
  return { ...answer, body: await gzipped(body, { level: 1 }), encoding: 'gzip', vary: 'accept-encoding' };
}

async function answerChecks(checks: HealthChecks, deadline: number, clock: Clock): Promise<Answer> {
  const report = await runChecks(checks, deadline, clock);
  // As text: a browser saves other types into a file instead of showing them.
  return { status: report.ok ? 200 : 503, type: 'text/plain; charset=utf-8', body: report.lines };
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

/** Once the server is closing, a connection kept alive would hold it open. */
function write(request: IncomingMessage, response: ServerResponse, answer: Answer, keepAlive: boolean): void {
  const body = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body);
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': body.length,
    ...secureHeaders,
    ...(answer.encoding === undefined ? {} : { 'content-encoding': answer.encoding }),
    ...(answer.vary === undefined ? {} : { vary: answer.vary }),
    ...(keepAlive ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
