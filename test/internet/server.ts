/** The other side of every service: takes the connections of a network, answers as it is told, and keeps what came. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Json, JsonObject } from '../../src/model.ts';
import type { Authorities, CertificateKind } from './authority.ts';
import { type AwsSignature, awsSignatureOf } from './aws-signature.ts';
import type { Origin } from './network.ts';
import { otherProtocols } from './protocols.ts';
import { pubsubAnswer } from './pubsub.ts';

/** What is answered: the n-th request gets the n-th, the last one is repeated. */
export interface Answer {
  /** Only for requests to this host. */
  to?: string;
  status?: number;
  headers?: Record<string, string>;
  json?: Json;
  body?: string;
  /** The connection is dropped without an answer. */
  close?: boolean;
  /** No answer comes. */
  hang?: boolean;
  /** The connection is reset; or dropped within the body; or the body never ends. */
  broken?: 'reset' | 'half' | 'endless';
  /** Made of the request, in place of all that. */
  reply?(request: WireRequest): Answer;
  /** Each is for the server of its protocol to read. */
  smtp?: JsonObject;
  nats?: JsonObject;
  pubsub?: JsonObject;
}

/** One request. Of the forms of a body there is at most one; a server keeps it as text. */
export interface WireRequest {
  host?: string;
  scheme?: string;
  method?: string;
  path?: string;
  query?: string;
  headers?: Record<string, string>;
  json?: Json;
  form?: JsonObject;
  body?: string;
  jwt?: JsonObject;
  sigv4?: JsonObject;
  /** What `sigv4` is made of, once it is known which secret key is meant. */
  awsSignature?: AwsSignature;
  smtp?: JsonObject;
  nats?: JsonObject;
  pubsub?: JsonObject;
}

export interface ScriptedServer {
  /** What follows is answered by these; what was received before is forgotten. */
  play(answers: readonly Answer[], tls?: Readonly<Record<string, CertificateKind>>): void;
  /** What has been received, in the order of its arrival. */
  received(): WireRequest[];
  /** Resolves when so many requests have been received, of a kind where only those count. */
  until(count: number, isCounted?: (request: WireRequest) => boolean): Promise<void>;
  /** How many connections there have been. */
  connections(): number;
  accept(socket: Socket, origin: Origin): void;
  close(): Promise<void>;
}

/** What a connection is, once it is known: which host was meant, and whether TLS lies around the rest. */
interface Connection {
  origin: Origin;
  tls: boolean;
  /** Below TLS. */
  raw: Socket;
}

/** A protocol in which the server speaks first, or which is none of HTTP. */
export interface Protocol {
  /** Field of an answer that asks for it. */
  field: 'smtp' | 'nats';
  serve(socket: Socket, origin: Origin, world: ProtocolWorld): Promise<void>;
}

export interface ProtocolWorld {
  /** The answer to the next connection or request to the host. */
  next(host: string): Answer;
  record(request: WireRequest): void;
  /** Whether it is a request that has been received since the answers that are played now began. */
  isCurrent(request: WireRequest): boolean;
  /** There is more of a request that is recorded already. */
  stir(): void;
  /** The server's end of a TLS connection. */
  secure(socket: Socket, host: string): Promise<TLSSocket>;
}

const defaultAnswer: Answer = { status: 200 };

export function createScriptedServer(
  authorities: Authorities,
  protocols: readonly Protocol[] = otherProtocols,
): ScriptedServer {
  let answers: readonly Answer[] = [];
  let tlsOf: Readonly<Record<string, CertificateKind>> = {};
  let requests: WireRequest[] = [];
  let accepted = 0;
  let asked = new Map<string, number>();
  const arrivals = new EventEmitter();
  const connections = new WeakMap<Socket, Connection>();

  function answerTo(host: string): Answer {
    const own = answers.filter(({ to }) => to === host);
    const list = own.length > 0 ? own : answers.filter(({ to }) => to === undefined);
    const counter = own.length > 0 ? host : '';
    const at = asked.get(counter) ?? 0;
    asked.set(counter, at + 1);
    return list[at] ?? list.at(-1) ?? defaultAnswer;
  }

  async function secure(socket: Socket, host: string): Promise<TLSSocket> {
    const { key, cert } = await authorities.certificateOf(host, tlsOf[host] ?? 'trusted');
    const secured = new TLSSocket(socket, { isServer: true, key, cert });
    secured.on('error', () => {});
    return secured;
  }

  function record(request: WireRequest): void {
    requests.push(request);
    arrivals.emit('request');
  }

  /** The vectors have messages in place of requests: those that were taken. */
  function published(pubsub: JsonObject, request: WireRequest): Answer {
    const { answer, message } = pubsubAnswer(pubsub as { topics: string[] }, request);
    if (message !== undefined) record({ pubsub: { ...message } });
    return answer;
  }

  const stir = () => void arrivals.emit('request');
  const world: ProtocolWorld = {
    next: answerTo,
    record,
    isCurrent: (request) => requests.includes(request),
    secure,
    stir,
  };

  const http = createServer((request, response) => {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection === undefined) throw new Error('a request on a connection that was not accepted');
    const { origin, tls, raw } = connection;
    const state = { play: asked };
    void readAll(request).then((body) => {
      // A request of an earlier case that comes to its end only now.
      if (state.play !== asked) return socket.destroy();
      const received = wireRequest(request, body, tls);
      const scripted = answerTo(origin.host);
      if (scripted.pubsub) return respond(response, published(scripted.pubsub, received));
      record(received);
      const answer = scripted.reply?.(received) ?? scripted;
      if (answer.broken === 'reset') return raw.resetAndDestroy();
      return respond(response, answer);
    });
  });
  http.keepAliveTimeout = 60_000;

  return {
    play(script, tls = {}) {
      answers = script;
      tlsOf = tls;
      requests = [];
      asked = new Map();
    },
    received: () => [...requests],
    async until(count, isCounted = () => true) {
      while (requests.filter(isCounted).length < count) await once(arrivals, 'request');
    },
    connections: () => accepted,
    accept(socket, origin) {
      accepted += 1;
      const protocol = protocols.find(({ field }) => answers.some((answer) => answer[field] !== undefined));
      void (protocol?.serve(socket, origin, world) ?? acceptHttp(socket, origin));
    },
    async close() {
      http.close();
      http.closeAllConnections();
      if (http.listening) await once(http, 'close');
    },
  };

  async function acceptHttp(socket: Socket, origin: Origin): Promise<void> {
    await once(socket, 'readable');
    const first: Buffer | null = socket.read();
    if (first === null) return;
    socket.unshift(first);
    // A TLS record of the type handshake.
    const tls = first[0] === 0x16;
    const stream = tls ? await secure(socket, origin.host) : socket;
    connections.set(stream, { origin, tls, raw: socket });
    http.emit('connection', stream);
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Headers of the transport, or of the client's library. */
const unrecorded = new Set([
  'host',
  'user-agent',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'date',
  'connection',
]);

function wireRequest(request: IncomingMessage, body: string, tls: boolean): WireRequest {
  const [path, query] = splitOnce(request.url ?? '', '?');
  const scheme = tls ? 'https' : 'http';
  const awsSignature = awsSignatureOf(request, body);
  const headers = Object.entries(request.headers)
    .filter(([name]) => !unrecorded.has(name) && !name.startsWith('amz-sdk-'))
    .filter(([name]) => name !== 'authorization' || awsSignature === undefined)
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
  return {
    scheme,
    host: (request.headers.host ?? '').replace(tls ? /:443$/ : /:80$/, ''),
    method: request.method ?? '',
    path,
    ...(query === undefined ? {} : { query }),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) as Record<string, string> }),
    ...(body === '' ? {} : { body }),
    ...(awsSignature && { awsSignature }),
  };
}

function respond(
  response: ServerResponse,
  { status = 200, headers = {}, json, body, close, hang, broken }: Answer,
) {
  if (hang) return;
  if (broken === 'half' || broken === 'endless') {
    breakOff(response, broken);
    return;
  }
  if (close) {
    response.socket?.destroy();
    return;
  }
  const type = json !== undefined ? 'application/json' : body !== undefined ? 'text/plain' : undefined;
  response.writeHead(status, { ...(type === undefined ? {} : { 'content-type': type }), ...headers });
  response.end(json !== undefined ? JSON.stringify(json) : (body ?? ''));
}

function breakOff(response: ServerResponse, how: 'half' | 'endless'): void {
  const { socket } = response;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000_000_000 });
  if (how === 'half') {
    response.write('{"half":', () => socket?.destroy());
    return;
  }
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
