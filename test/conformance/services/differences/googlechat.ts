import { parseYaml } from '../../../../src/go/yaml.ts';
import type { Json, JsonObject } from '../../../../src/model.ts';
import { type Difference, type ExpectedStep, expecting } from '../difference.ts';
import { isShownAlike } from '../shown.ts';
import type { ServiceCase } from '../vectors.ts';

const services = ['googlechat'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'The HTTP status is not looked at: a 500 whose JSON has no `error` counts as sent.',
    herald: 'A status that is no success is none.',
    instead(step) {
      const { status = 200 } = step.server?.[0] ?? {};
      if (step.expect.error !== null || status < 300) return undefined;
      return { ...step, expect: { ...step.expect, error: 'status' } };
    },
  },
  {
    services,
    engine: 'A quote or a colon in a value breaks the cards: nothing is sent.',
    herald: 'The value is the text that it is, and the cards are sent.',
    instead(step, vector) {
      const isRendered = cardsOf(step, vector).some((text) => text.includes('{{'));
      if (step.expect.error !== 'content' || !isRendered) return undefined;
      return expecting(step, null, ({ requests: [request, ...more] }) =>
        /"cards(?:V2)?":\[\{/.test(request?.body ?? '') && more.length === 0
          ? undefined
          : 'cards were to be sent',
      );
    },
  },
  {
    services,
    engine: "Fields of cards that Google's Go client does not know, and empty ones, are left out.",
    herald: 'Cards are sent as the template has them, with their own `cardId` where they have one.',
    instead(step, vector) {
      const [text = ''] = cardsOf(step, vector).slice(-1);
      const { value, problems } = parseYaml(text);
      const { requests } = step.expect;
      if (requests === 'any' || text.includes('{{') || problems.length > 0 || !Array.isArray(value))
        return undefined;
      const cards = (value as JsonObject[]).map((card) => {
        const { cardId: _, ...rest } = card;
        return rest;
      });
      const listOf = (json: Json | undefined) => {
        const { cardsV2, cards: old } = (json ?? {}) as { cardsV2?: JsonObject[]; cards?: JsonObject[] };
        return cardsV2?.map(({ card }) => card) ?? old ?? [];
      };
      if (requests.every(({ json }) => isShownAlike(listOf(json), cards))) return undefined;
      return expecting(step, step.expect.error, (seen) =>
        seen.requests.every(({ body }) => isShownAlike(listOf(JSON.parse(body ?? 'null') as Json), cards))
          ? undefined
          : 'the cards are not those of the template',
      );
    },
  },
  {
    services,
    engine: 'What begins with `<` in a value is a tag, a link or a mention, such as `<users/all>`.',
    herald: 'It is shown as it is and calls nobody; a message that is too long is cut.',
    instead(step) {
      const { requests, error } = step.expect;
      const text = (json: Json | undefined) =>
        JSON.stringify(json, (name, value: Json) => (name === 'cardId' ? undefined : value));
      const bare = (json: Json | undefined) => JSON.parse(text(json)) as Json;
      if (requests === 'any' || !requests.some(({ json = null }) => /<[a-z/!]/i.test(text(json))))
        return undefined;
      return expecting(step, error, (seen) => {
        const actual = seen.requests.map(({ body }) => bare(JSON.parse(body ?? 'null') as Json));
        const wanted = requests.map(({ json }) => bare(json));
        return isShownAlike(actual, wanted) ? undefined : `sent ${JSON.stringify(actual)}`;
      });
    },
  },
];

/** The texts of the cards of each section, in the order in which they are merged. */
function cardsOf(step: ExpectedStep, { service, templates }: ServiceCase): string[] {
  return step.send.flatMap((name) => {
    const template = (parseYaml(templates[name] ?? '').value ?? {}) as JsonObject;
    const { cards, cardsV2 } = (template[service] ?? {}) as JsonObject;
    return [cards, cardsV2].filter((text) => typeof text === 'string' && text !== '') as string[];
  });
}
