import type { ExplainedPart } from '../../triggers/explain.ts';
import { oneLine, timeText } from '../table.ts';
import type { ConditionFacts, ExplainFacts, Standing, SubscriptionFacts } from './facts.ts';

/**
 * Every reason for which nothing is sent, the one that counts first: what keeps Herald from deciding at all, then what has
 * come farthest on its way to a person, then mistakes, then what is as it should be.
 */
const kinds = [
  'no such application',
  'namespace not watched',
  'label selector',
  'not configured',
  'watch forbidden',
  'store away',
  'not leading',
  'bad token',
  'wrong recipient',
  'parked',
  'retried',
  'paced',
  'being sent',
  'silenced',
  'muted',
  'inhibited',
  'grouped',
  'pending',
  'typo',
  'unknown trigger',
  'broken trigger',
  'unknown service',
  'other controller',
  'condition failed',
  'not refreshed',
  'undecided',
  'matches',
  'not known',
  'told before',
  'imported',
  'told',
  'condition false',
  'no conditions',
  'project not found',
  'unsubscribed',
] as const;
export type CauseKind = (typeof kinds)[number];

export interface Cause {
  kind: CauseKind;
  /** One sentence, without a line break. */
  sentence: string;
  /** What to do about it, where something is to be done. */
  mend?: string;
}

/** Why nothing is sent of an Application now. Pure; always has an answer. */
export function causeOf(facts: ExplainFacts): Cause {
  const all = [...ofAll(facts), ...facts.subscriptions.map((each) => causeOfSubscription(each, facts))];
  const [first] = all.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  return first ?? unsubscribed(facts);
}

/** Why nothing is sent of one subscription. */
export function causeOfSubscription(subscription: SubscriptionFacts, facts: ExplainFacts): Cause {
  const { trouble, trigger } = subscription;
  const about = `${trigger} to ${destinationText(subscription)}`;
  if (trouble) return { kind: trouble.kind, sentence: `${about}: ${trouble.what}.`, mend: trouble.fix };
  const causes = subscription.conditions.map((condition) => ofCondition(about, condition, facts));
  const [first] = causes.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
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
  const name = `${application.namespace}/${application.name}`;
  if (facts.missing) {
    const { meant } = facts.missing;
    yield {
      kind: 'no such application',
      sentence: `There is no Application ${name}${meant === undefined ? '' : `, did you mean ${meant}?`}${meant === undefined ? '.' : ''}`,
      mend: 'Name it as in NAMESPACE/NAME; --namespace is where Argo CD is.',
    };
  }
  if (!watch.isWatched)
    yield {
      kind: 'namespace not watched',
      sentence: `Applications in the namespace ${application.namespace} are not watched: only ${watch.namespaces.join(', ')}.`,
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
      mend: `Correct spec.project of the Application, or create the AppProject in the namespace of Argo CD.`,
    };
}

function unsubscribed({ application, configMaps, project }: ExplainFacts): Cause {
  const places = [
    `an annotation of ${application.namespace}/${application.name}`,
    ...(project === 'found' ? [`its AppProject ${application.project}`] : []),
    `subscriptions of ${configMaps.join(' or ') || 'a ConfigMap'}`,
  ];
  return {
    kind: 'unsubscribed',
    sentence: `Nobody is subscribed: neither by ${places.join(', nor by ')}.`,
    mend: 'Annotate the Application: notifications.argoproj.io/subscribe.TRIGGER.SERVICE: RECIPIENT.',
  };
}

function ofCondition(about: string, facts: ConditionFacts, all: ExplainFacts): Cause {
  return ofStanding(about, facts) ?? ofResult(about, facts, all);
}

/** Of what is under way or held back; undefined: what the condition says now counts. */
function ofStanding(about: string, { standing, result }: ConditionFacts): Cause | undefined {
  switch (standing.kind) {
    case 'parked':
      return parked(about, standing);
    case 'sending':
      return sending(about, standing);
    case 'held':
      return held(about, standing);
    case 'grouped':
      return {
        kind: 'grouped',
        sentence: `${about}: it waits for others of its group (${standing.rule}), and is told by ${timeText(standing.at)}.`,
      };
    case 'pending':
      return result.status === 'unmatched'
        ? undefined
        : {
            kind: 'pending',
            sentence: `${about}: it matches since ${timeText(standing.since)} and fires at ${timeText(standing.firesAt)}, when it has lasted for as long as for says.`,
          };
    case 'none':
    case 'told':
    case 'told before':
    case 'imported':
      return undefined;
  }
}

function parked(
  about: string,
  { id, scope, reason, error, status, at }: Extract<Standing, { kind: 'parked' }>,
): Cause {
  const text = oneLine(error, 300).replace(/[.]$/, '');
  const again = `then it is sent again by itself for a day, or by herald deliveries retry ${id.slice(0, 12)}`;
  if (status === 'expired')
    return {
      kind: 'parked',
      sentence: `${about}: it was given up at ${timeText(at)} after a day of attempts (${reason}): ${text}.`,
      mend: `herald deliveries retry ${id.slice(0, 12)}`,
    };
  if (scope === 'service')
    return {
      kind: 'bad token',
      sentence: `${about}: the service does not accept Herald (${reason}): ${text}.`,
      mend: `Mend the service's key of the ConfigMap or the Secret; ${again}.`,
    };
  if (scope === 'recipient')
    return {
      kind: 'wrong recipient',
      sentence: `${about}: the recipient cannot be reached (${reason}): ${text}.`,
      mend: `Mend the recipient in the subscription, or at the service; then herald deliveries retry ${id.slice(0, 12)}.`,
    };
  return {
    kind: 'parked',
    sentence: `${about}: the message was refused at ${timeText(at)} (${reason}): ${text}.`,
    mend: `Mend the template; ${again}.`,
  };
}

function sending(about: string, { since, job }: Extract<Standing, { kind: 'sending' }>): Cause {
  if (job && job.failures > 0)
    return {
      kind: 'retried',
      sentence: `${about}: it is tried since ${timeText(since)}, ${times(job.failures)} in vain, and again at ${timeText(job.dueAt)}.`,
      mend: 'The log has the error of each attempt: "Not sent, will retry".',
    };
  if (job?.waited)
    return {
      kind: 'paced',
      sentence: `${about}: it waits for its turn since ${timeText(since)}, as others go to the same recipient first, and is looked at again at ${timeText(job.dueAt)}.`,
    };
  return {
    kind: 'being sent',
    sentence: `${about}: it is in the queue since ${timeText(since)}, ${job ? 'about to be sent' : 'behind others of the same Application and destination'}.`,
  };
}

const holders = { silence: 'silenced', mute: 'muted', inhibit: 'inhibited' } as const;

function held(about: string, { by: { by, id } }: Extract<Standing, { kind: 'held' }>): Cause {
  const kind = holders[by];
  const what = by === 'silence' && !id.includes(' ') ? `silence ${id}` : id;
  const mend = {
    silenced:
      'herald silence list shows silences, and herald silence expire ends one; those of the ConfigMap and of annotations stand there.',
    muted: 'Change muteTimes in the ConfigMap, or wait.',
    inhibited: 'It is told when no alert that matches the source of that rule fires any more.',
  }[kind];
  return { kind, sentence: `${about}: it is ${kind} by ${oneLine(what, 200)}.`, mend };
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
      : `${about}: it matches, and Herald has not seen or decided this state of the Application yet.`,
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

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

export function destinationText({
  destination: { service, recipient },
}: Pick<SubscriptionFacts, 'destination'>): string {
  return `${service}:${recipient}`;
}

/** Which part of a condition is in the way, with its values. */
function falseText(whole: ExplainedPart | undefined, when: string): string {
  if (!whole) return `${when === '' ? 'it has no when' : when} is false`;
  const found = decisive(whole);
  const shown = found.slice(0, 3).map(partText);
  const more = found.length > shown.length ? `, and ${found.length - shown.length} more` : '';
  return `${shown.join(', and ')}${more}`;
}

/** The smallest parts for which the whole is not true: of `and` the first that is not, of `or` each. */
function decisive(part: ExplainedPart): ExplainedPart[] {
  if (part.logic === 'and') {
    const first = part.parts.find(({ result }) => !(result.ok && result.isTrue));
    return first ? decisive(first) : [part];
  }
  return part.logic === 'or' && part.parts.length > 0 ? part.parts.flatMap(decisive) : [part];
}

function partText({ text, result, parts }: ExplainedPart): string {
  const values = parts.map((each) => `${oneLine(each.text, 80)} is ${valueText(each)}`);
  const value = result.ok ? result.printed : `no answer (${oneLine(result.error, 100)})`;
  const of = values.length === 0 ? '' : ` (${values.slice(0, 3).join(', ')})`;
  return `${oneLine(text, 150)} is ${oneLine(value, 100)}${of}`;
}

function valueText({ result }: ExplainedPart): string {
  if (!result.ok) return `no answer: ${oneLine(result.error, 100)}`;
  return result.printed === '' ? 'empty' : oneLine(result.printed, 100);
}
