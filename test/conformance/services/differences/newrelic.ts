import type { Difference } from '../difference.ts';
import type { WireRequest } from '../vectors.ts';

const services = ['newrelic'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'The answer is not looked at: 401 and 500 count as sent.',
    herald: 'What New Relic does not take is not sent.',
    instead(step) {
      const [{ status = 200 } = {}] = step.server ?? [];
      if (step.expect.error !== null || status < 300) return undefined;
      return { ...step, expect: { ...step.expect, error: 'status' } };
    },
  },
  {
    services,
    engine: 'The recipient goes into the path as it is.',
    herald: 'It is encoded, and stays one part of the path.',
    instead(step) {
      const { requests } = step.expect;
      const encoded = encodeURIComponent(step.recipient);
      if (requests === 'any' || encoded === step.recipient) return undefined;
      const path = `/v2/applications/${encoded}/deployments.json`;
      const changed = requests.map((request): WireRequest => {
        const { query: _, ...rest } = request;
        return { ...rest, path };
      });
      return { ...step, expect: { ...step.expect, requests: changed } };
    },
  },
];
