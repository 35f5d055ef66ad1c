import { parseYaml } from '../../../../src/go/yaml.ts';
import type { Json, JsonObject } from '../../../../src/model.ts';
import { type Addition, type Difference, type ExpectedStep, expecting, withRequests } from '../difference.ts';
import { isShownAlike } from '../shown.ts';
import type { ServiceCase } from '../vectors.ts';

/** A key that the delivery has where the template has none. */
function keyed(service: string, path: readonly string[], herald: string): Addition {
  return {
    services: [service],
    herald,
    without(request, deliveryId) {
      const json = structuredClone(request.json) as JsonObject | undefined;
      const holder = path
        .slice(0, -1)
        .reduce<JsonObject | undefined>((object, name) => object?.[name] as JsonObject | undefined, json);
      const field = path.at(-1) ?? '';
      if (json === undefined || holder?.[field] !== deliveryId) return request;
      delete holder[field];
      return { ...request, json };
    },
  };
}

export const additions: readonly Addition[] = [
  keyed('pagerdutyv2', ['dedup_key'], 'Where the template has no `dedupKey`, the id of the delivery is it.'),
  keyed('pagerduty', ['incident', 'incident_key'], 'The id of the delivery as `incident_key`.'),
  keyed('opsgenie', ['alias'], 'Where the template has no `alias`, the id of the delivery is it.'),
];

const alertmanager = ['alertmanager'];

export const differences: readonly Difference[] = [
  {
    services: ['pagerduty', 'pagerdutyv2', 'opsgenie'],
    engine: 'What was taken counts as failed when the answer is no JSON.',
    herald: 'The status decides.',
    instead(step, { service }) {
      const { status = 200, json } = step.server?.[0] ?? {};
      const isTaken = service === 'pagerdutyv2' ? status === 202 : status < 300;
      const isOdd = step.expect.error === 'answer' && isTaken && json === undefined;
      return isOdd ? { ...step, expect: { ...step.expect, error: null } } : undefined;
    },
  },
  {
    services: ['pagerduty', 'opsgenie'],
    engine: 'No section, or an empty key, ends in a nil dereference.',
    herald: 'The notification is refused, or the recipient whose key it is.',
    instead(step, { service, options = '' }) {
      if (step.expect.error !== 'panic') return undefined;
      const { apiKeys } = (parseYaml(options).value ?? {}) as { apiKeys?: JsonObject };
      const isKey = service === 'opsgenie' && !apiKeys?.[step.recipient];
      return { ...step, expect: { error: isKey ? 'recipient' : 'content', requests: [] } };
    },
  },
  {
    services: ['pagerduty'],
    engine: 'A priority without an id is sent where none is set, and an empty `From`.',
    herald: 'What is not set is not sent.',
    instead(step) {
      return withRequests(step, (request) => {
        const { incident } = (request.json ?? {}) as { incident?: JsonObject };
        const priority = incident?.priority as JsonObject | undefined;
        const hasFrom = request.headers?.from !== '';
        if (incident === undefined || (hasFrom && (priority === undefined || 'id' in priority)))
          return request;
        const { priority: _, ...rest } = incident;
        const { from = '', ...headers } = request.headers ?? {};
        return {
          ...request,
          headers: { ...headers, ...(from === '' ? {} : { from }) },
          json: { incident: priority && 'id' in priority ? incident : rest },
        };
      });
    },
  },
  {
    services: ['pagerduty'],
    engine: 'An incident without the id of a service is sent, which PagerDuty refuses.',
    herald: 'The recipient is refused.',
    instead(step) {
      const isSent = step.expect.requests !== 'any' && step.expect.requests.length > 0;
      if (step.recipient !== '' || !isSent) return undefined;
      return { ...step, expect: { error: 'recipient', requests: [] } };
    },
  },
  {
    services: ['opsgenie'],
    engine: 'A scheme in `apiUrl` makes that no request can be made.',
    herald: 'It is left out.',
    instead(step, { options = '' }) {
      const [, host = ''] = /^apiUrl: *["']?https?:\/\/([^\s"'/]+)/im.exec(options) ?? [];
      if (host === '' || step.expect.error !== 'request') return undefined;
      return expecting(step, null, ({ requests: [request, ...more] }) =>
        request?.host === host && request.scheme === 'https' && more.length === 0
          ? undefined
          : 'one alert was to be sent',
      );
    },
  },
  {
    services: ['opsgenie'],
    engine: 'A host without `api` in its name is spoken to without TLS, the key included.',
    herald: 'Every host is spoken to by TLS.',
    instead: (step) =>
      withRequests(step, (request) =>
        request.scheme === 'http' ? { ...request, scheme: 'https' } : request,
      ),
  },
  {
    services: ['pagerduty', 'pagerdutyv2', 'opsgenie'],
    engine: 'Texts that are longer than the service takes are refused by it.',
    herald: 'They are cut.',
    instead(step) {
      const { requests, error } = step.expect;
      if (requests === 'any' || !requests.some(({ json }) => longestTextOf(json) > 130)) return undefined;
      return expecting(step, error, (seen) => {
        const ours = new Set(['alias', 'dedup_key', 'incident_key', 'username']);
        const bare = (json: Json | undefined) =>
          JSON.parse(
            JSON.stringify(json, (name, value: Json) => (ours.has(name) ? undefined : value)).replaceAll(
              '\\t"',
              '"',
            ),
          ) as Json;
        const actual = seen.requests.map(({ body }) => bare(JSON.parse(body ?? 'null') as Json));
        const wanted = requests.map(({ json }) => bare(json));
        return isCutAlike(actual, wanted) ? undefined : `sent ${JSON.stringify(actual)}`;
      });
    },
  },
  {
    services: alertmanager,
    engine: 'A section without labels fails while it is rendered.',
    herald: 'It is refused when it is sent.',
    instead(step, vector) {
      const labels = sectionsOf(step, vector).at(-1)?.labels;
      const isBare = step.expect.error === 'render' && Object.keys(labels ?? {}).length === 0;
      return isBare ? { ...step, expect: { ...step.expect, error: 'content' } } : undefined;
    },
  },
  {
    services: alertmanager,
    engine: '`startsAt` has no effect, and refuses the ConfigMap where it is no literal time.',
    herald: 'It has no effect, whatever it is.',
    instead(step, vector) {
      const isTime = (text: unknown) => typeof text === 'string' && !Number.isNaN(Date.parse(text));
      const isOdd = sectionsOf(step, vector).some(
        ({ startsAt }) => startsAt !== undefined && !isTime(startsAt),
      );
      if (step.expect.error !== 'config' || !isOdd) return undefined;
      return expecting(step, null, ({ requests: [request, ...more] }) =>
        request?.body?.includes('"startsAt":"2') && more.length === 0
          ? undefined
          : 'one alert was to be sent',
      );
    },
  },
  {
    services: alertmanager,
    engine: 'The link of an Application with several sources is the text `<no value>`.',
    herald: 'It is the repository of the first source.',
    instead: (step) =>
      judged(
        step,
        ({ generatorURL }) => generatorURL === '<no value>',
        ({ generatorURL }) =>
          generatorURL === undefined ||
          (typeof generatorURL === 'string' && generatorURL.startsWith('https://'))
            ? undefined
            : 'the link is none',
      ),
  },
  {
    services: alertmanager,
    engine: 'What renders to nothing is sent as the text of its template.',
    herald: 'It is sent as nothing.',
    instead(step, vector) {
      const written = sectionsOf(step, vector).flatMap(({ labels, annotations }) =>
        valuesOf(labels, annotations),
      );
      const holds = ({ labels, annotations }: JsonObject) =>
        valuesOf(labels, annotations).some((text) => text.includes('{{') && written.includes(text));
      return judged(step, holds, (alert) => (holds(alert) ? 'text of the template is sent' : undefined));
    },
  },
  {
    services: alertmanager,
    engine:
      'The first rendering of labels and annotations stays: every later Application is reported as the first.',
    herald: 'Each is reported as itself.',
    instead(step, vector, index) {
      const section = JSON.stringify(sectionsOf(step, vector));
      if (index === 0 || !section.includes('{{.app.metadata.name}}') || step.varsRef === vector.varsRef)
        return undefined;
      return judged(
        step,
        () => true,
        (alert) =>
          JSON.stringify([alert.labels, alert.annotations]).includes(step.varsRef ?? '')
            ? undefined
            : `the alert is ${JSON.stringify(alert)}`,
      );
    },
  },
  {
    services: alertmanager,
    engine: '`startsAt` has nanoseconds.',
    herald: 'It has milliseconds.',
    instead: (step) =>
      withRequests(step, (request) => {
        const alerts = request.json as JsonObject[];
        if (!Array.isArray(alerts)) return request;
        const shortened = alerts.map((alert) => ({
          ...alert,
          startsAt: (alert.startsAt as string).replace(/(\.\d{3})\d+Z$/, '$1Z'),
        }));
        return JSON.stringify(shortened) === JSON.stringify(alerts)
          ? request
          : { ...request, json: shortened };
      }),
  },
];

/** The sections of the templates of a step, in the order in which they are merged. */
function sectionsOf(step: ExpectedStep, { service, templates }: ServiceCase): JsonObject[] {
  return step.send.flatMap((name) => {
    const section = ((parseYaml(templates[name] ?? '').value ?? {}) as JsonObject)[service];
    return typeof section === 'object' && section !== null && !Array.isArray(section) ? [section] : [];
  });
}

function valuesOf(...mappings: (Json | undefined)[]): string[] {
  return mappings
    .flatMap((mapping) => Object.values(mapping ?? {}))
    .filter((text) => typeof text === 'string');
}

/** The one alert is judged by itself, where the engine's is odd. */
function judged(
  step: ExpectedStep,
  isOdd: (alert: JsonObject) => boolean,
  check: (alert: JsonObject) => string | undefined,
): ExpectedStep | undefined {
  const { requests, error } = step.expect;
  const alertsOf = (json: Json | undefined) => (Array.isArray(json) ? (json as JsonObject[]) : []);
  if (requests === 'any' || !requests.some(({ json }) => alertsOf(json).some(isOdd))) return undefined;
  return expecting(step, error, (seen) => {
    const alerts = seen.requests.flatMap(({ body }) => alertsOf(JSON.parse(body ?? 'null') as Json));
    if (alerts.length !== requests.length) return 'another number of alerts';
    return alerts.map(check).find((fault) => fault !== undefined);
  });
}

function longestTextOf(json: Json | undefined): number {
  if (typeof json === 'string') return json.length;
  return Math.max(
    0,
    ...Object.values(typeof json === 'object' && json !== null ? json : {}).map(longestTextOf),
  );
}

/** Equal, but that a text may be cut. */
function isCutAlike(actual: unknown, wanted: unknown): boolean {
  if (typeof actual === 'string' && typeof wanted === 'string') {
    return (
      actual === wanted ||
      (actual.length > 100 && actual.endsWith('…') && wanted.startsWith(actual.slice(0, -1)))
    );
  }
  if (typeof actual !== 'object' || typeof wanted !== 'object' || actual === null || wanted === null)
    return isShownAlike(actual, wanted);
  const keys = Object.keys(wanted);
  return (
    keys.length === Object.keys(actual).length &&
    keys.every((key) => isCutAlike(Reflect.get(actual, key), Reflect.get(wanted, key)))
  );
}
