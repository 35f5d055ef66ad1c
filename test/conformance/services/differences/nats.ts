import { type Addition, type Difference, expecting } from '../difference.ts';

const services = ['nats'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'The option `user`, which its documentation has, is not read.',
    herald: 'It is read where there is no `username`.',
    instead(step, { options = '' }) {
      const user = /^user: *(\S+)$/im.exec(options)?.[1];
      const pass = /^password: *(\S+)$/im.exec(options)?.[1];
      const { requests } = step.expect;
      if (user === undefined || pass === undefined || requests === 'any') return undefined;
      if (/^username:/im.test(options)) return undefined;
      const withLogin = requests.map((request) => ({ ...request, nats: { ...request.nats, user, pass } }));
      return { ...step, expect: { ...step.expect, requests: withLogin } };
    },
  },
  {
    services,
    engine: 'A space in the recipient makes its second word the reply subject.',
    herald:
      'What is no subject parks what goes to the recipient: one with spaces, nothing between dots, or a wildcard.',
    instead(step) {
      const tokens = step.recipient.split('.');
      const isSubject =
        !/\s/.test(step.recipient) && tokens.every((token) => !['', '*', '>'].includes(token));
      if (isSubject || step.expect.error !== null) return undefined;
      return expecting(step, 'recipient', ({ requests }) =>
        requests.length === 0 ? undefined : 'it was sent',
      );
    },
  },
];

export const additions: readonly Addition[] = [
  {
    services,
    herald:
      'The header `Nats-Msg-Id`, the same in every attempt of a delivery, so that a stream takes it once.',
    without(request, deliveryId) {
      const { headers, ...nats } = request.nats ?? {};
      const { 'Nats-Msg-Id': id, ...others } = (headers ?? {}) as Record<string, string>;
      if (id !== deliveryId) return request;
      const kept = Object.keys(others).length === 0 ? { verb: 'PUB' } : { headers: others };
      return { ...request, nats: { ...nats, ...kept } };
    },
  },
];
