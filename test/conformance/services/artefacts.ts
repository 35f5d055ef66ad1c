/** Traces of the Go clients that mean nothing to the receiver: each is what one entry of `meta.artefacts` says. */
import { isObject } from '../../../src/json.ts';
import type { Json, JsonObject } from '../../../src/model.ts';
import { VectorFileError } from '../vector-file-error.ts';
import type { ServiceVectors, WireRequest } from './vectors.ts';

type Drop = (request: WireRequest) => WireRequest;

/** By service, then by the words of the file. */
const drops: Readonly<Record<string, Readonly<Record<string, Drop>>>> = {
  github: {
    'headers.accept': withoutHeader('accept'),
    'headers.x-github-api-version': withoutHeader('x-github-api-version'),
    'json of the access_tokens request (null)': (request) =>
      request.path?.endsWith('/access_tokens') ? without(request, 'json', 'body') : request,
    'jwt.header': (request) =>
      request.jwt === undefined ? request : { ...request, jwt: without(request.jwt, 'header') },
    'json.id': editedComment('id'),
    'json.user of PATCH .../issues/comments/<id>': editedComment('user'),
  },
  telegram: Object.fromEntries(
    ['business_connection_id', 'entities', 'link_preview_options', 'reply_parameters'].map((name) => [
      `form.${name}`,
      (request: WireRequest) =>
        request.form === undefined ? request : { ...request, form: without(request.form, name) },
    ]),
  ),
  opsgenie: {
    'headers.accept': withoutHeader('accept'),
    'json.responders[].username when ""': emptyUsername('responders'),
    'json.visibleTo[].username when ""': emptyUsername('visibleTo'),
  },
  pagerduty: {
    'the tab at the end of json.incident.body.type': (request) =>
      onJson(request, (json) => {
        const body = valueAt(valueAt(json, 'incident'), 'body');
        if (isObject(body) && typeof body.type === 'string') body.type = body.type.replace(/\t$/, '');
      }),
  },
  awssqs: {
    'headers.x-amzn-query-mode': withoutHeader('x-amzn-query-mode'),
    'sigv4.signedHeaders': (request) =>
      request.sigv4 === undefined ? request : { ...request, sigv4: without(request.sigv4, 'signedHeaders') },
  },
  alertmanager: {
    'json[].annotations when null': (request) =>
      onJson(request, (json) => {
        for (const alert of Array.isArray(json) ? json : []) {
          if (isObject(alert) && alert.annotations === null) delete alert.annotations;
        }
      }),
  },
  email: {
    'smtp.helo': (request) => onSmtp(request, (smtp) => without(smtp, 'helo')),
    'smtp.headers.content-transfer-encoding': (request) =>
      onSmtp(request, (smtp) =>
        isObject(smtp.headers)
          ? { ...smtp, headers: without(smtp.headers, 'content-transfer-encoding') }
          : smtp,
      ),
    'one line break at the end of smtp.body': (request) =>
      onSmtp(request, (smtp) =>
        typeof smtp.body === 'string' ? { ...smtp, body: smtp.body.replace(/\n$/, '') } : smtp,
      ),
    'smtp.quit': (request) => onSmtp(request, (smtp) => without(smtp, 'quit')),
  },
  googlechat: {
    'the value of cardId': (request) =>
      onJson(request, (json) => {
        const cards = valueAt(json, 'cardsV2');
        for (const card of Array.isArray(cards) ? cards : []) {
          if (isObject(card) && 'cardId' in card) card.cardId = '<uuid>';
        }
      }),
  },
};

/** What leaves out the artefacts of a service. Throws a VectorFileError where the file names one unknown here. */
export function createArtefactFilter({
  meta,
}: ServiceVectors): (service: string, request: WireRequest) => WireRequest {
  const filters = new Map<string, Drop[]>();
  for (const { service, drop } of meta.artefacts) {
    for (const words of drop) {
      const known = drops[service]?.[words];
      if (known === undefined) {
        throw new VectorFileError(
          `services.json names an artefact that the runner cannot drop: ${service}, ${words}`,
        );
      }
      filters.set(service, [...(filters.get(service) ?? []), known]);
    }
  }
  return (service, request) => {
    const dropped = (filters.get(service) ?? []).reduce((kept, drop) => drop(kept), request);
    return Object.keys(dropped.headers ?? { some: '' }).length === 0 ? without(dropped, 'headers') : dropped;
  };
}

function withoutHeader(name: string): Drop {
  return (request) =>
    request.headers === undefined ? request : { ...request, headers: without(request.headers, name) };
}

function editedComment(field: string): Drop {
  return (request) =>
    request.method === 'PATCH' && /\/issues\/comments\/\d+$/.test(request.path ?? '')
      ? onJson(request, (json) => {
          if (isObject(json)) delete json[field];
        })
      : request;
}

function emptyUsername(list: string): Drop {
  return (request) =>
    onJson(request, (json) => {
      const entries = valueAt(json, list);
      for (const entry of Array.isArray(entries) ? entries : []) {
        if (isObject(entry) && entry.username === '') delete entry.username;
      }
    });
}

function onJson(request: WireRequest, change: (json: Json) => void): WireRequest {
  if (request.json === undefined) return request;
  const json = structuredClone(request.json);
  change(json);
  return { ...request, json };
}

function onSmtp(request: WireRequest, change: (smtp: JsonObject) => JsonObject): WireRequest {
  return request.smtp === undefined ? request : { ...request, smtp: change(request.smtp) };
}

function valueAt(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value[name] : undefined;
}

function without<T extends object>(object: T, ...names: string[]): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) as T;
}
