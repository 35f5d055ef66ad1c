import { isObject } from '../../../../src/json.ts';
import type { Addition, Difference } from '../difference.ts';

const services = ['gcppubsub'];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'An attribute that renders to nothing is sent as its template text.',
    herald: 'It is sent empty.',
    instead(step) {
      const { requests } = step.expect;
      if (requests === 'any') return undefined;
      const changed = requests.map((request) => {
        const attributes = request.pubsub?.['attributes'];
        if (!isObject(attributes)) return request;
        const rendered = Object.entries(attributes).map(([name, text]) => [
          name,
          typeof text === 'string' && text.includes('{{') ? '' : text,
        ]);
        return { ...request, pubsub: { ...request.pubsub, attributes: Object.fromEntries(rendered) } };
      });
      const isSame = JSON.stringify(changed) === JSON.stringify(requests);
      return isSame ? undefined : { ...step, expect: { ...step.expect, requests: changed } };
    },
  },
];

export const additions: readonly Addition[] = [
  {
    services,
    herald: 'The attribute `herald-delivery-id`, the same in every attempt of a delivery.',
    without(request, deliveryId) {
      const { attributes, ...message } = request.pubsub ?? {};
      const { 'herald-delivery-id': id, ...others } = isObject(attributes) ? attributes : {};
      if (id !== deliveryId) return request;
      const kept = Object.keys(others).length === 0 ? {} : { attributes: others };
      return { ...request, pubsub: { ...message, ...kept } };
    },
  },
];
