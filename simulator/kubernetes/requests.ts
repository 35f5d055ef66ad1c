import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { parse } from 'yaml';
import { isObject } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import { discovery } from './discovery.ts';
import type { Faults, Verb } from './faults.ts';
import type { Lists } from './lists.ts';
import { mergePatch } from './merge-patch.ts';
import type { Outage } from './outage.ts';
import type { Authorizer } from './rbac.ts';
import { details, notFound, withoutRevision } from './refusals.ts';
import { parsePath, type Resource, resources, type Target } from './resources.ts';
import { answerReview, reviewPath } from './reviews.ts';
import { scaled } from './scale.ts';
import { ApiError, apiError, statusOf } from './status.ts';
import type { Named, Store } from './store.ts';
import type { Watches } from './watches.ts';

export interface RequestDeps {
  store: Store;
  lists: Lists;
  watches: Watches;
  faults: Faults;
  outage: Outage;
  /** Undefined: everybody may do everything. */
  authorizer(): Authorizer | undefined;
  /** Of requests, for messages. */
  user: string;
  /** Told of each answer but those of watches. */
  onAnswer(bytes: number, isCompressed: boolean): void;
  /** Whether the CustomResourceDefinition is there. */
  isInstalled(resource: Resource): boolean;
  /** Undefined: anybody may. */
  token(): string | undefined;
  onRequest(verb: Verb, resource: string): void;
}

/** Answers one HTTP request as the API server does. */
export async function handleRequest(
  deps: RequestDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const target = parsePath(url.pathname);
    const verb = verbOf(request.method ?? 'GET', url.searchParams, target);
    if (target !== undefined) deps.onRequest(verb, target.resource.plural);
    const faulty = { verb, resource: target?.resource.plural ?? '', query: url.searchParams };
    if (await deps.faults.apply(faulty, response)) return;

    const token = deps.token();
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      throw apiError(401, 'Unauthorized');
    }
    if (url.pathname === '/version')
      return sendJson(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.0' });
    if (url.pathname === reviewPath && request.method === 'POST') {
      const review = await readObject(request, /^application\/json\b/);
      return sendJson(response, 201, answerReview(review, deps.authorizer()));
    }
    const discovered = verb === 'list' ? discovery(url.pathname, deps.isInstalled) : undefined;
    if (discovered !== undefined) return sendJson(response, 200, discovered);
    if (target !== undefined) {
      const refusal =
        deps.outage.refuse(verb, target, deps.user) ??
        deps.authorizer()?.({ verb, target, query: url.searchParams });
      if (refusal !== undefined) throw refusal;
    }
    if (target === undefined || !deps.isInstalled(target.resource)) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
      return;
    }
    if (verb === 'watch') return deps.watches.open(target, url.searchParams, response);
    if (verb === 'list') {
      return await sendCompressed(deps, request, response, deps.lists.list(target, url.searchParams));
    }
    await handleObject(deps, verb, target, request, response);
  } catch (error) {
    const known = error instanceof ApiError ? error : apiError(500, String(error));
    if (response.headersSent) response.destroy();
    else {
      const { retryAfterSeconds } = known.details ?? {};
      if (typeof retryAfterSeconds === 'number') response.setHeader('Retry-After', retryAfterSeconds);
      sendJson(response, known.code, statusOf(known));
    }
  }
}

async function handleObject(
  { store }: RequestDeps,
  verb: Verb,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (verb === 'create') {
    const object = await readObject(request, /^application\/json\b/);
    requireNamespace(store, target);
    return sendText(response, 201, store.create(target, object).text);
  }
  const { name } = target;
  if (name === undefined)
    throw apiError(405, 'the server does not allow this method on the requested resource');
  const named: Named = { ...target, name };
  const current = store.find(named);
  if (verb === 'patch' && isApply(request)) {
    const applied = await readApplied(request);
    if (current === undefined) requireNamespace(store, target);
    const text = current
      ? store.update(named, applyTo(JSON.parse(current.text) as JsonObject, applied), managerOf(request)).text
      : store.create(target, applied).text;
    return sendText(response, current ? 200 : 201, text);
  }
  if (current === undefined) throw notFound(named);
  if (target.subresource === 'scale') {
    const patch = verb === 'get' ? {} : await readObject(request, /^application\/merge-patch\+json\b/);
    return sendJson(response, 200, scaled(store, named, patch));
  }

  if (verb === 'get') return sendText(response, 200, current.text);
  if (verb === 'update') {
    const object = await readObject(request, /^application\/json\b/);
    const { resourceVersion } = (object.metadata ?? {}) as JsonObject;
    if (target.resource.custom && resourceVersion === undefined) {
      throw withoutRevision(named);
    }
    return sendText(response, 200, store.update(named, object, managerOf(request)).text);
  }
  if (verb === 'patch') {
    const patch = await readObject(request, /^application\/merge-patch\+json\b/);
    // Read after the body, so that the patch applies to what is there now.
    const latest = store.find(named);
    if (latest === undefined) throw notFound(named);
    const object = mergePatch(JSON.parse(latest.text) as JsonObject, patch) as JsonObject;
    return sendText(response, 200, store.update(named, object, managerOf(request)).text);
  }
  const body = await readBody(request);
  const preconditions = body === '' ? undefined : (JSON.parse(body) as JsonObject).preconditions;
  const { text, uid } = store.remove(named, preconditions as { uid?: string } | undefined);
  // What has finalizers is still there.
  if (store.find(named) !== undefined) return sendText(response, 200, text);
  const of = { ...details(named), uid };
  sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: of });
}

/** The name under which its fields are noted: what it says, or its program's. */
function managerOf({ url, headers }: IncomingMessage): string {
  const given = new URL(url ?? '/', 'http://localhost').searchParams.get('fieldManager');
  return given || String(headers['user-agent'] ?? '').split('/')[0] || 'unknown';
}

function verbOf(method: string, query: URLSearchParams, target: Target | undefined): Verb {
  if (method === 'GET' && target?.name === undefined) {
    return ['true', '1'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
  }
  const verbs: Record<string, Verb> = {
    GET: 'get',
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: 'delete',
  };
  const verb = verbs[method];
  if (verb === undefined) throw apiError(405, `the server does not allow ${method}`);
  return verb;
}

function requireNamespace(store: Store, target: Target): void {
  if (!target.resource.namespaced) return;
  if (target.namespace === undefined) throw apiError(405, 'an object is created in a namespace');
  const namespaces = resources.find((resource) => resource.plural === 'namespaces') as Resource;
  const named: Named = { resource: namespaces, name: target.namespace };
  if (store.find(named) === undefined) throw notFound(named);
}

function isApply({ headers }: IncomingMessage): boolean {
  return /^application\/apply-patch\+yaml\b/.test(headers['content-type'] ?? '');
}

/** Server-side apply, which is YAML. */
async function readApplied(request: IncomingMessage): Promise<JsonObject> {
  const object = parse(await readBody(request)) as Json;
  if (!isObject(object)) throw apiError(400, 'the body of the request is no object');
  return object;
}

/** What is applied wins, field by field, as with `force`: whose fields these were is not looked at. */
function applyTo(object: JsonObject, applied: JsonObject): JsonObject {
  return mergePatch(object, applied) as JsonObject;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function readObject(request: IncomingMessage, accepted: RegExp): Promise<JsonObject> {
  const type = request.headers['content-type'] ?? '';
  const body = await readBody(request);
  if (!accepted.test(type)) throw apiError(415, `the body of the request was in an unknown format - ${type}`);
  let value: Json;
  try {
    value = JSON.parse(body) as Json;
  } catch (error) {
    throw apiError(400, `the body of the request is no JSON: ${String(error)}`);
  }
  if (!isObject(value)) throw apiError(400, 'the body of the request is no object');
  return value;
}

function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  sendText(response, status, JSON.stringify(body));
}

/** What is smaller is not compressed. */
const gzipThreshold = 128 * 1024;
const compress = promisify(gzip);

async function sendCompressed(
  deps: RequestDeps,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const accepted = String(request.headers['accept-encoding'] ?? '').split(',');
  const isWanted = accepted.some((encoding) => encoding.trim() === 'gzip');
  if (!isWanted || body.length <= gzipThreshold) {
    deps.onAnswer(Buffer.byteLength(body), false);
    return sendText(response, 200, body);
  }
  // The lowest level, as the API server's.
  const compressed = await compress(body, { level: 1 });
  deps.onAnswer(compressed.length, true);
  response
    .writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
      Vary: 'Accept-Encoding',
    })
    .end(compressed);
}

function sendText(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
}
