import { createApi } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import { jsonListOf } from './json-section.ts';
import type { mattermost } from './mattermost-schema.ts';
import { endpoint } from './url.ts';

/** Characters of a post. */
const longestMessage = 16_383;

/** A post in a channel, with the attachments of the template. */
export const mattermostService: Implementation<OptionsOf<(typeof mattermost)['options']>> = (
  { apiURL, token },
  deps,
) => {
  const url = endpoint(apiURL, 'api/v4/posts');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const api = createApi(deps, {
    noun: 'channel',
    statuses: {
      403: { scope: 'recipient', mend: 'Check that the channel exists and that the bot is a member of it' },
      404: { scope: 'service', mend: 'Check apiURL' },
    },
  });

  return {
    send({ message, section }, recipient, context) {
      const attachments = jsonListOf(section, 'attachments');
      if (!attachments.ok) return Promise.resolve(api.outcome(attachments, recipient, context));
      const post = { channel_id: recipient, message: cutText(message, longestMessage, codePoints) };
      // The template's own text, so that no number in it is rounded.
      const body = `${JSON.stringify(post).slice(0, -1)},"props":{"attachments":${attachments.text}}}`;
      return api.send({ method: 'POST', url, headers, body }, recipient, context);
    },
  };
};
