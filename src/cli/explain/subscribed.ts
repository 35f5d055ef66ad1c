/** Who is told of an Application, and where each subscription comes from. */

import type { Config } from '../../config/config.ts';
import { suggestion } from '../../go/did-you-mean.ts';
import type { Application, Destination, OtherKind, Subscription } from '../../model.ts';
import { ownAnnotations } from '../../subscriptions/annotations.ts';
import { resolveSubscriptions } from '../../subscriptions/resolve.ts';
import type { SubscriptionConfig } from '../../subscriptions/schema.ts';
import type { Origin, SubscriptionFacts } from './facts.ts';

export interface Subscribed extends Subscription {
  from: readonly Origin[];
}

type Annotations = Readonly<Record<string, string>>;
const nobody: Pick<Application, 'annotations' | 'labels'> = { annotations: {}, labels: {} };

/** As the bridge resolves them, each with every place that it comes from. */
export function subscribedOf(
  application: Pick<Application, 'annotations' | 'labels'>,
  projectAnnotations: Annotations,
  config: SubscriptionConfig,
): Subscribed[] {
  const origins = new Map<string, Origin[]>();
  const { labels } = application;
  function note(
    kind: Origin['kind'],
    name: string,
    resolve: (config: SubscriptionConfig) => Subscription[],
  ): void {
    const named = new Set(resolve(withoutDefaults(config)).map(keyOf));
    for (const subscription of resolve(config)) {
      const key = keyOf(subscription);
      const known = origins.get(key) ?? [];
      origins.set(key, [...known, { kind, name, isDefault: !named.has(key) }]);
    }
  }
  for (const [index, entry] of config.subscriptions.entries())
    note('global', `subscriptions, entry ${index + 1}`, (given) =>
      resolved({ annotations: {}, labels }, {}, { ...given, subscriptions: [entry] }),
    );
  for (const { name, value } of ownAnnotations(application.annotations))
    note('annotation', name, (given) =>
      resolved({ annotations: { [name]: value }, labels }, {}, { ...given, subscriptions: [] }),
    );
  for (const { name, value } of ownAnnotations(projectAnnotations))
    note('project', name, (given) => resolved(nobody, { [name]: value }, { ...given, subscriptions: [] }));
  return resolved(application, projectAnnotations, config).map((subscription) => ({
    ...subscription,
    from: origins.get(keyOf(subscription)) ?? [],
  }));
}

function resolved(...given: Parameters<typeof resolveSubscriptions>): Subscription[] {
  return resolveSubscriptions(...given).subscriptions;
}

function withoutDefaults(config: SubscriptionConfig): SubscriptionConfig {
  return { ...config, defaultTriggers: [], defaultTriggersByService: new Map() };
}

function keyOf({ trigger, destination: { service, recipient } }: Subscription): string {
  return JSON.stringify([trigger, service, recipient]);
}

/** Why nothing can come of a subscription under any of the configurations that act for it. */
export function troubleOf(
  { trigger, destination }: { trigger: string; destination: Destination },
  configs: readonly Config[],
  kind: OtherKind | undefined,
): SubscriptionFacts['trouble'] {
  if (!configs.some((config) => config.triggers.has(trigger))) return triggerTrouble(trigger, configs);
  const has = (config: Config) => isAbout(config, trigger, kind);
  if (!configs.some(has)) return kindTrouble(trigger, configs, kind);
  const { service } = destination;
  if (configs.some((config) => has(config) && config.services.has(service))) return undefined;
  const names = configs.flatMap((config) => [...config.services.keys()]);
  const error = configs
    .flatMap(({ problems }) => problems)
    .find(({ key, severity }) => severity === 'error' && isKeyOf(key, service));
  if (error)
    return { kind: 'unknown service', what: `${error.key} cannot be used: ${error.what}`, fix: error.fix };
  return {
    kind: 'unknown service',
    what: `service ${JSON.stringify(service)} is not configured`,
    fix: `Add the key service.${service} to the ConfigMap; there are: ${names.sort().join(', ') || 'none'}.${suggestion(service, names)}`,
  };
}

/** Whether there is such a trigger, and it is about objects of the kind. */
export function isAbout({ triggers }: Config, trigger: string, kind: OtherKind | undefined): boolean {
  const found = triggers.get(trigger);
  return found !== undefined && found.kind === kind;
}

/**
 * Whether nobody has meant it: of what stands for all objects, a trigger about another kind of them says nothing. An
 * annotation of the object itself that names it is a mistake.
 */
export function isPassedOver(
  { trigger, from }: Pick<Subscribed, 'trigger' | 'from'>,
  { kind }: Pick<Application, 'kind'>,
  configs: readonly Config[],
): boolean {
  const found = configs.flatMap((config) => config.triggers.get(trigger) ?? []);
  if (found.length === 0 || found.some((each) => each.kind === kind)) return false;
  return !from.some((origin) => origin.kind === 'annotation' && !origin.isDefault);
}

function kindTrouble(
  trigger: string,
  configs: readonly Config[],
  kind: OtherKind | undefined,
): SubscriptionFacts['trouble'] {
  const [about] = configs.flatMap((config) => config.triggers.get(trigger) ?? []);
  const names = configs.flatMap(({ triggers }) =>
    [...triggers.values()].filter((each) => each.kind === kind).map(({ name }) => name),
  );
  return {
    kind: 'other kind',
    what: `the trigger is evaluated for ${about?.kind ?? 'Application'}s, and this is an ${kind ?? 'Application'}`,
    fix: `Move the annotation to the ${about?.kind ?? 'Application'}, or name a trigger about ${kind ?? 'Application'}s: ${names.sort().slice(0, 20).join(', ') || 'there is none'}.`,
  };
}

function triggerTrouble(trigger: string, configs: readonly Config[]): SubscriptionFacts['trouble'] {
  const error = configs
    .flatMap(({ problems }) => problems)
    .find(({ key, severity }) => severity === 'error' && key === `trigger.${trigger}`);
  if (error) {
    const line = error.line === undefined ? '' : `, line ${error.line}`;
    return {
      kind: 'broken trigger',
      what: `trigger.${trigger}${line}, cannot be used: ${error.what}`,
      fix: error.fix,
    };
  }
  const names = configs.flatMap((config) => [...config.triggers.keys()]).sort();
  return {
    kind: 'unknown trigger',
    what: `trigger ${JSON.stringify(trigger)} is not configured`,
    fix: `Add the key trigger.${trigger} to the ConfigMap, or name one that is there: ${names.slice(0, 20).join(', ') || 'none'}.${suggestion(trigger, names)}`,
  };
}

/** `service.slack.team-a` is the key of `team-a`. */
function isKeyOf(key: string, service: string): boolean {
  return /^(herald\.)?service\./.test(key) && key.split('.').at(-1) === service;
}
