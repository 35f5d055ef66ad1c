import { isObject, objectAt } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import { createAlertRefs } from './alert-refs.ts';
import { createStanding, keyOf, standsFor, timestamp } from './alertmanager/standing.ts';
import type { alertmanager } from './alertmanager-schema.ts';
import { type Asked, createApi, type Failure, unusable } from './api.ts';
import type { OptionsOf } from './fields.ts';
import { basic } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';

/**
 * An alert, posted to all targets at once; one that takes it is enough. Alertmanager knows an alert by its labels, so
 * that a repetition changes nothing. What has an end stands until then, and is sent again while it does.
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

  const refs = createAlertRefs(deps, 'alertmanager');
  const { name, state, log, clock } = deps;
  const standing = createStanding({
    name,
    state,
    log,
    clock,
    async post(alerts, signal) {
      const context = { deliveryId: '', signal };
      const outcome = api.outcome(await toAll(alerts, context), '', context);
      return outcome.status === 'sent' ? undefined : outcome.error;
    },
  });

  async function toAll(alerts: readonly JsonObject[], context: SendContext): Promise<Asked> {
    const body = JSON.stringify(alerts);
    const call = (target: string) => {
      const url = `${scheme}://${target}${path}`;
      return api.ask({ method: 'POST', url, headers, body, timeout: timeout * 1_000 }, context);
    };
    return together(
      await Promise.all(targets.map(async (target) => ({ target, asked: await call(target) }))),
    );
  }

  /** The alert as it is now, and as it was told before where its labels have changed: that one ends. */
  async function alertsOf(
    section: JsonObject | undefined,
    recipient: string,
    { alert }: SendContext,
  ): Promise<JsonObject[]> {
    const now = deps.now();
    const own = section && alertOf(section, now);
    if (alert === undefined) return own === undefined ? [] : [own];
    const isEnd = alert.state === 'resolved';
    const before = objectAt(await refs.find(recipient, alert), 'alert');
    const isKnown = Object.keys(objectAt(before, 'labels')).length > 0;
    const endsAt = timestamp(isEnd ? Math.min(alert.endedAt ?? now, now) : now + standsFor);
    const startsAt = timestamp(Math.min(alert.since, now));
    if (isEnd && isKnown) return [{ ...before, ...annotationsOf(own), startsAt, endsAt }];
    if (own === undefined) return [];
    const isOther = isKnown && keyOf(before) !== keyOf(own);
    const current = { ...own, startsAt, endsAt };
    return isOther ? [current, { ...before, startsAt, endsAt: timestamp(now) }] : [current];
  }

  return {
    async send({ section }, recipient, context) {
      const alerts = await alertsOf(section, recipient, context);
      const [current] = alerts;
      if (current === undefined) {
        const failure = unusable('was not called: the template has no alertmanager section with labels');
        return api.outcome({ ok: false, failure }, recipient, context);
      }
      // Before it is sent, so that nobody sends again what ends.
      if (context.alert?.state === 'resolved') await standing.keep(alerts);
      const asked = await toAll(alerts, context);
      if (asked.ok && context.alert?.state === 'firing') {
        await standing.keep(alerts);
        await refs.remember(recipient, context.alert, { alert: current });
      }
      return api.outcome(asked, recipient, context);
    },
    close: () => standing.close(),
  };
};

function annotationsOf(alert: JsonObject | undefined): JsonObject {
  const annotations = alert?.['annotations'];
  return annotations === undefined ? {} : { annotations };
}

function alertOf(section: JsonObject, now: number): JsonObject | undefined {
  const labels = textsOf(section['labels']);
  if (Object.keys(labels).length === 0) return undefined;
  const annotations = textsOf(section['annotations']);
  const generatorURL = linkOf(section['generatorURL']);
  return {
    labels,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(generatorURL === undefined ? {} : { generatorURL }),
    startsAt: timestamp(now),
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
