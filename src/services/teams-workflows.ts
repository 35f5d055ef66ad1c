import { isObject } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { createApi, type Failure } from './api.ts';
import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import { cardFailure, fitting, objectsOf, parsed, textOf } from './teams-card.ts';
import { type teamsWorkflows, workflowFault } from './teams-workflows-schema.ts';

/** An Adaptive Card in a channel, through a workflow of Power Automate, which knows no key: a card may come twice. */
export const teamsWorkflowsService: Implementation<OptionsOf<(typeof teamsWorkflows)['options']>> = (
  { recipientUrls },
  deps,
) => {
  const gone = {
    scope: 'recipient',
    mend: 'Check the URL of the workflow in recipientUrls, and that the workflow is on',
  } as const;
  const api = createApi(deps, { noun: 'channel', statuses: { 401: gone, 403: gone, 404: gone, 410: gone } });

  return {
    send({ message, section }, recipient, context) {
      const refuse = (failure: Failure) =>
        Promise.resolve(api.outcome({ ok: false, failure }, recipient, context));
      const url = recipientUrls[recipient] ?? '';
      const fault = workflowFault(url);
      if (fault) {
        const detail = `was not called: what recipientUrls has for it ${fault.what}. ${fault.fix}`;
        return refuse({ kind: 'rejected', reason: 'invalid_recipient', detail, scope: 'recipient' });
      }
      let body: string;
      try {
        body = bodyOf(section, message);
      } catch (error) {
        return refuse(cardFailure(error));
      }
      const headers = { 'content-type': 'application/json' };
      return api.send({ method: 'POST', url, headers, body }, recipient, context);
    },
  };
};

function bodyOf(section: JsonObject | undefined, message: string): string {
  const own = textOf(section, 'adaptiveCard');
  if (own !== '') {
    parsed(own, 'adaptiveCard', 'JSON');
    return enveloped(own);
  }
  const template = textOf(section, 'template');
  if (template !== '') return template;
  return fitting(
    (text) => enveloped(JSON.stringify(cardOf(section, text))),
    textOf(section, 'text') || message,
  );
}

function enveloped(card: string): string {
  return `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":${card}}]}`;
}

function cardOf(section: JsonObject | undefined, text: string): JsonObject {
  const title = textOf(section, 'title');
  const color = colourOf(textOf(section, 'themeColor'));
  const sections = objectsOf(section, 'sections')?.items ?? [];
  const factSets = [objectsOf(section, 'facts')?.items, ...sections.map((each) => each?.['facts'])].map(
    factsOf,
  );
  const actions = (objectsOf(section, 'potentialAction')?.items ?? []).flatMap(openUrl);
  return {
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      ...(title === ''
        ? []
        : [
            {
              type: 'TextBlock',
              text: title,
              size: 'Large',
              weight: 'Bolder',
              ...(color === undefined ? {} : { color }),
              wrap: true,
            },
          ]),
      ...(text === '' ? [] : [{ type: 'TextBlock', text, wrap: true }]),
      ...factSets.filter((facts) => facts.length > 0).map((facts) => ({ type: 'FactSet', facts })),
    ],
    ...(actions.length === 0 ? {} : { actions }),
  };
}

/** Facts of a message card in those of an Adaptive Card, whose values are texts. */
function factsOf(facts: unknown): JsonObject[] {
  return (Array.isArray(facts) ? facts : []).flatMap((fact: unknown) => {
    if (!isObject(fact) || typeof fact['name'] !== 'string') return [];
    const value = fact['value'] ?? '';
    return [{ title: fact['name'], value: typeof value === 'string' ? value : JSON.stringify(value) }];
  });
}

/** Of the actions of message cards, opening a page is the one that a workflow can do. */
function openUrl(action: JsonObject | null): JsonObject[] {
  if (action?.['@type'] !== 'OpenUri') return [];
  const [target] = Array.isArray(action['targets']) ? action['targets'] : [];
  const url = isObject(target) ? target['uri'] : undefined;
  if (typeof url !== 'string' || url === '') return [];
  const title = typeof action['name'] === 'string' && action['name'] !== '' ? { title: action['name'] } : {};
  return [{ type: 'Action.OpenUrl', ...title, url }];
}

/** Adaptive Cards know colours by what they mean; of message cards' hexadecimal ones the nearest. */
export function colourOf(themeColor: string): string | undefined {
  const written = themeColor.trim();
  if (written === '') return undefined;
  const hex = /^#?([\da-f]{3}|[\da-f]{6})$/i.exec(written)?.[1];
  if (hex === undefined) return written;
  const long = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => Number.parseInt(long.slice(at, at + 2), 16));
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  if (range < 48) return undefined;
  const hue = hueOf(red, green, blue, most, range);
  if (hue < 22 || hue >= 320) return 'Attention';
  if (hue < 70) return 'Warning';
  return hue < 170 ? 'Good' : 'Accent';
}

/** Degrees. */
function hueOf(red: number, green: number, blue: number, most: number, range: number): number {
  if (most === red) return (((green - blue) / range) * 60 + 360) % 360;
  return most === green ? ((blue - red) / range) * 60 + 120 : ((red - green) / range) * 60 + 240;
}
