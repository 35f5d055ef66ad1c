import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import { createOpsAlerts } from './ops-alerts.ts';
import { type opsgenie, opsgenieHost } from './opsgenie-schema.ts';

/** An alert of a team. */
export const opsgenieService: Implementation<OptionsOf<(typeof opsgenie)['options']>> = (
  { apiUrl, apiKeys },
  deps,
) =>
  createOpsAlerts(
    {
      type: 'opsgenie',
      url: `https://${opsgenieHost(apiUrl) ?? ''}`,
      apiKeys,
      noun: 'team',
      describes: true,
      respondersOf: (_section, team) => [{ type: 'team', id: team }],
    },
    deps,
  );
