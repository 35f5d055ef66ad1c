import { createApi } from './api.ts';
import { cutText, utf8Bytes } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import { endpoint } from './url.ts';
import type { webex } from './webex-schema.ts';

/** Bytes of a message. */
const longestMessage = 7_439;

/** A message in a room, or to a person, as Markdown. */
export const webexService: Implementation<OptionsOf<(typeof webex)['options']>> = (
  { token, apiURL },
  deps,
) => {
  const url = endpoint(apiURL, 'v1/messages');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const api = createApi(deps, { noun: 'room', success: [200] });

  return {
    send({ message }, recipient, context) {
      const text = cutText(message, longestMessage, utf8Bytes);
      const to = isAddress(recipient)
        ? { toPersonEmail: recipient }
        : recipient === ''
          ? {}
          : { roomId: recipient };
      const body = JSON.stringify({ ...to, ...(text === '' ? {} : { markdown: text }) });
      return api.send({ method: 'POST', url, headers, body }, recipient, context);
    },
  };
};

/** As argocd-notifications tells a person from a room. */
function isAddress(recipient: string): boolean {
  return /^[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}$/.test(recipient);
}
