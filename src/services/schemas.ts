/** Every type of service: those of argocd-notifications, and ours. */
import { alertmanager } from './alertmanager-schema.ts';
import { awssqs } from './awssqs-schema.ts';
import { console as consoleSchema } from './console-schema.ts';
import { discord } from './discord-schema.ts';
import { email } from './email-schema.ts';
import { gcppubsub } from './gcppubsub-schema.ts';
import { github } from './github-schema.ts';
import { googlechat } from './googlechat-schema.ts';
import { grafana } from './grafana-schema.ts';
import { incidentio } from './incidentio-schema.ts';
import { jsm } from './jsm-schema.ts';
import { matrix } from './matrix-schema.ts';
import { mattermost } from './mattermost-schema.ts';
import { nats } from './nats-schema.ts';
import { newrelic } from './newrelic-schema.ts';
import { ntfy } from './ntfy-schema.ts';
import { opsgenie } from './opsgenie-schema.ts';
import { pagerduty } from './pagerduty-schema.ts';
import { pagerdutyv2 } from './pagerdutyv2-schema.ts';
import { pushover } from './pushover-schema.ts';
import { rocketchat } from './rocketchat-schema.ts';
import type { ServiceSchema } from './schema.ts';
import { slack } from './slack/schema.ts';
import { teams } from './teams-schema.ts';
import { teamsWorkflows } from './teams-workflows-schema.ts';
import { telegram } from './telegram-schema.ts';
import { webex } from './webex-schema.ts';
import { webhook } from './webhook-schema.ts';
import { zulip } from './zulip-schema.ts';

export const schemas = [
  alertmanager,
  awssqs,
  consoleSchema,
  discord,
  email,
  gcppubsub,
  github,
  googlechat,
  grafana,
  incidentio,
  jsm,
  matrix,
  mattermost,
  nats,
  newrelic,
  ntfy,
  opsgenie,
  pagerduty,
  pagerdutyv2,
  pushover,
  rocketchat,
  slack,
  teams,
  teamsWorkflows,
  telegram,
  webex,
  webhook,
  zulip,
] as const;

export type AnySchema = (typeof schemas)[number];

const byType: ReadonlyMap<string, AnySchema> = new Map(schemas.map((schema) => [schema.type, schema]));

/** undefined for a type that neither argocd-notifications nor Herald knows. */
export function schemaOf(type: string): ServiceSchema | undefined {
  // What a schema does with options, it does with those that it has read itself.
  return byType.get(type) as ServiceSchema | undefined;
}

/** The key of a type: argocd-notifications passes over one that begins with `herald.`, and refuses a type of ours elsewhere. */
export function serviceKeyOf(type: string): string {
  return `${schemaOf(type)?.isHeraldOnly ? 'herald.' : ''}service.${type}`;
}
