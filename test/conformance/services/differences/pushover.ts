import { type Difference, expecting } from '../difference.ts';

const services = ['pushover'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'A message of more than 1,024 characters is lost.',
    herald: 'It is cut.',
    instead(step) {
      if (step.expect.error !== 'content') return undefined;
      return expecting(step, null, ({ requests: [request] }) => {
        const message = new URLSearchParams(request?.body).get('message') ?? '';
        return [...message].length === 1_024 && message.endsWith('…')
          ? undefined
          : `the message is ${message}`;
      });
    },
  },
  {
    services,
    engine:
      'A message that was taken counts as failed where the limits of the application are missing from the headers.',
    herald: 'It counts as sent.',
    instead(step) {
      if (step.expect.error !== 'answer') return undefined;
      const [{ json } = {}] = step.server ?? [];
      const taken = typeof json === 'object' && json !== null && 'status' in json && json.status === 1;
      return taken ? { ...step, expect: { ...step.expect, error: null } } : undefined;
    },
  },
];
