import { createHash } from 'node:crypto';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import { createApi, type Failure, type Refusal } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import { type opsgenie, opsgenieHost } from './opsgenie-schema.ts';

/** Characters that Opsgenie takes, and entries of a list. */
const longest = {
  message: 130,
  description: 15_000,
  note: 25_000,
  alias: 512,
  entity: 512,
  user: 100,
  entry: 50,
};
const most = { tags: 20, actions: 10, visibleTo: 50 };

/** An alert of a team. `alias` is the template's or the delivery's: as long as it is open there is one of an alias. */
export const opsgenieService: Implementation<OptionsOf<(typeof opsgenie)['options']>> = (
  { apiUrl, apiKeys },
  deps,
) => {
  const url = `https://${opsgenieHost(apiUrl) ?? ''}/v2/alerts`;
  const key = {
    scope: 'recipient',
    mend: 'Check its key in apiKeys, and that it may create alerts',
  } as const;
  const api = createApi(deps, {
    noun: 'team',
    repeatable: true,
    statuses: { 401: key, 403: key, 404: { scope: 'service', mend: 'Check apiUrl' } },
    refusal,
  });

  return {
    send({ message, section }, recipient, context) {
      const refuse = (failure: Failure) =>
        Promise.resolve(api.outcome({ ok: false, failure }, recipient, context));
      const lack =
        message === '' ? 'message' : section && textOf(section['description']) === '' ? 'description' : '';
      if (lack !== '') {
        const detail = `was not called: the template has no ${lack}`;
        return refuse({ kind: 'rejected', reason: 'invalid_section', detail, scope: 'notification' });
      }
      const token = apiKeys[recipient] ?? '';
      if (token === '') {
        const detail = 'was not called: its key in apiKeys is empty';
        return refuse({ kind: 'rejected', reason: 'invalid_recipient', detail, scope: 'recipient' });
      }
      const headers = {
        accept: 'application/json',
        authorization: `GenieKey ${token}`,
        'content-type': 'application/json; charset=utf-8',
      };
      const body = JSON.stringify(alertOf(message, section ?? {}, recipient, context.deliveryId));
      return api.send({ method: 'POST', url, headers, body }, recipient, context);
    },
  };
};

function alertOf(message: string, section: JsonObject, team: string, deliveryId: string): JsonObject {
  const text = (field: keyof typeof longest) => {
    const cut = cutText(textOf(section[field]), longest[field], codePoints);
    return cut === '' ? {} : { [field]: cut };
  };
  const list = (field: 'tags' | 'actions') => {
    const entries = (Array.isArray(section[field]) ? section[field] : [])
      .map((entry) => cutText(textOf(entry), longest.entry, codePoints))
      .slice(0, most[field]);
    return entries.length === 0 ? {} : { [field]: entries };
  };
  const alias = textOf(section['alias']) || deliveryId;
  const priority = textOf(section['priority']);
  const details = textsOf(section['details']);
  const visibleTo = (Array.isArray(section['visibleTo']) ? section['visibleTo'] : [])
    .map((each) => textsOf(each))
    .slice(0, most.visibleTo);
  return {
    message: cutText(message, longest.message, codePoints),
    alias: alias.length > longest.alias ? createHash('sha256').update(alias).digest('hex') : alias,
    ...text('description'),
    responders: [{ type: 'team', id: team }],
    ...(visibleTo.length === 0 ? {} : { visibleTo }),
    ...list('actions'),
    ...list('tags'),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...text('entity'),
    source: 'Argo CD',
    ...(priority === '' ? {} : { priority }),
    ...text('user'),
    ...text('note'),
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value.toWellFormed() : '';
}

/** The texts of a mapping that are not empty. */
function textsOf(value: Json | undefined): Record<string, string> {
  const texts = Object.entries(isObject(value) ? value : {}).map(
    ([name, text]) => [name, textOf(text)] as const,
  );
  return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || typeof json['message'] !== 'string') return undefined;
  const errors = Object.entries(textsOf(json['errors'])).map(([field, text]) => `${field}: ${text}`);
  return { text: [json['message'], ...errors].join('; ') };
}
