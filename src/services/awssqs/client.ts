/**
 * AWS' own client, for its signatures, regions and credentials, over our connections. The folder may import what all
 * services share, the ground and that client.
 */
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Asked } from '../api.ts';
import type { HttpAnswer, HttpRequest } from '../http.ts';

/** How a call of the client's is made; it goes through the client with one command. */
export interface Exchange {
  ask(request: HttpRequest): Promise<Asked>;
  /** From when the request is made; until then the client may be looking for credentials. */
  begun?: true;
  /** What came of it. */
  asked?: Asked;
}

/** The service has not taken it: `asked` says why. */
class NotTaken extends Error {
  override name = 'NotTaken';
}

interface SqsClientOptions {
  region: string;
  endpointUrl: string;
  key: string;
  secret: string;
  /** For what the client asks by itself: credentials of a role. */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** Connects to nothing. Where there is no key with its secret the client looks for credentials in the environment. */
export function createSqsClient({ region, endpointUrl, key, secret, send }: SqsClientOptions): SQSClient {
  // As argocd-notifications reads it, before the region of a profile.
  const where = region || process.env.AWS_DEFAULT_REGION || process.env.AWS_REGION;
  const client = new SQSClient({
    ...(where && { region: where }),
    ...(endpointUrl === '' ? {} : { endpoint: endpointUrl }),
    ...(key === '' || secret === '' ? {} : { credentials: { accessKeyId: key, secretAccessKey: secret } }),
    // The URL of a queue is only its name: what answers may not say where to go next.
    useQueueUrlAsEndpoint: false,
    // Retries are the queue's.
    maxAttempts: 1,
    requestHandler: {
      async handle(request: ClientRequest, options?: { exchange?: Exchange }) {
        const exchange = options?.exchange;
        if (exchange === undefined) return { response: responseOf(await send(requestOf(request))) };
        exchange.begun = true;
        exchange.asked = await exchange.ask(requestOf(request));
        if (!exchange.asked.ok) throw new NotTaken();
        return { response: responseOf(exchange.asked.answer) };
      },
    },
  });
  // It would name the client, its version and the system in two headers.
  client.middlewareStack.remove('getUserAgentMiddleware');
  return client;
}

/** What the client hands over. */
interface ClientRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

function requestOf({ protocol, hostname, port, path, query, body, ...request }: ClientRequest): HttpRequest {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
  for (const [name, values] of Object.entries(query ?? {})) {
    for (const value of [values ?? ''].flat()) url.searchParams.append(name, value);
  }
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array | undefined);
  return { method: request.method, url: url.href, headers: request.headers, body: text };
}

function responseOf({ status: statusCode, text }: HttpAnswer) {
  return { statusCode, headers: {}, body: Buffer.from(text) };
}
