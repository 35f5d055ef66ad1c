import { createApi, type Failure, unreadable } from './api.ts';
import type { OptionsOf } from './fields.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import { cardFailure, fitting, objectsOf, textOf } from './teams-card.ts';
import type { teams } from './teams-schema.ts';

/** A card in a channel, through an Office 365 connector. Teams knows no key of a message: one may come twice. */
export const teamsService: Implementation<OptionsOf<(typeof teams)['options']>> = (
  { recipientUrls },
  deps,
) => {
  const gone = { scope: 'recipient', mend: 'Check the URL of the channel in recipientUrls' } as const;
  const api = createApi(deps, {
    noun: 'channel',
    statuses: { 401: gone, 403: gone, 404: gone, 410: gone },
    judge,
  });

  return {
    send({ message, section }, recipient, context) {
      const url = recipientUrls[recipient] ?? '';
      const headers = { 'content-type': 'application/json' };
      let body = textOf(section, 'template');
      try {
        if (body === '')
          body = fitting((text) => messageCard(section, text), textOf(section, 'text') || message);
      } catch (error) {
        return Promise.resolve(api.outcome({ ok: false, failure: cardFailure(error) }, recipient, context));
      }
      return api.send({ method: 'POST', url, headers, body }, recipient, context);
    },
  };
};

type Section = Parameters<typeof objectsOf>[0];

function messageCard(section: Section, text: string): string {
  const themeColor = textOf(section, 'themeColor');
  const card = {
    '@type': 'MessageCard',
    context: 'https://schema.org/extensions',
    title: textOf(section, 'title'),
    summary: textOf(section, 'summary'),
    text,
    ...(themeColor === '' ? {} : { themeColor }),
  };
  const actions = objectsOf(section, 'potentialAction');
  const facts = objectsOf(section, 'facts');
  const sections = objectsOf(section, 'sections');
  const factSection = facts && `{"facts":${facts.text}}`;
  const isBare = sections === undefined || sections.items.length === 0;
  const own = isBare ? '' : sections.text.slice(1, -1);
  const all = [own, factSection ?? ''].filter((part) => part !== '').join(',');
  return [
    JSON.stringify(card).slice(0, -1),
    ...(actions && actions.items.length > 0 ? [`"potentialAction":${actions.text}`] : []),
    ...(all === '' ? [] : [`"sections":[${all}]`]),
  ]
    .join(',')
    .concat('}');
}

/** What became of a card stands in the text, whatever the status: `1`, or the status of a server behind. */
function judge({ status, text }: HttpAnswer): Failure | 'success' | undefined {
  if (status >= 300) return undefined;
  if (text === '1' || text === '') return 'success';
  const behind = Number(/returned HTTP error (\d{3})/.exec(text)?.[1] ?? 0);
  if (behind === 0) return unreadable();
  const detail = `could not show it: HTTP ${behind} within Teams`;
  const reason = `http_${behind}`;
  if (behind === 429) return { kind: 'retry', reason, detail };
  if (behind >= 500) return { kind: 'retry', reason, detail, unclear: true };
  return { kind: 'rejected', reason, detail: `${detail}. Check the card`, scope: 'notification' };
}
