import { oneLine, timeText } from '../table.ts';
import { type Cause, causeKinds } from './cause.ts';
import type { ConditionFacts, ExplainFacts, SubscriptionFacts } from './facts.ts';
import { falseText } from './false-text.ts';
import { causeOfStanding } from './standing-causes.ts';

/** Why nothing is sent of an Application now. Pure; always has an answer. */
export function causeOf(facts: ExplainFacts): Cause {
  const all = [...ofAll(facts), ...facts.subscriptions.map((each) => causeOfSubscription(each, facts))];
  const [first] = all.toSorted((a, b) => causeKinds.indexOf(a.kind) - causeKinds.indexOf(b.kind));
  return first ?? unsubscribed(facts);
}

/** Why nothing is sent of one subscription. */
export function causeOfSubscription(subscription: SubscriptionFacts, facts: ExplainFacts): Cause {
  const { trouble, trigger } = subscription;
  const about = `${trigger} to ${destinationText(subscription)}`;
  if (trouble) return { kind: trouble.kind, sentence: `${about}: ${trouble.what}.`, mend: trouble.fix };
  const causes = subscription.conditions.map((condition) => ofCondition(about, condition, facts));
  const [first] = causes.toSorted((a, b) => causeKinds.indexOf(a.kind) - causeKinds.indexOf(b.kind));
  return (
    first ?? {
      kind: 'no conditions',
      sentence: `${about}: the trigger has no conditions, so it never matches.`,
      mend: `Add a list of conditions to trigger.${trigger}.`,
    }
  );
}

function* ofAll(facts: ExplainFacts): Generator<Cause> {
  const { application, watch, store, typos } = facts;
  const { kind = 'Application' } = application;
  const name = `${application.namespace}/${application.name}`;
  if (facts.missing) {
    const { meant } = facts.missing;
    yield {
      kind: 'no such application',
      sentence: `There is no ${kind} ${name}${meant === undefined ? '' : `, did you mean ${meant}?`}${meant === undefined ? '.' : ''}`,
      mend: `Name it as in ${kind === 'ApplicationSet' ? 'applicationset/' : ''}NAMESPACE/NAME; --namespace is where Argo CD is.`,
    };
  }
  if (!watch.isWatched)
    yield {
      kind: 'namespace not watched',
      sentence: `${kind}s in the namespace ${application.namespace} are not watched: only ${watch.namespaces.join(', ')}.`,
      mend: `Add ${application.namespace} to application.namespaces in argocd-cmd-params-cm (--application-namespaces), and the rights to it.`,
    };
  if (!watch.isSelected)
    yield {
      kind: 'label selector',
      sentence: `The labels of ${name} do not match --app-label-selector ${watch.selector}, so it is not watched.`,
      mend: 'Add the labels to the Application, or change the selector.',
    };
  if (facts.configMaps.length === 0)
    yield {
      kind: 'not configured',
      sentence: `There is no ${facts.lookedFor}, so nothing is configured.`,
      mend: 'Apply one; --config-map-name names another.',
    };
  const [right] = watch.forbidden;
  if (right !== undefined || watch.trouble !== undefined)
    yield {
      kind: 'watch forbidden',
      sentence:
        right === undefined
          ? `Herald does not see Applications: ${watch.trouble}.`
          : `Herald may not ${right}, so it does not see what happens to ${name}.`,
      mend: 'Bind the Role of config/base, or the component applications-in-any-namespace for other namespaces; herald doctor lists what is missing.',
    };
  if (store.state === 'away')
    yield {
      kind: 'store away',
      sentence: `The store does not answer, and nothing is sent until it does: ${oneLine(store.error, 300)}`,
      mend: 'Bring it back; Herald goes on by itself, and decides what came meanwhile.',
    };
  if (store.state === 'open' && store.leader === undefined)
    yield {
      kind: 'not leading',
      sentence: 'No Herald leads on this store, so nobody watches Applications and decides what is sent.',
      mend: 'Start one, or see why it does not run: kubectl -n argocd get pods -l app.kubernetes.io/name=herald.',
    };
  for (const { key, what, fix } of typos) yield { kind: 'typo', sentence: `${key}: ${what}.`, mend: fix };
  if (facts.subscriptions.length > 0 || facts.missing) return;
  if (facts.project === 'missing')
    yield {
      kind: 'project not found',
      sentence: `There is no AppProject ${application.project}, so that its subscriptions cannot count, and nothing else subscribes ${name}.`,
      mend: `Correct the project of the ${kind}, or create the AppProject in the namespace of Argo CD.`,
    };
}

function unsubscribed({ application, configMaps, project }: ExplainFacts): Cause {
  const { kind = 'Application' } = application;
  const places = [
    `an annotation of ${application.namespace}/${application.name}`,
    ...(project === 'found' ? [`its AppProject ${application.project}`] : []),
    `subscriptions of ${configMaps.join(' or ') || 'a ConfigMap'}`,
  ];
  return {
    kind: 'unsubscribed',
    sentence: `Nobody is subscribed: neither by ${places.join(', nor by ')}.`,
    mend: `Annotate the ${kind}: notifications.argoproj.io/subscribe.TRIGGER.SERVICE: RECIPIENT.`,
  };
}

function ofCondition(about: string, facts: ConditionFacts, all: ExplainFacts): Cause {
  return causeOfStanding(about, facts) ?? ofResult(about, facts, all);
}

function ofResult(about: string, facts: ConditionFacts, all: ExplainFacts): Cause {
  const { result, unknown, explained, condition, standing } = facts;
  const when = oneLine(condition.when, 150);
  if (unknown !== undefined)
    return { kind: 'not known', sentence: `${about}: whether it matches is not known here: ${unknown}.` };
  if (result.status === 'failed')
    return {
      kind: 'condition failed',
      sentence: `${about}: its condition fails, which is no answer: ${oneLine(result.error, 300)} (in ${when}).`,
      mend: 'Correct the condition; herald trigger run shows the value of each part.',
    };
  if (result.status === 'unmatched')
    return {
      kind: 'condition false',
      sentence: `${about}: its condition does not match: ${falseText(explained, when)}.`,
    };
  if (facts.isStale)
    return {
      kind: 'not refreshed',
      sentence: `${about}: it matches, but Argo CD has not compared the Application since its last operation, and its status is of before.`,
      mend: 'It is decided with the next comparison, which argocd app get --refresh asks for.',
    };
  switch (standing.kind) {
    case 'told before':
      return toldBefore(about, standing.oncePer);
    case 'told':
      if (standing.oncePer !== '' && standing.repeatsAt === undefined)
        return toldBefore(about, standing.oncePer);
      return {
        kind: 'told',
        sentence: `${about}: it was told at ${timeText(standing.at)}, and ${next(standing.repeatsAt)}.`,
      };
    case 'imported':
      return (
        otherController(about, all) ?? {
          kind: 'imported',
          sentence: `${about}: argocd-notifications told it at ${timeText(standing.at)}, as its annotation on the Application says.`,
        }
      );
    default:
      return otherController(about, all) ?? undecided(about, all);
  }
}

function otherController(about: string, { controllers, written }: ExplainFacts): Cause | undefined {
  const [controller] = controllers;
  if (controller === undefined && !written) return undefined;
  const who =
    controller ?? `${written?.by} (it wrote its record on the Application at ${timeText(written?.at ?? 0)})`;
  return {
    kind: 'other controller',
    sentence: `${about}: it matches, and the controller of argocd-notifications still runs and tells it: ${who}.`,
    mend: 'Scale it down: kubectl -n argocd scale deployment argocd-notifications-controller --replicas=0. What it has told Herald does not tell again.',
  };
}

function undecided(about: string, { store }: ExplainFacts): Cause {
  if (store.state === 'unknown')
    return {
      kind: 'matches',
      sentence: `${about}: it matches; what was told of it is in the store, which is not known here (${oneLine(store.why, 200)}).`,
      mend: 'Run it where the store is: kubectl -n argocd exec deploy/herald -- herald explain APP.',
    };
  const isDecided = store.state === 'open' && store.decided === 'yes';
  return {
    kind: 'undecided',
    sentence: isDecided
      ? `${about}: it matches and is about to be told.`
      : `${about}: it matches, and Herald has not seen or decided this state of it yet.`,
    mend: 'Ask again in some seconds; if that stays so, see herald doctor and the log.',
  };
}

function toldBefore(about: string, oncePer: string): Cause {
  return {
    kind: 'told before',
    sentence: `${about}: it was told of oncePer ${JSON.stringify(oneLine(oncePer, 100))} before, and is told of each value once.`,
  };
}

function next(repeatsAt: number | undefined): string {
  return repeatsAt === undefined
    ? 'is told again when it has stopped to match and matches again'
    : `is told again at ${timeText(repeatsAt)} if it still fires`;
}

export function destinationText({
  destination: { service, recipient },
}: Pick<SubscriptionFacts, 'destination'>): string {
  return `${service}:${recipient}`;
}
