import type { Application, Problem, Subscription } from '../model.ts';
import { type AnnotationForm, type AnnotationSubscription, ownAnnotations } from './annotations.ts';
import type { SubscriptionConfig } from './schema.ts';

export interface ResolvedSubscriptions {
  /**
   * Without duplicates: the ConfigMap's first, then those of the Application, then those of its project. At most
   * {@link mostSubscriptions}.
   */
  subscriptions: Subscription[];
  /** Of annotations; each disables only what it names. */
  problems: Problem[];
  /** The trigger of the first subscription that is left out, where there are too many. */
  leftOut?: string;
}

/** Subscriptions of one Application under one configuration: each a trigger and a destination. */
export const mostSubscriptions = 1_000;
/** Pairs of a trigger and a destination that are looked at, the same ones included. */
export const mostAsked = 20_000;

/**
 * Who is to be told of what for one Application, under one configuration. Pure; microseconds, so it may be called for
 * each watch event. Under self-service it is called for the tenant's configuration and for the controller's: the same
 * annotations apply to both. Conformance: `subscriptions.json`.
 */
export function resolveSubscriptions(
  application: Pick<Application, 'annotations' | 'labels'>,
  projectAnnotations: Readonly<Record<string, string>>,
  config: SubscriptionConfig,
): ResolvedSubscriptions {
  const seen = new Set<string>();
  const subscriptions: Subscription[] = [];
  const problems: Problem[] = [];
  let asked = 0;
  let leftOut: string | undefined;

  function add(trigger: string, service: string, recipient: string): void {
    asked += 1;
    if (asked > mostAsked) {
      leftOut ??= trigger;
      return;
    }
    const identity = `${trigger}\0${service}\0${recipient}`;
    if (seen.has(identity)) return;
    if (seen.size >= mostSubscriptions) {
      leftOut ??= trigger;
      return;
    }
    seen.add(identity);
    subscriptions.push({ trigger, destination: { service, recipient } });
  }

  for (const { selector, triggers, destinations } of config.subscriptions) {
    if (!selector.matches(application.labels)) continue;
    for (const { name } of triggers.length > 0 ? triggers : config.defaultTriggers) {
      if (asked > mostAsked) break;
      for (const { service, recipient } of destinations) add(name, service, recipient);
    }
  }
  addAnnotations(application.annotations, false);
  addAnnotations(projectAnnotations, true);
  if (leftOut === undefined) return { subscriptions, problems };
  problems.push(seen.size < mostSubscriptions ? tooManyAsked() : tooMany());
  return { subscriptions, problems, leftOut };

  function addAnnotations(annotations: Readonly<Record<string, string>>, ofProject: boolean): void {
    for (const { name, form, value, problem } of ownAnnotations(annotations)) {
      if (problem) {
        problems.push(problem);
        continue;
      }
      if (form === 'legacy' && !ofProject) {
        problems.push(legacyOnApplication(name));
        continue;
      }
      const parsed = config.annotations.parse(form, name, value);
      for (const problem of parsed.problems) problems.push(problem);
      for (const subscription of parsed.subscriptions) addSubscription(name, form, subscription);
    }
  }

  function addSubscription(name: string, form: AnnotationForm, subscription: AnnotationSubscription): void {
    const { service, recipients } = subscription;
    const triggers = triggersOf(form, subscription);
    if (triggers.length === 0 && subscription.triggers.length === 0) problems.push(noTrigger(name, service));
    for (const trigger of triggers) {
      if (asked > mostAsked) break;
      for (const recipient of recipients) add(trigger, service, recipient);
    }
  }

  function triggersOf(
    form: AnnotationForm,
    { triggers, service }: AnnotationSubscription,
  ): readonly string[] {
    const ofService = defaultTriggersOf(config, service);
    // argocd-notifications lets them win even over a named trigger in the legacy form.
    if (form === 'legacy' && ofService) return ofService;
    if (triggers.length > 0) return triggers;
    return ofService ?? config.defaultTriggers.map(({ name }) => name);
  }
}

/** Those of `defaultTriggers.<service>`. */
export function defaultTriggersOf(
  config: Pick<SubscriptionConfig, 'defaultTriggersByService'>,
  service: string,
): string[] | undefined {
  return config.defaultTriggersByService.get(service)?.map(({ name }) => name);
}

export function noTrigger(name: string, service: string): Problem {
  return {
    key: `annotation ${name}`,
    severity: 'warning',
    what: `no trigger is named and ${service} has no default triggers, so nothing is subscribed`,
    fix: `Name a trigger, or add the key defaultTriggers or defaultTriggers.${service} to the ConfigMap.`,
  };
}

function tooManyAsked(): Problem {
  return {
    ...tooMany(),
    what: `the subscriptions repeat each other: more than ${mostAsked} pairs of a trigger and a destination, and those beyond are left out`,
  };
}

function tooMany(): Problem {
  return {
    key: 'annotations',
    severity: 'error',
    what: `there are more than ${mostSubscriptions} subscriptions (a trigger and a destination each), and those beyond are left out`,
    fix: 'Subscribe a channel in place of its members, and name the triggers that are wanted.',
  };
}

function legacyOnApplication(name: string): Problem {
  return {
    key: `annotation ${name}`,
    severity: 'warning',
    what: 'this old form is read on AppProjects only, as in argocd-notifications',
    fix: 'Write notifications.argoproj.io/subscribe.<trigger>.<service>: <recipients>.',
  };
}
