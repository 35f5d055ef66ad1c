import { suggestion } from '../go/did-you-mean.ts';
import type { Position } from '../go/yaml-position.ts';
import type { OtherKind, Problem } from '../model.ts';
import {
  type AnnotationForm,
  type AnnotationSubscription,
  annotationForm,
  ownAnnotations,
} from './annotations.ts';
import { misspeltAnnotation } from './misspelt.ts';
import { type RecipientService, recipientProblem } from './recipients.ts';
import { defaultTriggersOf, noTrigger, resolveSubscriptions } from './resolve.ts';
import type { SubscriptionConfig } from './schema.ts';

/** An Application, ApplicationSet or AppProject, as far as it can ask for notifications. */
export interface AnnotatedObject {
  kind: 'Application' | 'AppProject' | OtherKind;
  annotations: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
}

/** One configuration that acts for the object, with the names that a subscription may use. */
export interface SubscribableConfig {
  /** Of its ConfigMap. */
  namespace: string;
  config: SubscriptionConfig & {
    readonly triggers: ReadonlyMap<string, { kind?: OtherKind }>;
    readonly services: ReadonlyMap<string, RecipientService>;
  };
}

/** Problems of one object that are told one by one. */
const mostProblems = 20;

/**
 * Everything that is wrong in the subscriptions of one object, given the configurations that act for it: its own
 * namespace's first, then the controller's, as `Configurations.of` answers them. What one of them can serve is no
 * problem, though another cannot. Pure; at most twenty problems and one that counts the rest. `key` is
 * `annotation <name>`, or `label <name>`; line and column are those in the annotation's value.
 *
 * Without any configuration nothing is notified, which is not the object's fault: no problems.
 */
export function subscriptionProblems(
  object: AnnotatedObject,
  configs: readonly SubscribableConfig[],
): Problem[] {
  if (configs.length === 0) return [];
  const found = new Map<string, Problem>();
  for (const problem of ofText(object, configs)) found.set(identity(problem), problem);
  for (const problem of ofNames(object, configs, (beside) => found.delete(identity(beside)))) {
    found.set(identity(problem), problem);
  }
  const problems = [...found.values()];
  if (problems.length <= mostProblems) return problems;
  const more = problems.length - mostProblems;
  return [
    ...problems.slice(0, mostProblems),
    {
      key: 'annotations',
      severity: 'warning',
      what: `there are ${more} more problems in the subscriptions`,
      fix: 'Mend those that are named first.',
    },
  ];
}

/** What the texts themselves are wrong in; of what depends on default triggers, what no configuration can serve. */
function ofText(
  { kind, annotations, labels }: AnnotatedObject,
  configs: readonly SubscribableConfig[],
): Problem[] {
  const ofProject = kind === 'AppProject';
  const answers = configs.map(({ config }) =>
    ofProject
      ? resolveSubscriptions({ annotations: {}, labels: {} }, annotations, config).problems
      : resolveSubscriptions({ annotations, labels }, {}, config).problems,
  );
  const [first, ...others] = answers.map(
    (problems) => new Map(problems.map((problem) => [identity(problem), problem])),
  );
  return [...(first ?? [])]
    .filter(([key]) => others.every((other) => other.has(key)))
    .map(([, problem]) => problem);
}

/** Names that nothing is known by: of annotations, triggers, services and recipients. `drop`: what is then idle to say. */
function* ofNames(
  { kind, annotations, labels }: AnnotatedObject,
  configs: readonly SubscribableConfig[],
  drop: (problem: Problem) => void,
): Generator<Problem> {
  for (const name of Object.keys(annotations)) {
    if (annotationForm(name) !== undefined) continue;
    const meant = misspeltAnnotation(name) ?? withoutDomain(name, configs);
    if (meant !== undefined) yield misspelt(name, meant);
  }
  for (const { name, form, value, problem } of ownAnnotations(annotations)) {
    if (problem || (form === 'legacy' && kind !== 'AppProject')) continue;
    const [{ config }] = configs as [SubscribableConfig];
    for (const subscription of config.annotations.parse(form, name, value).subscriptions) {
      const isKnown = configs.some((each) => each.config.services.has(subscription.service));
      if (!isKnown) drop(noTrigger(name, subscription.service));
      yield* ofSubscription(name, form, subscription, configs);
      if (kind !== 'AppProject') yield* ofKind(kind, name, subscription, configs);
    }
  }
  for (const name of Object.keys(labels)) {
    const form = annotationForm(name);
    if (form === 'subscribe' || form === 'yaml') {
      yield {
        key: `label ${name}`,
        severity: 'warning',
        what: 'it is a label, and subscriptions are read from annotations only',
        fix: 'Move it to metadata.annotations.',
      };
    }
  }
}

function* ofSubscription(
  name: string,
  form: AnnotationForm,
  subscription: AnnotationSubscription,
  configs: readonly SubscribableConfig[],
): Generator<Problem> {
  const { service, triggers, recipients, at = {} } = subscription;
  const problem = (what: string, fix: string, place?: Position): Problem => ({
    key: `annotation ${name}`,
    severity: 'error',
    ...place,
    what,
    fix,
  });
  const withService = configs.filter(({ config }) => config.services.has(service));
  const isTrigger = (text: string) => configs.some(({ config }) => config.triggers.has(text));
  const isService = (text: string) => configs.some(({ config }) => config.services.has(text));

  if (withService.length === 0) {
    const [trigger] = triggers;
    if (triggers.length === 0 && isTrigger(service)) {
      yield problem(
        `it names the trigger ${service} and no service`,
        `Write it as notifications.argoproj.io/subscribe.${service}.<service>, with one of ${some(serviceNames(configs))}.`,
        at.service,
      );
      return;
    }
    if (trigger !== undefined && isTrigger(service) && isService(trigger)) {
      yield problem(
        `trigger and service are in the wrong order`,
        `Write it as notifications.argoproj.io/subscribe.${service}.${trigger}.`,
        at.service,
      );
      return;
    }
    const names = serviceNames(configs);
    yield problem(
      `service ${JSON.stringify(service)} is not configured`,
      `Add the key service.${service} to the ConfigMap, or use one of ${some(names)}.${suggestion(service, names)}`,
      at.service,
    );
  }

  for (const trigger of triggers) {
    if (isReplacedByDefaults(form, service, withService)) continue;
    if (!isTrigger(trigger)) {
      const names = [...new Set(configs.flatMap(({ config }) => [...config.triggers.keys()]))];
      yield problem(
        `trigger ${JSON.stringify(trigger)} is not configured`,
        `Add the key trigger.${trigger} to the ConfigMap, or use one of ${some(names)}.${suggestion(trigger, names)}`,
        at.triggers,
      );
    } else if (withService.length > 0 && !withService.some(({ config }) => config.triggers.has(trigger))) {
      const namespaces = withService.map(({ namespace }) => namespace).join(' and ');
      yield problem(
        `trigger ${JSON.stringify(trigger)} and service ${JSON.stringify(service)} are configured in different namespaces`,
        `Add trigger.${trigger} to the ConfigMap in ${namespaces}, where the service is.`,
        at.triggers,
      );
    }
  }

  if (withService.length === 0) return;
  for (const recipient of recipients) {
    const objections = withService.map(({ config }) =>
      recipientProblem(service, config.services.get(service) as RecipientService, recipient),
    );
    const [objection] = objections;
    if (objection !== undefined && objections.every((other) => other !== undefined)) {
      yield problem(objection.what, objection.fix, at.service);
    }
  }
}

/** Triggers that are there, and are evaluated for objects of another kind. */
function* ofKind(
  kind: 'Application' | OtherKind,
  name: string,
  { service, triggers, at = {} }: AnnotationSubscription,
  configs: readonly SubscribableConfig[],
): Generator<Problem> {
  const kindOf = ({ kind: other }: { kind?: OtherKind }) => other ?? 'Application';
  const isForIt = (trigger: { kind?: OtherKind }) => kindOf(trigger) === kind;
  const problem = (what: string, place?: Position): Problem => ({
    key: `annotation ${name}`,
    severity: 'warning',
    ...place,
    what,
    fix:
      kind === 'ApplicationSet'
        ? `Name one of ${some(triggersFor(isForIt, configs))}; its Applications get annotations from spec.template.metadata.annotations.`
        : 'Write the annotation on the ApplicationSet itself, in its metadata.annotations.',
  });
  for (const trigger of triggers) {
    const found = configs.flatMap(({ config }) => config.triggers.get(trigger) ?? []);
    const [first] = found;
    if (first && !found.some(isForIt))
      yield problem(
        `trigger ${JSON.stringify(trigger)} is evaluated for ${kindOf(first)}s, and this is an ${kind}: nothing is told`,
        at.triggers,
      );
  }
  if (triggers.length > 0 || kind === 'Application') return;
  const defaults = configs.flatMap(({ config }) =>
    (defaultTriggersOf(config, service) ?? config.defaultTriggers.map((each) => each.name)).flatMap(
      (each) => config.triggers.get(each) ?? [],
    ),
  );
  if (defaults.length > 0 && !defaults.some(isForIt))
    yield problem('no trigger is named, and of the default triggers none is evaluated for ApplicationSets');
}

function triggersFor(
  isMeant: (trigger: { kind?: OtherKind }) => boolean,
  configs: readonly SubscribableConfig[],
): string[] {
  const names = configs.flatMap(({ config }) =>
    [...config.triggers].filter(([, trigger]) => isMeant(trigger)).map(([name]) => name),
  );
  return [...new Set(names)];
}

/** In the legacy form the default triggers of a service are used whatever trigger is named. */
function isReplacedByDefaults(
  form: AnnotationForm,
  service: string,
  withService: readonly SubscribableConfig[],
): boolean {
  return (
    form === 'legacy' &&
    withService.length > 0 &&
    withService.every(({ config }) => defaultTriggersOf(config, service) !== undefined)
  );
}

/** `subscribe.<trigger>.<service>` with nothing before it, where both are known. */
function withoutDomain(name: string, configs: readonly SubscribableConfig[]): string | undefined {
  const found = /^subscribe\.(?:([^./]+)\.)?([^./]+)$/.exec(name);
  const service = found?.[2];
  const isKnown =
    service !== undefined &&
    configs.some(
      ({ config }) =>
        config.services.has(service) && (found?.[1] === undefined || config.triggers.has(found[1])),
    );
  return isKnown ? `notifications.argoproj.io/${name}` : undefined;
}

function misspelt(name: string, meant: string): Problem {
  return {
    key: `annotation ${name}`,
    severity: 'warning',
    what: 'the annotation looks like a subscription, but is none and is ignored',
    fix: `Did you mean ${meant}?`,
  };
}

function serviceNames(configs: readonly SubscribableConfig[]): string[] {
  return [...new Set(configs.flatMap(({ config }) => [...config.services.keys()]))];
}

function some(names: readonly string[]): string {
  if (names.length === 0) return 'those that are configured (there is none)';
  const shown = [...names].sort().slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} …` : shown;
}

function identity({ key, line, column, what }: Problem): string {
  return JSON.stringify([key, line, column, what]);
}
