import { isObject } from '../json.ts';
import { createApi, type Refusal, unreadable } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { pushover } from './pushover-schema.ts';

/** Characters of a message. */
const longestMessage = 1_024;

/** A push message to the devices of a user or of a group. */
export const pushoverService: Implementation<OptionsOf<(typeof pushover)['options']>> = ({ token }, deps) => {
  const api = createApi(deps, {
    noun: 'user key',
    judge: (answer) => (answer.status < 300 && statusOf(answer) !== 1 ? unreadable() : undefined),
    refusal,
  });

  return {
    send({ message }, recipient, context) {
      const text = cutText(message, longestMessage, codePoints);
      const form = new URLSearchParams({ token, user: recipient, message: text, priority: '0' });
      const request = {
        method: 'POST',
        url: 'https://api.pushover.net/1/messages.json',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        bodyIsSecret: true,
      } as const;
      return api.send(request, recipient, context);
    },
  };
};

function statusOf(answer: HttpAnswer): unknown {
  const json = answer.json();
  return isObject(json) ? json['status'] : undefined;
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || !Array.isArray(json['errors'])) return undefined;
  const text = json['errors'].filter((error) => typeof error === 'string').join('; ');
  if (json['token'] === 'invalid') return { text, scope: 'service' };
  return json['user'] === 'invalid' ? { text, scope: 'recipient' } : { text };
}
