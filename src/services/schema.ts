import type { Json } from '../model.ts';
import type { OptionProblem, Validated } from './options.ts';
import { readSlackSection, validateSlackOptions } from './slack/schema.ts';
import { readWebhookSection, validateWebhookOptions } from './webhook-schema.ts';

export type { OptionProblem, Validated };

/** What the configuration needs to know of a type of service. */
interface ServiceSchema {
  validateOptions(options: Json): Validated<unknown>;
  /** Of the section as a template has it: types and names of its fields, before anything is rendered. */
  checkSection(section: Json): OptionProblem[];
}

const SCHEMAS: Readonly<Record<string, ServiceSchema>> = {
  slack: {
    validateOptions: validateSlackOptions,
    checkSection: (section) => readSlackSection(section).problems,
  },
  webhook: {
    validateOptions: validateWebhookOptions,
    checkSection: (section) => readWebhookSection(section).problems,
  },
  console: {
    validateOptions: () => ({ options: {}, problems: [] }),
    checkSection: () => [],
  },
};

/** Types that Herald sends through. */
export const serviceTypes: readonly string[] = Object.keys(SCHEMAS);

/** Types that argocd-notifications has and Herald has not: what is configured for them is legal, and sent nowhere. */
export const foreignServiceTypes: readonly string[] = (
  'awssqs email mattermost rocketchat grafana opsgenie telegram github teams teams-workflows googlechat pushover ' +
  'alertmanager pagerduty pagerdutyv2 newrelic webex nats gcppubsub'
).split(' ');

/**
 * Checks the options of `service.<type>(.<name>)`, after `$key` substitution. `options` are there when no problem is
 * an error; they are what the type's factory takes. A type that is not one of `serviceTypes` is a problem itself.
 */
export function validateServiceOptions(type: string, options: Json): Validated<unknown> {
  const schema = schemaOf(type);
  if (schema !== undefined) return schema.validateOptions(options);
  const what = foreignServiceTypes.includes(type)
    ? `services of type ${type} are not supported yet`
    : `unknown type of service ${JSON.stringify(type)}`;
  return { problems: [{ path: [], what, fix: `Use one of ${serviceTypes.join(', ')}.`, severity: 'error' }] };
}

/** Checks the section that a template has for a type of service; nothing is known of types without a schema. */
export function checkServiceSection(type: string, section: Json): OptionProblem[] {
  return schemaOf(type)?.checkSection(section) ?? [];
}

function schemaOf(type: string): ServiceSchema | undefined {
  return Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type] : undefined;
}
