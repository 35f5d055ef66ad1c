import { serviceSchema } from './schema.ts';

export const pushover = serviceSchema({
  type: 'pushover',
  product: 'Pushover',
  options: {
    token: {
      kind: 'token',
      required: 'Set token: $pushover-token and put the token of an application into the Secret.',
    },
  },
  check({ token }, report) {
    if (/^[A-Za-z0-9]{30}$/.test(token)) return;
    report(['token'], 'token is none of an application', 'Store its 30 letters and digits in the Secret.');
  },
  recipient: {
    noun: 'user key',
    required: 'the key of a user',
    fault: (recipient) =>
      /^[A-Za-z0-9]{30}$/.test(recipient)
        ? undefined
        : { what: 'is no key of a user or a group', fix: 'Write its 30 letters and digits.' },
  },
});
