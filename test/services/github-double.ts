/** What of GitHub's API the service uses, with what has been written kept, for any repository. */
import { generateKeyPairSync } from 'node:crypto';
import { isObject, textAt } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import type { Answer, WireRequest } from '../internet/server.ts';

/** Of an App that no GitHub knows. */
export const privateKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;

export const appID = 12_345;

export interface GitHubDouble {
  reply(request: WireRequest): Answer;
  /** By path below the repository, the oldest first. */
  written(list: string): JsonObject[];
}

export interface GitHubDoubleOptions {
  /** Numbers of the pull requests that every commit belongs to. */
  pulls?: readonly number[];
  /** Entries of a page, where no `per_page` says otherwise. */
  page?: number;
  /** Milliseconds. */
  now?(): number;
}

export function createGitHubDouble(options: GitHubDoubleOptions = {}): GitHubDouble {
  const { pulls = [], page = 30, now = Date.now } = options;
  const lists = new Map<string, JsonObject[]>();
  let lastId = 0;
  let tokens = 0;

  const listOf = (name: string) => lists.get(name) ?? [];

  function add(name: string, fields: JsonObject): JsonObject {
    lastId += 1;
    // GitHub has null for a text that is empty.
    const kept = Object.entries(fields).map(([field, value]): [string, Json] => [
      field,
      value === '' ? null : value,
    ]);
    const time = new Date(Math.floor(now() / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
    const entry = { id: lastId, created_at: time, ...Object.fromEntries(kept) };
    lists.set(name, [...listOf(name), entry]);
    return entry;
  }

  function edit(name: string, id: number, fields: JsonObject): JsonObject | undefined {
    const entry = listOf(name).find((each) => each['id'] === id);
    return entry && Object.assign(entry, fields);
  }

  function paged(
    entries: readonly Json[],
    { host, path = '', query = '' }: WireRequest,
    field?: string,
  ): Answer {
    const search = new URLSearchParams(query);
    const size = Number(search.get('per_page') ?? page);
    const at = Number(search.get('page') ?? 1);
    const list = entries.slice((at - 1) * size, at * size);
    search.set('page', String(at + 1));
    const link = `<https://${host}${path}?${search.toString()}>; rel="next"`;
    return {
      json: field === undefined ? list : { total_count: entries.length, [field]: list },
      ...(entries.length > at * size ? { headers: { link } } : {}),
    };
  }

  function read(request: WireRequest, path: string): Answer {
    const search = new URLSearchParams(request.query);
    const [, commit = '', what = ''] = /^commits\/([^/]+)\/(statuses|pulls|check-runs)$/.exec(path) ?? [];
    if (what === 'pulls')
      return paged(
        pulls.map((number) => ({ number })),
        request,
      );
    if (what === 'statuses') return paged(listOf(`statuses/${commit}`).toReversed(), request);
    if (what === 'check-runs') {
      const runs = listOf('check-runs').filter(
        (run) => run['head_sha'] === commit && run['name'] === search.get('check_name'),
      );
      return paged(runs.toReversed(), request, 'check_runs');
    }
    if (path === 'deployments') {
      const found = listOf(path).filter((each) =>
        ['environment', 'ref'].every((field) => !search.has(field) || each[field] === search.get(field)),
      );
      return paged(found.toReversed(), request);
    }
    if (/^deployments\/\d+\/statuses$/.test(path)) return paged(listOf(path).toReversed(), request);
    if (/^issues\/\d+\/comments$/.test(path)) {
      const since = Date.parse(search.get('since') ?? '1970-01-01');
      return paged(
        listOf(path).filter((each) => Date.parse(textAt(each, 'created_at')) >= since),
        request,
      );
    }
    return notFound;
  }

  function write(path: string, body: JsonObject): Answer {
    if (path === 'dispatches') {
      add(path, body);
      return { status: 204 };
    }
    const isList = /^(?:statuses\/[^/]+|deployments(?:\/\d+\/statuses)?|issues\/\d+\/comments|check-runs)$/;
    return isList.test(path) ? { status: 201, json: add(path, body) } : notFound;
  }

  function change(path: string, body: JsonObject): Answer {
    const [, kind = '', id = ''] = /^(issues\/comments|check-runs)\/(\d+)$/.exec(path) ?? [];
    const names =
      kind === 'check-runs' ? [kind] : [...lists.keys()].filter((name) => name.startsWith('issues/'));
    const edited = names.map((name) => edit(name, Number(id), body)).find((entry) => entry !== undefined);
    return edited === undefined ? notFound : { json: edited };
  }

  return {
    reply(request) {
      const { method, path = '', body = '' } = request;
      if (path.endsWith('/access_tokens')) {
        tokens += 1;
        return { status: 201, json: tokenAnswer(`ghs_token${tokens}_0123456789`, now()) };
      }
      const [, below] = /\/repos\/[^/]+\/[^/]+\/(.*)$/.exec(path) ?? [];
      if (below === undefined) return notFound;
      if (method === 'GET') return read(request, below);
      const json = JSON.parse(body) as Json;
      if (!isObject(json)) return { status: 400, json: { message: 'Problems parsing JSON' } };
      return method === 'PATCH' ? change(below, json) : write(below, json);
    },
    written: (list) => listOf(list),
  };
}

export function tokenAnswer(token: string, now: number): JsonObject {
  return { token, expires_at: new Date(now + 3_600_000).toISOString() };
}

const notFound: Answer = { status: 404, json: { message: 'Not Found' } };
