/**
 * What `herald config check` says beyond what keeps a key from working: whatever compiles and cannot be meant. The
 * running bridge does without it.
 */
import type { AlertRules } from '../alerts/rules.ts';
import type { JsonObject, Problem } from '../model.ts';
import { serviceKeyOf } from '../services/schemas.ts';
import type { GlobalSubscription, TriggerList } from '../subscriptions/schema.ts';
import { inspectTrigger } from '../triggers/schema.ts';
import { checkEnds } from './check-ends.ts';
import { checkRenderings } from './check-renderings.ts';
import {
  checkOverlaps,
  checkRequests,
  checkSectionTypes,
  type Sections,
  type Subscribed,
} from './check-sections.ts';
import { inspectRules } from './inspect-rules.ts';
import type { TextOf } from './references.ts';
import { checkKinds } from './template-kinds.ts';
import { templateTags } from './template-tags.ts';
import { conditionShapes, templateShapes } from './variable-shapes.ts';

/** A configuration as it is read, with the texts of its keys. */
export interface InspectedConfig extends Sections {
  defaultTriggers: TriggerList;
  defaultTriggersByService: ReadonlyMap<string, TriggerList>;
  subscriptions: readonly GlobalSubscription[];
  context: Readonly<Record<string, string>>;
  rules: AlertRules;
  /** Also of those that are not valid. */
  triggerNames: ReadonlySet<string>;
  textOf: TextOf;
}

export interface InspectOptions {
  /** What templates are rendered for; absent: a sample. */
  application?: JsonObject;
  /** Unix milliseconds. */
  now: number;
}

export function inspectConfig(config: InspectedConfig, options: InspectOptions): Problem[] {
  const variables = conditionShapes(config.context);
  const triggers = [...config.triggers.keys()].flatMap((name) =>
    inspectTrigger(name, config.textOf(`trigger.${name}`) ?? '', variables),
  );
  return [
    ...triggers,
    ...inspectTemplates(config),
    ...checkRequests(subscribed(config), config),
    ...checkOverlaps(config.triggers, config, config.textOf),
    ...checkKinds(config.templates.values(), config),
    ...checkRenderings({ ...config, ...options }),
    ...checkSectionTypes(config, config.textOf),
    ...unknownServices(config),
    ...['argocd', 'context', 'subscriptions', ...Object.keys(config.rules)].flatMap((key) =>
      checkTags(key, config.textOf(key) ?? ''),
    ),
    ...inspectRules(config, options.now),
    ...checkEnds(config, config.textOf),
  ];
}

function inspectTemplates({ templates, context }: InspectedConfig): Problem[] {
  const variables = templateShapes(context);
  return [...templates.values()].flatMap(({ name, strings }) =>
    strings.flatMap((string) =>
      string.inspect(variables).map(
        ({ at, what, fix, fails }): Problem => ({
          key: `template.${name}`,
          severity: fails ? 'error' : 'warning',
          ...string.locate(at),
          what: `${string.path.join('.')}: ${what}`,
          fix,
        }),
      ),
    ),
  );
}

/** Who is told of what by the ConfigMap itself. */
function* subscribed(config: InspectedConfig): Generator<Subscribed> {
  for (const { triggers, destinations } of config.subscriptions) {
    for (const { service, at } of destinations) {
      for (const { name } of triggers.length > 0 ? triggers : config.defaultTriggers) {
        yield { trigger: name, service, key: 'subscriptions', ...(at && { at }) };
      }
    }
  }
  for (const [service, triggers] of config.defaultTriggersByService) {
    for (const { name, at } of triggers) {
      yield { trigger: name, service, key: `defaultTriggers.${service}`, ...(at && { at }) };
    }
  }
}

/** Defaults for a service that is not configured. */
function unknownServices({ defaultTriggersByService, serviceNames, suggest }: InspectedConfig): Problem[] {
  return [...defaultTriggersByService.keys()]
    .filter((service) => !serviceNames.has(service))
    .map((service) => ({
      key: `defaultTriggers.${service}`,
      severity: 'warning',
      what: `the service ${JSON.stringify(service)} is not configured`,
      fix: `Add the key ${serviceKeyOf(service)}, or name a service that there is.${suggest(service, serviceNames)}`,
    }));
}

function checkTags(key: string, text: string): Problem[] {
  return templateTags(text).map(({ tag, ...at }) => ({
    key,
    severity: 'warning',
    ...at,
    what: `${key} is no template, so ${tag} is taken as it stands`,
    fix: 'Write the value itself; what differs by Application belongs into a template.',
  }));
}
