import { at, objectsAt, textAt } from '../../json.ts';
import type { Json, JsonObject } from '../../model.ts';
import {
  type ApiDeps,
  type ApiOptions,
  type Asked,
  createApi,
  type Failure,
  type Refusal,
  unreadable,
} from '../api.ts';
import { type HttpAnswer, type HttpRequest, pauseOf, retryAfterOf } from '../http.ts';
import { excerptOf } from '../secrets.ts';
import type { SendContext } from '../service.ts';
import { type AppTokenOptions, createAppTokens } from './app-token.ts';
import type { Commit } from './commits.ts';

/** GitHub asks for a minute where it says nothing else. */
const usualPause = 60;
/** Pages that are read of a list: what is behind them is older than anything that is looked for. */
const mostPages = 20;
const longestExcerpt = 200;

/** What one thing that a template asks for is called, and the permission that it takes. */
export interface Purpose {
  /** `commit status`. */
  noun: string;
  /** As GitHub's settings name it: `Commit statuses: Read and write`. */
  permission: string;
}

export type Read<T> = { ok: true; value: T } | { ok: false; failure: Failure };

/** Calls about one repository, for one purpose, within one attempt. */
export interface Calls {
  /** The objects of a list, below the repository, until `isEnough` says so; `field` where the answer holds it there. */
  list(path: string, options?: ListOptions): Promise<Read<JsonObject[]>>;
  write(method: 'POST' | 'PATCH', path: string, body: JsonObject | string): Promise<Read<Json>>;
}

interface ListOptions {
  query?: Readonly<Record<string, string>>;
  field?: string;
  isEnough?(found: readonly JsonObject[]): boolean;
}

export interface GitHub {
  calls(commit: Commit, purpose: Purpose, context: SendContext): Calls;
  /** Takes the tokens out, too. */
  scrub(text: string): string;
}

export function createGitHub(
  deps: ApiDeps,
  app: Pick<AppTokenOptions, 'appID' | 'installationID' | 'privateKey' | 'base'>,
): GitHub {
  const { base } = app;
  const scrub = (text: string) =>
    deps.scrub(tokens.secrets().reduce((kept, secret) => kept.replaceAll(secret, '***'), text));
  /** Until when GitHub wants nothing, and counts what it gets against the App. Unix milliseconds. */
  let pausedUntil = 0;
  const judge = (answer: HttpAnswer) => limited(answer) ?? postponed(answer);
  const common: ApiOptions = { judge, refusal };
  const login = createApi(
    { ...deps, scrub },
    {
      ...common,
      statuses: {
        401: { mend: 'Check appID and privateKey' },
        403: { mend: 'Check that the installation of the App is not suspended' },
        404: { mend: 'Check installationID: GitHub knows no such installation of the App' },
      },
    },
  );
  const tokens = createAppTokens({
    ...app,
    now: deps.now,
    ask: async (request, context) => named('installation token', await login.ask(request, context)),
  });

  function calls(commit: Commit, purpose: Purpose, context: SendContext): Calls {
    const subject = `${purpose.noun} of ${commit.repository}`;
    const api = createApi({ ...deps, scrub }, { ...common, statuses: statusesFor(commit, purpose) });

    async function ask(request: HttpRequest): Promise<Asked> {
      const pause = pausedUntil - deps.now();
      if (pause > 0) {
        const detail = `${subject}: was not called: the rate limit is used up`;
        return { ok: false, failure: { kind: 'retry', reason: 'rate_limited', detail, retryAfter: pause } };
      }
      const login = await tokens.get(context);
      if (!login.ok) return login;
      const headers = {
        accept: 'application/vnd.github+json',
        authorization: `token ${login.token}`,
        'x-github-api-version': '2022-11-28',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const asked = await api.ask({ ...request, headers }, context);
      if (asked.ok || asked.failure.reason !== 'http_401') return named(subject, asked);
      tokens.forget(login.token);
      return login.isFresh ? named(subject, asked) : ask(request);
    }

    return {
      async list(path, { query = {}, field, isEnough } = {}) {
        const found: JsonObject[] = [];
        const search = new URLSearchParams(query).toString();
        let url: string | undefined =
          `${base}/repos/${commit.path}/${path}${search === '' ? '' : `?${search}`}`;
        for (let page = 0; url !== undefined && page < mostPages; page += 1) {
          const asked = await ask({ method: 'GET', url });
          if (!asked.ok) return { ok: false, failure: clear(asked.failure) };
          const json = asked.answer.json();
          const list = field === undefined ? json : at(json, field);
          if (!Array.isArray(list)) return { ok: false, failure: clear(named(subject, strange()).failure) };
          found.push(...objectsAt({ list }, 'list'));
          if (isEnough?.(found)) break;
          url = nextPage(asked.answer, base);
        }
        return { ok: true, value: found };
      },
      async write(method, path, body) {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const asked = await ask({ method, url: `${base}/repos/${commit.path}/${path}`, body: text });
        return asked.ok ? { ok: true, value: asked.answer.json() ?? null } : asked;
      },
    };
  }

  return { calls, scrub };

  /** Too many requests, of either kind of limit: GitHub says so with 403 as often as with 429. */
  function limited(answer: HttpAnswer): Failure | undefined {
    const { status } = answer;
    if (status !== 403 && status !== 429) return undefined;
    const after = answer.header('retry-after');
    const text = refusal(answer)?.text ?? '';
    const isExhausted = answer.header('x-ratelimit-remaining') === '0';
    const isSaid = isExhausted || /rate limit|abuse detection/i.test(text);
    if (!isSaid && status !== 429 && after === undefined) return undefined;
    const reset = Number(answer.header('x-ratelimit-reset') ?? Number.NaN) - deps.now() / 1_000;
    const pause = isExhausted && reset > 0 ? reset : usualPause;
    const said = excerptOf(text, scrub, longestExcerpt);
    const retryAfter = retryAfterOf(after, deps.now()) ?? pauseOf(pause) ?? usualPause * 1_000;
    if (isSaid) pausedUntil = deps.now() + retryAfter;
    const detail = `answered HTTP ${status}${said === '' ? '' : `: ${said}`}`;
    return { kind: 'retry', reason: 'rate_limited', detail, retryAfter };
  }
}

/** Nothing was made of the request yet: a deployment waits until GitHub has merged the default branch into its own. */
function postponed({ status }: HttpAnswer): Failure | undefined {
  if (status !== 202) return undefined;
  return {
    kind: 'retry',
    reason: 'http_202',
    detail: 'answered HTTP 202: it has begun, and wants to be asked again',
  };
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  const message = textAt(json, 'message');
  if (message === '') return undefined;
  const errors = objectsAt(json, 'errors').map(
    (error) =>
      textAt(error, 'message') ||
      [textAt(error, 'field'), textAt(error, 'code')].filter((part) => part !== '').join(' '),
  );
  return {
    text: [message, ...errors].filter((part) => part !== '').join('; '),
    ...(/\bsuspended\b/i.test(message) ? { scope: 'service' } : {}),
  };
}

function statusesFor({ repository }: Commit, { permission }: Purpose): NonNullable<ApiOptions['statuses']> {
  const grant = `"${permission}"`;
  return {
    401: { mend: 'Check appID, installationID and privateKey' },
    403: {
      scope: 'recipient',
      mend: `Grant the App ${grant} in its settings, and accept that for the installation`,
    },
    404: { scope: 'recipient', mend: `Install the App on ${repository}, and grant it ${grant}` },
    409: {
      mend: 'Write requiredContexts: [] and autoMerge: false where the commit is deployed whatever its checks say',
    },
  };
}

function strange(): { ok: false; failure: Failure } {
  return { ok: false, failure: unreadable() };
}

function named<A extends Asked>(subject: string, asked: A): A {
  if (asked.ok) return asked;
  const { failure } = asked;
  return { ...asked, failure: { ...failure, detail: `${subject}: ${failure.detail}` } };
}

/** Of a call that only reads. */
function clear(failure: Failure): Failure {
  if (failure.kind === 'rejected') return failure;
  const { unclear: _, ...rest } = failure;
  return rest;
}

/** `id`, or another number by which GitHub knows something. */
export function idOf(object: unknown, field = 'id'): number | undefined {
  const id = at(object, field);
  return typeof id === 'number' ? id : undefined;
}

/** Wherever the answer says that it is, the token goes to the API alone. */
function nextPage(answer: HttpAnswer, base: string): string | undefined {
  const link = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(answer.header('link') ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, base)) return undefined;
  const { pathname, search } = new URL(link, base);
  return `${new URL(base).origin}${pathname}${search}`;
}
