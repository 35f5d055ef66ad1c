import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import type { alertmanager } from './alertmanager-schema.ts';
import { type Asked, createApi, type Failure } from './api.ts';
import type { OptionsOf } from './fields.ts';
import { basic } from './http.ts';
import type { Implementation } from './implementation.ts';

/**
 * An alert, posted to all targets at once; one that takes it is enough. Alertmanager knows an alert by its labels, so
 * that a repetition changes nothing.
 */
export const alertmanagerService: Implementation<OptionsOf<(typeof alertmanager)['options']>> = (
  { targets, scheme, apiPath, basicAuth, bearerToken, timeout },
  deps,
) => {
  const api = createApi(deps, {
    success: [200],
    repeatable: true,
    statuses: { 404: { scope: 'service', mend: 'Check apiPath' } },
  });
  const authorization =
    basicAuth !== undefined && basicAuth.username !== ''
      ? basic(basicAuth.username, basicAuth.password)
      : bearerToken === ''
        ? undefined
        : `Bearer ${bearerToken}`;
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
  const path = apiPath.startsWith('/') ? apiPath : `/${apiPath}`;

  return {
    async send({ section }, recipient, context) {
      const alert = section && alertOf(section, deps.now());
      if (alert === undefined) {
        const detail = 'was not called: the template has no alertmanager section with labels';
        const failure = {
          kind: 'rejected',
          reason: 'invalid_section',
          detail,
          scope: 'notification',
        } as const;
        return api.outcome({ ok: false, failure }, recipient, context);
      }
      const body = JSON.stringify([alert]);
      const call = (target: string) => {
        const url = `${scheme}://${target}${path}`;
        return api.ask({ method: 'POST', url, headers, body, timeout: timeout * 1_000 }, context);
      };
      const all = await Promise.all(targets.map(async (target) => ({ target, asked: await call(target) })));
      return api.outcome(together(all), recipient, context);
    },
  };
};

function alertOf(section: JsonObject, now: number): JsonObject | undefined {
  const labels = textsOf(section['labels']);
  if (Object.keys(labels).length === 0) return undefined;
  const annotations = textsOf(section['annotations']);
  const generatorURL = linkOf(section['generatorURL']);
  return {
    labels,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(generatorURL === undefined ? {} : { generatorURL }),
    startsAt: new Date(now).toISOString().replace('.000Z', 'Z'),
  };
}

function textsOf(value: Json | undefined): Record<string, string> {
  const texts = Object.entries(isObject(value) ? value : {}).flatMap(([name, text]): [string, string][] =>
    typeof text === 'string' ? [[name, text.toWellFormed()]] : [],
  );
  return Object.fromEntries(texts);
}

/** A repository is linked to by https. What is no URL Alertmanager would refuse. */
function linkOf(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const link = value.trim().replace(/^(?:ssh:\/\/)?git@([^:/]+)[:/]/, 'https://$1/');
  return URL.canParse(link) ? link : undefined;
}

/** The first that has taken it; else what all of them say, and it is for later as soon as it is for one. */
function together(all: readonly { target: string; asked: Asked }[]): Asked {
  const taken = all.find(({ asked }) => asked.ok);
  if (taken) return taken.asked;
  const failures = all.flatMap(({ target, asked }) => (asked.ok ? [] : [{ target, failure: asked.failure }]));
  const said = failures.map(({ target, failure }) => `target ${target} ${failure.detail}`).join('; ');
  const retries = failures.flatMap(({ failure }) => (failure.kind === 'retry' ? [failure] : []));
  const [first] = retries;
  const [{ failure: only } = { failure: undefined }] = failures;
  if (first === undefined) return { ok: false, failure: { ...(only as Failure), detail: said } };
  const waits = retries.flatMap(({ retryAfter }) => (retryAfter === undefined ? [] : [retryAfter]));
  const failure: Failure = {
    kind: 'retry',
    reason: first.reason,
    detail: said,
    ...(waits.length === 0 ? {} : { retryAfter: Math.min(...waits) }),
    ...(retries.some(({ unclear }) => unclear) ? { unclear: true } : {}),
  };
  return { ok: false, failure };
}
