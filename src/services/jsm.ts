import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import type { jsm } from './jsm-schema.ts';
import { createOpsAlerts, objectsOf } from './ops-alerts.ts';

const mostResponders = 50;

/** An alert of Operations, through an API integration, of which each belongs to a team. */
export const jsmService: Implementation<OptionsOf<(typeof jsm)['options']>> = ({ apiUrl, apiKeys }, deps) =>
  createOpsAlerts(
    {
      type: 'jsm',
      url: apiUrl,
      apiKeys,
      noun: 'integration',
      describes: false,
      respondersOf: ({ responders }) =>
        objectsOf(responders)
          .map((responder) => ({ ...responder, type: responder['type'] ?? 'team' }))
          .slice(0, mostResponders),
    },
    deps,
  );
