import { parseYaml } from '../../../../src/go/yaml.ts';
import type { Json, JsonObject } from '../../../../src/model.ts';
import { colourOf } from '../../../../src/services/teams-workflows.ts';
import { type Difference, type ExpectedStep, expecting } from '../difference.ts';
import { isShownAlike } from '../shown.ts';
import type { ServiceCase } from '../vectors.ts';

const both = ['teams', 'teams-workflows'];

export const differences: readonly Difference[] = [
  {
    services: both,
    engine: 'A quote in a value breaks the JSON of a field: nothing is sent.',
    herald: 'The value is escaped, and the card is sent.',
    instead(step, vector) {
      const isRendered = fieldsOf(step, vector).some((text) => /^\s*[[{][^]*\{\{/.test(text));
      if (step.expect.error !== 'content' || !isRendered) return undefined;
      return expecting(step, null, ({ requests: [request, ...more] }) =>
        isJson(request?.body) && more.length === 0 ? undefined : 'a card was to be sent',
      );
    },
  },
  {
    services: ['teams'],
    engine: 'Sent is what is answered with `1`, whatever the status, and nothing else.',
    herald: 'A status that is no success is none; a success without a text is one.',
    instead(step) {
      const [{ status = 200, body = '' } = {}] = step.server ?? [];
      const error = status >= 300 ? 'status' : body === '' || body === '1' ? null : step.expect.error;
      const isOdd = (step.expect.error === null) !== (error === null);
      const isAnswered = step.expect.error === null || ['answer', 'status'].includes(step.expect.error);
      return isOdd && isAnswered ? { ...step, expect: { ...step.expect, error } } : undefined;
    },
  },
  {
    services: ['teams-workflows'],
    engine: 'Refuses URLs at `logic.azure.com`, which Teams has handed out for years.',
    herald: 'They are called.',
    instead(step, { options = '' }) {
      const { recipientUrls } = parseYaml(options).value as { recipientUrls?: Record<string, string> };
      const url = recipientUrls?.[step.recipient] ?? '';
      if (step.expect.error !== 'recipient' || !/^https:\/\/[^/]*logic\.azure\.com/.test(url))
        return undefined;
      return expecting(step, null, ({ requests: [request, ...more] }) =>
        request?.host === new URL(url).hostname && more.length === 0 ? undefined : 'one card was to be sent',
      );
    },
  },
  {
    services: ['teams-workflows'],
    engine: 'Values of facts that are no text are printed as Go prints them.',
    herald: 'They are printed as JSON, and null as nothing.',
    instead(step, vector) {
      const [facts] = fieldsOf(step, vector, 'facts').slice(-1);
      const { requests } = step.expect;
      if (requests === 'any' || !isJson(facts)) return undefined;
      const list = JSON.parse(facts) as JsonObject[];
      if (!Array.isArray(list) || list.every(({ value = '' }) => typeof value === 'string')) return undefined;
      const named = list.filter(({ name }) => typeof name === 'string');
      const set = named.map(({ name = '', value = '' }) => ({
        title: name,
        value: typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
      }));
      return withCards(step, (card) => ({
        ...card,
        body: (card.body as JsonObject[]).map((part) =>
          part.type === 'FactSet' ? { ...part, facts: set } : part,
        ),
      }));
    },
  },
  {
    services: ['teams-workflows'],
    engine: '`template` is read and never used.',
    herald: 'It is the whole message, as documented.',
    instead(step, vector) {
      const [template] = fieldsOf(step, vector, 'template').slice(-1);
      const [card] = fieldsOf(step, vector, 'adaptiveCard').slice(-1);
      if (step.expect.error !== null || !template || card) return undefined;
      return expecting(step, null, ({ requests: [request] }) =>
        template.includes('{{') || request?.body === template ? undefined : `sent ${request?.body}`,
      );
    },
  },
  {
    services: ['teams-workflows'],
    engine: 'Hexadecimal colours are passed on, which Adaptive Cards do not know.',
    herald: 'The nearest of their colours stands for them.',
    instead(step) {
      return withCards(step, (card) => {
        const [title, ...rest] = (card.body ?? []) as JsonObject[];
        if (typeof title?.color !== 'string' || colourOf(title.color) === title.color) return card;
        const { color: written, ...plain } = title;
        const color = colourOf(String(written));
        return { ...card, body: [{ ...plain, ...(color === undefined ? {} : { color }) }, ...rest] };
      });
    },
  },
  {
    services: both,
    engine: 'Values are read as Markdown, and a message that Teams does not take whole is lost.',
    herald: 'Values are escaped, and the text of a message that is too long is cut.',
    instead(step) {
      const { requests, error } = step.expect;
      if (requests === 'any' || !requests.some(({ json }) => /[\\`*_~[\]|<&]/.test(textsOf(json).join(''))))
        return undefined;
      return expecting(step, error, (seen) => {
        const wanted = requests.map(({ json }) => json);
        const actual = seen.requests.map(({ body }) => JSON.parse(body ?? 'null') as Json);
        return isShownAlike(actual, wanted) ? undefined : `sent ${JSON.stringify(actual)}`;
      });
    },
  },
];

/** The texts of a field of the sections, or of all, in the order in which they are merged. */
function fieldsOf(step: ExpectedStep, { service, templates }: ServiceCase, field?: string): string[] {
  return step.send.flatMap((name) => {
    const template = (parseYaml(templates[name] ?? '').value ?? {}) as JsonObject;
    const section = (template[service] ?? {}) as JsonObject;
    const texts = field === undefined ? Object.values(section) : [section[field]];
    return texts.filter((text) => typeof text === 'string' && text !== '') as string[];
  });
}

function withCards(step: ExpectedStep, change: (card: JsonObject) => JsonObject): ExpectedStep | undefined {
  const { requests } = step.expect;
  if (requests === 'any') return undefined;
  let isChanged = false;
  const changed = requests.map((request) => {
    const [attachment] = ((request.json as JsonObject | undefined)?.attachments ?? []) as JsonObject[];
    const card = attachment?.content;
    if (typeof card !== 'object' || card === null || Array.isArray(card)) return request;
    const content = change(card);
    isChanged ||= content !== card;
    return {
      ...request,
      json: { ...(request.json as JsonObject), attachments: [{ ...attachment, content }] },
    };
  });
  return isChanged ? { ...step, expect: { ...step.expect, requests: changed } } : undefined;
}

function textsOf(json: Json | undefined): string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(textsOf) : [];
}

function isJson(text: string | undefined): text is string {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch {
    return false;
  }
}
