import { isObject } from '../json.ts';
import type { Json, JsonObject, Outcome } from '../model.ts';
import { createAlertRefs, shortKey } from './alert-refs.ts';
import { type ApiOptions, createApi, type Failure, type Refusal, unusable } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { HttpAnswer } from './http.ts';
import type { ImplementationDeps } from './implementation.ts';
import type { SendContext, Service } from './service.ts';
import { endpoint } from './url.ts';

/** Characters that are taken, and entries of a list. */
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

/** A product that speaks the Alert API (v2) of Opsgenie. */
export interface OpsProduct {
  /** Of the service. */
  type: string;
  /** Whose `/v2/alerts` it is. */
  url: string;
  /** API keys by recipient. */
  apiKeys: Readonly<Record<string, string>>;
  noun: string;
  /** A section needs a description. */
  describes: boolean;
  /** Who is to answer for the alert; empty: whom the product thinks of. */
  respondersOf(section: JsonObject, recipient: string): JsonObject[];
}

/**
 * Alerts by an alias, which is the template's, that of the alert or else the delivery's: as long as it is open there is
 * one of an alias. The end of the alert closes it.
 */
export function createOpsAlerts(product: OpsProduct, deps: ImplementationDeps): Pick<Service, 'send'> {
  const { type, url, apiKeys, noun } = product;
  const key = {
    scope: 'recipient',
    mend: 'Check its key in apiKeys, and that it may create alerts',
  } as const;
  const options: ApiOptions = {
    noun,
    repeatable: true,
    statuses: { 401: key, 403: key, 404: { scope: 'service', mend: 'Check apiUrl' } },
    refusal,
  };
  const creating = createApi(deps, options);
  // What is closed by a person, or deleted, is not there any more.
  const judge = (answer: HttpAnswer) =>
    answer.status === 404 && isObject(answer.json()) ? 'success' : undefined;
  const closing = createApi(deps, { ...options, judge });
  const refs = createAlertRefs(deps, type);

  async function create(
    message: string,
    section: JsonObject,
    recipient: string,
    alias: string,
    context: SendContext,
  ): Promise<Outcome> {
    const alert = alertOf(product, message, alias, section, recipient);
    const asked = await creating.ask(requestOf(endpoint(url, 'v2/alerts'), recipient, alert), context);
    if (asked.ok) {
      logRequest(asked.answer);
      await refs.remember(recipient, context.alert, { alias });
    }
    return creating.outcome(asked, recipient, context);
  }

  async function close(
    message: string,
    section: JsonObject,
    recipient: string,
    alias: string,
    context: SendContext,
  ): Promise<Outcome> {
    const at = new URL(endpoint(url, `v2/alerts/${encodeURIComponent(alias)}/close`));
    at.searchParams.set('identifierType', 'alias');
    const note = cutText(textOf(section['note']) || message.toWellFormed(), longest.note, codePoints);
    const user = cutText(textOf(section['user']), longest.user, codePoints);
    const end = {
      source: 'Argo CD',
      ...(user === '' ? {} : { user }),
      ...(note === '' ? {} : { note }),
    };
    const asked = await closing.ask(requestOf(at.href, recipient, end), context);
    if (asked.ok) logRequest(asked.answer);
    return closing.outcome(asked, recipient, context);
  }

  function requestOf(to: string, recipient: string, body: JsonObject) {
    const headers = {
      accept: 'application/json',
      authorization: `GenieKey ${apiKeys[recipient] ?? ''}`,
      'content-type': 'application/json; charset=utf-8',
    };
    return { method: 'POST', url: to, headers, body: JSON.stringify(body) };
  }

  /** What comes of a request is found out later, by its id. */
  function logRequest(answer: HttpAnswer): void {
    const json = answer.json();
    const requestId = isObject(json) ? textOf(json['requestId']) : '';
    if (requestId !== '') deps.log.debug({ service: deps.name, requestId }, 'Alert requested');
  }

  return {
    async send({ message, section }, recipient, context) {
      const isEnd = context.alert?.state === 'resolved';
      const failure = isEnd ? undefined : lackOf(product, message, section);
      const missing = (apiKeys[recipient] ?? '') === '' ? noKey : failure;
      if (missing !== undefined) return creating.outcome({ ok: false, failure: missing }, recipient, context);
      const known = textOf((await refs.find(recipient, context.alert))?.['alias']);
      const own = textOf(section?.['alias']) || context.alert?.key || context.deliveryId;
      const act = isEnd ? close : create;
      return act(message, section ?? {}, recipient, known || shortKey(own, longest.alias), context);
    },
  };
}

const noKey: Failure = {
  kind: 'rejected',
  reason: 'invalid_recipient',
  detail: 'was not called: its key in apiKeys is empty',
  scope: 'recipient',
};

function lackOf(
  { describes }: OpsProduct,
  message: string,
  section: JsonObject | undefined,
): Failure | undefined {
  const hasDescription = !describes || section === undefined || textOf(section['description']) !== '';
  const lack = message === '' ? 'message' : hasDescription ? '' : 'description';
  if (lack === '') return undefined;
  return unusable(`was not called: the template has no ${lack}`);
}

function alertOf(
  { respondersOf }: OpsProduct,
  message: string,
  alias: string,
  section: JsonObject,
  recipient: string,
): JsonObject {
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
  const priority = textOf(section['priority']);
  const details = textsOf(section['details']);
  const responders = respondersOf(section, recipient);
  const visibleTo = objectsOf(section['visibleTo']).slice(0, most.visibleTo);
  return {
    message: cutText(message, longest.message, codePoints),
    alias,
    ...text('description'),
    ...(responders.length === 0 ? {} : { responders }),
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

/** The mappings of a list. */
export function objectsOf(value: Json | undefined): Record<string, string>[] {
  return (Array.isArray(value) ? value : []).map(textsOf);
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || typeof json['message'] !== 'string') return undefined;
  const errors = Object.entries(textsOf(json['errors'])).map(([field, text]) => `${field}: ${text}`);
  return { text: [json['message'], ...errors].join('; ') };
}
