import { isJson } from '../../../../src/templates/json-safe.ts';
import { type Addition, type Difference, expecting, withoutHeader } from '../difference.ts';
import type { WireRequest } from '../vectors.ts';

const services = ['webhook'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'The method goes out as it is written.',
    herald: '`post` is `POST`: servers tell them apart.',
    instead(step) {
      const { requests } = step.expect;
      if (
        requests === 'any' ||
        !requests.some(({ method = '' }) => /^[a-z]+$/i.test(method) && method !== method.toUpperCase())
      )
        return undefined;
      const changed = requests.map((request) => ({
        ...request,
        method: request.method?.toUpperCase() ?? '',
      }));
      return { ...step, expect: { ...step.expect, requests: changed } };
    },
  },
  {
    services,
    engine: 'A `path` goes behind the query of `url`.',
    herald: 'It goes behind the path, and the query stays one.',
    instead(step, { options = '', secrets }) {
      const { requests } = step.expect;
      const text = /^ *url: *["']?([^"'\n]*)/im.exec(options)?.[1] ?? '';
      const url = text.replace(/\$([\w-]+)/g, (reference, name: string) => secrets[name] ?? reference);
      const query = URL.canParse(url) ? new URL(url).search.slice(1) : '';
      if (requests === 'any' || query === '') return undefined;
      if (!requests.some((request) => request.query?.startsWith(`${query}/`))) return undefined;
      const changed = requests.map((request): WireRequest => {
        const [path = '', own] = (request.query ?? '').slice(query.length).split('?');
        const base = (request.path ?? '').replace(/\/+$/, '');
        return { ...request, path: `${base}${path}`, query: own === undefined ? query : `${query}&${own}` };
      });
      return { ...step, expect: { ...step.expect, requests: changed } };
    },
  },
  {
    services,
    engine:
      'A redirect to another host is followed with every configured header but `Authorization`, and with the whole URL as `Referer`.',
    herald:
      'Another host gets none of the configured headers, which may hold tokens, and no `Referer`, since the URL of a hook is often its secret.',
    instead(step) {
      const { requests } = step.expect;
      if (requests === 'any' || !requests.some(({ headers }) => headers?.referer !== undefined))
        return undefined;
      const [first] = requests;
      const kept = requests.map((request): WireRequest => {
        if (request.headers?.referer === undefined) return request;
        const { referer: _, ...headers } = request.headers;
        const harmless = Object.entries(headers).filter(([name]) => name === 'content-type');
        const left = request.host === first?.host ? headers : Object.fromEntries(harmless);
        const { headers: __, ...rest } = request;
        return Object.keys(left).length === 0 ? rest : { ...rest, headers: left };
      });
      return { ...step, expect: { ...step.expect, requests: kept } };
    },
  },
  {
    services,
    engine: 'A quote or a line break in a value breaks the JSON of the body.',
    herald: 'The value is escaped, where that makes JSON of the body.',
    instead(step) {
      const [request, ...more] = step.expect.requests === 'any' ? [] : step.expect.requests;
      const body = request?.body?.trim() ?? '';
      if (more.length > 0 || !/^[{[]/.test(body) || isJson(body)) return undefined;
      return expecting(step, step.expect.error, (seen) =>
        isJson(seen.requests[0]?.body ?? '') ? undefined : 'the body is no JSON',
      );
    },
  },
  {
    services,
    engine: '`retryWaitMin: 1s`, as documented, refuses the ConfigMap: only numbers of nanoseconds are read.',
    herald: "The waits are the queue's, so that the option has no effect, and a text in it is a warning.",
    instead(step, { options = '' }) {
      if (step.expect.error !== 'options' || !/^retryWait(?:Min|Max): *["']?[a-z0-9.]*[a-z]/im.test(options))
        return undefined;
      return expecting(step, null, ({ requests }) =>
        requests.length === 1 ? undefined : 'one request was to be sent',
      );
    },
  },
];

export const additions: readonly Addition[] = [
  {
    services,
    herald: 'Each request has the id of its delivery as `Idempotency-Key`, the same in every attempt.',
    without: (request, deliveryId) => withoutHeader(request, 'idempotency-key', deliveryId),
  },
];
