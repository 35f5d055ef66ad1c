import { fieldKey, parseYaml } from '../../../../src/go/yaml.ts';
import { isObject, textAt } from '../../../../src/json.ts';
import type { Json, JsonObject } from '../../../../src/model.ts';
import { type Difference, type ExpectedStep, expecting, type Seen, withRequests } from '../difference.ts';
import { isShownAlike } from '../shown.ts';
import type { ServiceCase, WireRequest } from '../vectors.ts';

const services = ['github'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'An id of 0 is one.',
    herald: 'It is refused, as a missing one.',
    instead(step, { options = '' }) {
      const written = parseYaml(options).value;
      if (!isObject(written) || ['config', 'options'].includes(step.expect.error ?? '')) return undefined;
      const isNone = ['appID', 'installationID'].some((name) => {
        const id = written[fieldKey(written, name) ?? ''];
        return (typeof id === 'number' || (typeof id === 'string' && /^-?\d+$/.test(id))) && Number(id) < 1;
      });
      return isNone ? { ...step, expect: { error: 'options', requests: [] } } : undefined;
    },
  },
  {
    services,
    engine:
      'Where `enterpriseBaseURL` has no `/api/v3`, the token is asked for at another path than the rest.',
    herald: 'All of it is below `/api/v3`.',
    instead: (step) =>
      withRequests(step, (request) => {
        const [, before, after] = /^(.*)(\/app\/installations\/.*)$/.exec(request.path ?? '') ?? [];
        const isWhole = before?.endsWith('/api/v3') || /^api\.|\.api\./.test(request.host ?? '');
        return before === undefined || isWhole ? request : { ...request, path: `${before}/api/v3${after}` };
      }),
  },
  {
    services,
    engine: 'Without `requiredContexts` null is sent, which is none of the values that GitHub documents.',
    herald: 'The field is left out, which means the same as far as GitHub takes it.',
    instead: (step) =>
      withRequests(step, (request) => {
        if (!isObject(request.json) || request.json.required_contexts !== null) return request;
        const { required_contexts: _, ...json } = request.json;
        return { ...request, json };
      }),
  },
  {
    services,
    engine:
      'The tag of a comment is written twice, once more for each further pull request, and not rendered.',
    herald: 'It is a template as any other text, and stands in a comment once.',
    instead(step) {
      const rendered = (text: string) => text.replaceAll('{{.app.metadata.name}}', step.varsRef ?? '');
      const changed = withRequests(step, (request) => {
        const body = textAt(request.json, 'body');
        const [mark] = /<!-- argocd-notifications .*? -->/.exec(body) ?? [];
        if (mark === undefined) return request;
        const content = body.replaceAll(`\n${mark}`, '');
        return {
          ...request,
          json: { ...(request.json as JsonObject), body: `${content}\n${rendered(mark)}` },
        };
      });
      const server = JSON.parse(rendered(JSON.stringify(step.server ?? []))) as NonNullable<
        typeof step.server
      >;
      return changed && { ...changed, server };
    },
  },
  {
    services,
    engine:
      'Values in comments and in the texts of a check run are read as Markdown and HTML, and mention people.',
    herald: 'Values are escaped, so that they are shown as they are and call nobody.',
    instead(step) {
      const { requests, error } = step.expect;
      if (
        requests === 'any' ||
        !requests.some(({ json }) => markdownOf(json).some((text) => /[\\`*_~[\]|<&@]/.test(text)))
      )
        return undefined;
      return expecting(step, error, (seen) => {
        const [actual, wanted] = [seen.requests.map(bodyOf), requests.map(bodyOf)];
        return isShownAlike(actual, wanted)
          ? undefined
          : `sent ${JSON.stringify(actual)}, and not ${JSON.stringify(wanted)}`;
      });
    },
  },
  {
    services,
    engine: 'An event without a `client_payload`, which GitHub takes, cannot be sent.',
    herald: 'It is sent.',
    instead(step, vector) {
      const dispatch = sectionOf(step, vector).repositoryDispatch;
      if (step.expect.error !== 'content' || !isObject(dispatch) || textAt(dispatch, 'client_payload') !== '')
        return undefined;
      return expecting(step, null, (seen) => {
        const last = seen.requests.at(-1);
        const body = JSON.parse(last?.body ?? 'null') as Json;
        const isEvent = last?.path?.endsWith('/dispatches') && isObject(body) && !('client_payload' in body);
        return isEvent ? undefined : 'no event is sent';
      });
    },
  },
  {
    services,
    engine: 'An address without an owner becomes a repository without one; a broken one ends in a panic.',
    herald: 'The notification is refused.',
    instead(step) {
      const { requests, error } = step.expect;
      const hasNoOwner =
        requests !== 'any' && requests.some(({ path }) => /\/repos\/\/|\/repos\/[^/]*\/\//.test(path ?? ''));
      return hasNoOwner || error === 'panic'
        ? { ...step, expect: { error: 'content', requests: [] } }
        : undefined;
    },
  },
  {
    services,
    engine: 'An Application with several sources has neither repository nor revision.',
    herald:
      'The commit of each source is told; of several those that are on this GitHub, where there are any.',
    instead(step, vector) {
      const isWithout = step.expect.errorText?.includes('<no value>') ?? false;
      if (
        step.expect.error !== 'content' ||
        !isWithout ||
        textAt(sectionOf(step, vector), 'repoURLPath') !== ''
      )
        return undefined;
      return expecting(step, null, ({ requests }) => {
        const told = new Set(
          requests.slice(1).map(({ path }) => /\/repos\/[^/]+\/[^/]+\//.exec(path ?? '')?.[0]),
        );
        return told.size > 0 && !told.has(undefined) ? undefined : 'no repository is told';
      });
    },
  },
  {
    services,
    engine:
      'An Application that has synced nothing yet has the revision `<no value>`, or an empty one, or fails while it is rendered.',
    herald:
      'The notification is refused, since no commit is known; of several sources those with a revision are told.',
    instead(step, vector) {
      const { requests, error, errorText = '' } = step.expect;
      const isDefault = textAt(sectionOf(step, vector), 'revisionPath') === '';
      const isUnknown =
        requests !== 'any' &&
        requests.some(
          ({ path = '', json, query = '' }) =>
            /\/statuses\/$|\/commits\/\/pulls$|no%20value/.test(path) ||
            /(?:^|&)ref=(?:&|$|%3Cno)/.test(query) ||
            (isObject(json) && 'head_sha' in json && ['', '<no value>'].includes(textAt(json, 'head_sha'))),
        );
      const fails = error === 'render' && isDefault && /operationState|syncResult|revision/.test(errorText);
      return isUnknown || fails ? { ...step, expect: { error: 'content', requests: [] } } : undefined;
    },
  },
  {
    services,
    engine: 'After a part of a section that GitHub refuses, the others are not tried.',
    herald: 'They are done, and what was refused is told.',
    instead(step, vector) {
      const { requests, error } = step.expect;
      const parts = ['status', 'deployment', 'pullRequestComment', 'checkRun', 'repositoryDispatch'];
      const asked = parts.filter((part) => isObject(sectionOf(step, vector)[part]));
      if (requests === 'any' || error !== 'status' || asked.length < 2) return undefined;
      const { status = 200 } = step.server?.[requests.length - 1] ?? step.server?.at(-1) ?? {};
      if (status < 400 || status >= 500 || status === 401 || status === 429) return undefined;
      return expecting(step, error, (seen) => firstDifference(seen, requests));
    },
  },
];

function firstDifference(seen: Seen, wanted: readonly WireRequest[]): string | undefined {
  const line = ({ method, path }: WireRequest) => `${method} ${path}`;
  const at = wanted.findIndex((request, index) => line(request) !== line(seen.requests[index] ?? {}));
  return at < 0 ? undefined : `sent no ${line(wanted[at] as WireRequest)}`;
}

/** Of several templates merged, as far as rules look at it. */
function sectionOf(step: ExpectedStep, { templates }: ServiceCase): JsonObject {
  const sections = step.send.map((name) => {
    const template = parseYaml(templates[name] ?? '').value;
    const section = isObject(template) ? template[fieldKey(template, 'github') ?? ''] : undefined;
    return isObject(section) ? section : {};
  });
  return Object.assign({}, ...sections) as JsonObject;
}

/** What GitHub shows as Markdown, but for the invisible mark of a comment. */
function markdownOf(json: Json | undefined): string[] {
  const texts = [textAt(json, 'body'), textAt(json, 'output', 'summary'), textAt(json, 'output', 'text')];
  return texts.map((text) => text.replace(/\n<!-- argocd-notifications .* -->$/, ''));
}

function bodyOf({ method = '', path = '', json, body }: WireRequest): Json {
  const sent =
    json ?? (body === undefined || path.endsWith('/access_tokens') ? null : (JSON.parse(body) as Json));
  if (!isObject(sent)) return { method, path };
  const { id: _, user: __, ...own } = sent;
  return { method, path, json: own };
}
