/** What Pub/Sub's API and Google's metadata server make of a request, for the server that stands for every host. */
import { type KeyObject, verify } from 'node:crypto';
import { isObject } from '../../src/json.ts';
import type { Json } from '../../src/model.ts';
import type { Answer, WireRequest } from './server.ts';

interface PubsubOptions {
  /** In full: `projects/p/topics/t`. */
  topics: readonly string[];
  /** Of service accounts, by their e-mail address. */
  keys?: Readonly<Record<string, KeyObject>>;
}

/** As subscribers get it. */
interface PubsubMessage {
  topic: string;
  data: string;
  attributes?: Record<string, string>;
}

export interface PubsubDouble {
  answer: Answer;
  messages(): PubsubMessage[];
}

/** What the metadata server gives out. */
const metadataToken = 'ya29.metadata';

export function createPubsub(options: PubsubOptions): PubsubDouble {
  const taken: PubsubMessage[] = [];
  const respond = (request: WireRequest): Answer => {
    const { answer, message } = pubsubAnswer(options, request);
    if (message !== undefined) taken.push(message);
    return answer;
  };
  return { answer: { reply: respond }, messages: () => taken };
}

/** One answer, and the message where one was taken. */
export function pubsubAnswer(
  { topics, keys = {} }: PubsubOptions,
  { host = '', path = '', headers = {}, body = '' }: WireRequest,
): { answer: Answer; message?: PubsubMessage } {
  if (['metadata.google.internal', '169.254.169.254'].includes(host))
    return { answer: metadata(path, headers) };
  const topic = /^\/v1\/(projects\/[^/]+\/topics\/[^/]+):publish$/.exec(path)?.[1];
  if (host !== 'pubsub.googleapis.com' || topic === undefined)
    return { answer: { status: 404, body: 'Not found' } };
  const token = /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '';
  if (token !== metadataToken && !isSigned(token, keys)) {
    return { answer: refuse(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.') };
  }
  if (!topics.includes(topic)) {
    return { answer: refuse(404, 'NOT_FOUND', `Resource not found (resource=${topic.split('/').at(-1)}).`) };
  }
  const { messages } = JSON.parse(body) as {
    messages: [{ data?: string; attributes?: Record<string, string> }];
  };
  const [{ data = '', attributes = {} }] = messages;
  if (
    Object.values(attributes).some((value) => typeof value !== 'string' || Buffer.byteLength(value) > 1_024)
  ) {
    return { answer: refuse(400, 'INVALID_ARGUMENT', 'One of the attribute values is too long.') };
  }
  const text = Buffer.from(data, 'base64').toString();
  const some = Object.keys(attributes).length === 0 ? {} : { attributes };
  return { answer: { json: { messageIds: ['1'] } }, message: { topic, data: text, ...some } };
}

function metadata(path: string, headers: Readonly<Record<string, string>>): Answer {
  if (headers['metadata-flavor'] !== 'Google') return { status: 403, body: 'Missing Metadata-Flavor' };
  const flavor = { 'metadata-flavor': 'Google' };
  if (path !== '/computeMetadata/v1/instance/service-accounts/default/token') {
    return { status: 404, headers: flavor, body: 'Not found' };
  }
  const json = { access_token: metadataToken, expires_in: 3_599, token_type: 'Bearer' };
  return { headers: flavor, json };
}

/** A token that a service account has signed itself, for Pub/Sub and not for long. */
function isSigned(token: string, keys: Readonly<Record<string, KeyObject>>): boolean {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const said = decoded(claims);
  const { iss, aud, scope, exp } = isObject(said) ? said : {};
  const key = typeof iss === 'string' ? keys[iss] : undefined;
  const isMeant =
    aud === 'https://pubsub.googleapis.com/' || scope === 'https://www.googleapis.com/auth/pubsub';
  if (key === undefined || !isMeant || typeof exp !== 'number' || exp * 1_000 < Date.now()) return false;
  return verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
}

function decoded(part: string): Json {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
  } catch {
    return null;
  }
}

function refuse(code: number, status: string, message: string): Answer {
  return { status: code, json: { error: { code, message, status } } };
}
