import { isDeepStrictEqual } from 'node:util';
import { fieldKey, parseYaml } from '../../../../src/go/yaml.ts';
import { isObject } from '../../../../src/json.ts';
import type { Json, JsonObject } from '../../../../src/model.ts';
import { type Difference, type ExpectedStep, expecting } from '../difference.ts';
import type { ServiceCase, WireRequest } from '../vectors.ts';

const withAttachments = ['mattermost', 'rocketchat'];

export const differences: readonly Difference[] = [
  {
    services: withAttachments,
    engine: 'A slash at the end of the URL is doubled.',
    herald: 'It is not.',
    instead(step) {
      const { requests } = step.expect;
      if (requests === 'any' || !requests.some(({ path }) => path?.includes('//'))) return undefined;
      const changed = requests.map((request) => ({
        ...request,
        path: request.path?.replaceAll(/\/{2,}/g, '/') ?? '',
      }));
      return { ...step, expect: { ...step.expect, requests: changed } };
    },
  },
  {
    services: [...withAttachments, 'webex'],
    engine: 'Values are read as Markdown (and by Webex as HTML), and `@all` in one calls everybody.',
    herald: 'Values are escaped, so that they are shown as they are and call nobody.',
    instead(step, { service }) {
      const { requests, error } = step.expect;
      if (requests === 'any' || !requests.some(({ json }) => /[\\`*_~[\]|<&]/.test(textOf(json))))
        return undefined;
      const isHtml = service === 'webex';
      return expecting(step, error, (seen) => {
        const wanted = requests.map((request) => shown({ ...request, json: request.json ?? null }, false));
        const actual = seen.requests.map((request, index) => shown(parsed(request, requests[index]), isHtml));
        return isAlike(actual, wanted)
          ? undefined
          : `sent ${JSON.stringify(actual)}, and not ${JSON.stringify(wanted)}`;
      });
    },
  },
  {
    services: withAttachments,
    engine: 'A quote in a value breaks the attachments: nothing is sent.',
    herald: 'The value is escaped, and the attachments are sent.',
    instead(step, vector) {
      const [text] = attachmentsOf(step, vector).slice(-1);
      if (step.expect.error !== 'content' || !text?.includes('{{')) return undefined;
      return expecting(step, null, ({ requests }) => {
        const body = parsed(requests.at(-1) ?? {}, { json: {} }).json;
        const list = isObject(body)
          ? isObject(body.props)
            ? body.props.attachments
            : body.attachments
          : undefined;
        return Array.isArray(list) && list.length > 0 ? undefined : 'no attachments are sent';
      });
    },
  },
  {
    services: withAttachments,
    engine: "A later template's empty section removes the attachments.",
    herald: 'It leaves them.',
    instead(step, vector) {
      const texts = attachmentsOf(step, vector);
      const last = texts.findLast((text) => text !== '');
      if (step.expect.requests === 'any' || last === undefined || texts.at(-1) !== '' || last.includes('{{'))
        return undefined;
      return withList(step, JSON.parse(last) as Json);
    },
  },
  {
    services: ['rocketchat'],
    engine:
      'Fields of attachments that its client does not know are left out, `ts` must be a text, and `collapsed` and `short` are always sent.',
    herald: 'Attachments are sent as the template has them.',
    instead(step, vector) {
      const [text = ''] = attachmentsOf(step, vector).slice(-1);
      const list = text.includes('{{') || text === '' ? undefined : listIn(text);
      if (list === undefined || list.length === 0) return undefined;
      if (step.expect.error === 'content') {
        return expecting(step, null, ({ requests }) => {
          const body = parsed(requests.at(-1) ?? {}, { json: {} }).json;
          return isObject(body) && isDeepStrictEqual(body.attachments, list)
            ? undefined
            : 'the attachments differ';
        });
      }
      const changed = withList(step, list);
      return isDeepStrictEqual(changed.expect.requests, step.expect.requests) ? undefined : changed;
    },
  },
  {
    services: ['rocketchat'],
    engine: 'Logs in before each message.',
    herald: 'Logs in once, and again when the login is no longer known.',
    instead(step, _vector, index) {
      const { requests } = step.expect;
      if (index === 0 || requests === 'any') return undefined;
      const messages = requests.filter(({ path }) => !path?.endsWith('/api/v1/login'));
      return { ...step, server: step.server?.slice(1) ?? [], expect: { ...step.expect, requests: messages } };
    },
  },
];

/** The texts of the attachments of each section, in the order in which they are merged. */
function attachmentsOf(step: ExpectedStep, { service, templates }: ServiceCase): string[] {
  return step.send.flatMap((name) => {
    const section = valueAt(parseYaml(templates[name] ?? '').value, service);
    if (!isObject(section)) return [];
    const text = valueAt(section, 'attachments');
    return [typeof text === 'string' ? text.trim() : ''];
  });
}

function withList(step: ExpectedStep, list: Json): ExpectedStep {
  if (step.expect.requests === 'any') return step;
  const requests = step.expect.requests.map((request): WireRequest => {
    const { json } = request;
    if (!isObject(json)) return request;
    return {
      ...request,
      json: 'props' in json ? { ...json, props: { attachments: list } } : { ...json, attachments: list },
    };
  });
  return { ...step, expect: { ...step.expect, requests } };
}

function listIn(text: string): Json[] | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As a reader sees it: without escapes, and without what keeps a mention from being one. */
function shown(value: WireRequest, isHtml: boolean): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'string'
        ? (isHtml ? part.replaceAll('&lt;', '<').replaceAll('&amp;', '&') : part)
            .replace(/\\(?=[\\`*_~[\]|>#])/g, '')
            .replaceAll('\\', '')
            .replaceAll('\u200b', '')
        : part,
    ),
  );
}

/** Equal, but that a long text may be cut. */
function isAlike(actual: unknown, wanted: unknown): boolean {
  if (typeof actual === 'string' && typeof wanted === 'string') {
    const isCut = actual.length > 4_000 && actual.endsWith('…') && wanted.startsWith(actual.slice(0, -1));
    return actual === wanted || isCut;
  }
  if (typeof actual !== 'object' || typeof wanted !== 'object' || actual === null || wanted === null)
    return actual === wanted;
  const keys = Object.keys(wanted);
  return (
    isDeepStrictEqual(new Set(Object.keys(actual)), new Set(keys)) &&
    keys.every((key) => isAlike(Reflect.get(actual, key), Reflect.get(wanted, key)))
  );
}

function parsed({ body, ...request }: WireRequest, like: WireRequest | undefined): WireRequest {
  if (like?.form !== undefined)
    return { ...request, form: Object.fromEntries(new URLSearchParams(body)), json: null };
  return { ...request, json: JSON.parse(body ?? 'null') as Json };
}

function textOf(json: Json | undefined): string {
  if (!isObject(json)) return '';
  return [json.text, json.message, json.markdown].filter((text) => typeof text === 'string').join('');
}

function valueAt(value: Json, name: string): Json | undefined {
  const key = isObject(value) ? fieldKey(value, name) : undefined;
  return key === undefined ? undefined : (value as JsonObject)[key];
}
