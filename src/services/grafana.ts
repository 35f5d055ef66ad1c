import { isObject } from '../json.ts';
import type { JsonObject, Outcome } from '../model.ts';
import { createAlertRefs } from './alert-refs.ts';
import { type ApiOptions, createApi } from './api.ts';
import type { OptionsOf } from './fields.ts';
import type { grafana } from './grafana-schema.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';
import { endpoint } from './url.ts';

/**
 * An annotation a notification; the recipient is its tags, between bars. An alert has one, from when it began, whose text
 * is what was said last; its end makes a region of it.
 */
export const grafanaService: Implementation<OptionsOf<(typeof grafana)['options']>> = (
  { apiUrl, apiKey },
  deps,
) => {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const common: ApiOptions = {
    noun: 'tags',
    success: [200],
    statuses: {
      404: {
        scope: 'service',
        mend: 'Check that apiUrl is that of the API, such as https://grafana.example.com/api',
      },
    },
  };
  const adding = createApi(deps, common);
  const changing = createApi(deps, { ...common, repeatable: true });
  const refs = createAlertRefs(deps, 'grafana');

  async function add(text: string, recipient: string, context: SendContext): Promise<Outcome> {
    const { alert } = context;
    const annotation = {
      time: wholeSeconds(alert?.since ?? deps.now()),
      isRegion: alert?.state === 'resolved',
      ...endOf(alert),
      tags: recipient.split('|'),
      text,
    };
    const url = endpoint(apiUrl, 'annotations');
    const asked = await adding.ask(
      { method: 'POST', url, headers, body: JSON.stringify(annotation) },
      context,
    );
    const id = asked.ok ? idOf(asked.answer) : undefined;
    if (id !== undefined) await refs.remember(recipient, alert, { id, text });
    return adding.outcome(asked, recipient, context);
  }

  /** undefined where the alert has no annotation, or none any more. */
  async function change(text: string, recipient: string, context: SendContext): Promise<Outcome | undefined> {
    const { alert } = context;
    const ref = await refs.find(recipient, alert);
    if (typeof ref?.['id'] !== 'number') return undefined;
    const { id, text: before } = ref;
    const end = endOf(alert);
    // What it was stays to be read where a region shows how long.
    const whole = 'timeEnd' in end && typeof before === 'string' ? `${before}\n${text}` : text;
    const url = endpoint(apiUrl, `annotations/${id}`);
    const body = JSON.stringify({ ...end, text: whole });
    const asked = await changing.ask({ method: 'PATCH', url, headers, body }, context);
    if (asked.ok)
      await refs.remember(recipient, alert, { id, text: 'timeEnd' in end ? (before ?? text) : text });
    else if (asked.failure.reason === 'http_404') return undefined;
    return changing.outcome(asked, recipient, context);
  }

  function endOf(alert: SendContext['alert']): JsonObject {
    return alert?.state === 'resolved' ? { timeEnd: wholeSeconds(alert.endedAt ?? deps.now()) } : {};
  }

  return {
    async send({ message }, recipient, context) {
      return (await change(message, recipient, context)) ?? (await add(message, recipient, context));
    },
  };
};

/** As argocd-notifications has them. */
function wholeSeconds(time: number): number {
  return Math.floor(time / 1_000) * 1_000;
}

function idOf(answer: HttpAnswer): number | undefined {
  const json = answer.json();
  return isObject(json) && typeof json['id'] === 'number' ? json['id'] : undefined;
}
