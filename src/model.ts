/**
 * The types that pass between the steps of the pipeline:
 * watch → subscribe → evaluate → claim → queue → render → send → settle.
 * One word per concept; ARCHITECTURE.md has the vocabulary.
 */

/** A value as `JSON.parse` yields it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** What triggers are about besides Applications, the kind that is not named. */
export type OtherKind = 'ApplicationSet';

/**
 * An Argo CD Application as Herald keeps it: identity, what subscriptions need, and the projected object. ApplicationSets
 * go through the same steps.
 */
export interface Application {
  /** Absent: an Application. */
  kind?: OtherKind;
  uid: string;
  namespace: string;
  name: string;
  project: string;
  resourceVersion: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** The field manager that wrote argocd-notifications' annotation last; absent: not known. */
  notifiedBy?: string;
  /**
   * The object that conditions and templates see as `app` (`applicationset`), without managedFields and last-applied. It
   * has its `kind`.
   */
  object: JsonObject;
}

/** Labels of every alert, which rules match and group by; labels of a condition cannot have these names. */
export const reservedLabels = [
  'trigger',
  'severity',
  'service',
  'recipient',
  'namespace',
  'name',
  'project',
  'destination',
  'destinationServer',
  'destinationName',
  'destinationNamespace',
  'repository',
] as const;
export type ReservedLabel = (typeof reservedLabels)[number];

/** What Alertmanager and its rules call otherwise. */
export const foreignLabels: Readonly<Record<string, string>> = {
  alertname: 'trigger',
  receiver: 'recipient',
};

/** A service as configured (`slack`, `slack.team-a` is named `team-a`) and an address inside it. */
export interface Destination {
  service: string;
  recipient: string;
}

export interface Subscription {
  trigger: string;
  destination: Destination;
}

/** What one condition says of one Application. `failed` is no answer: it neither sends nor re-arms. */
export type ConditionResult =
  /**
   * `plainOncePer`: what argocd-notifications has as the value, where Herald takes the revisions of an Application with
   * several sources.
   */
  | { status: 'matched'; oncePer: OncePer; plainOncePer?: OncePer }
  | { status: 'unmatched' }
  | { status: 'failed'; error: string };

/**
 * The value that splits the matches of a condition into alerts.
 * `none`: no oncePer, or one that printed empty, or failed with that error (as argocd-notifications: no key prefix).
 * `nil`: the expression answered nil, printed `<nil>`.
 */
export type OncePer = { kind: 'none'; error?: string } | { kind: 'nil' } | { kind: 'value'; printed: string };

/** Why a delivery exists: a condition without a lifecycle has matched, or what an ongoing notice has to say. */
export type DeliveryReason = 'matched' | NoticeReason;

/** Why an ongoing notice says something now. */
export type NoticeReason =
  | 'first'
  | 'new in group'
  | 'some resolved'
  | 'all resolved'
  | 'repeated'
  | 'severity raised'
  | 'severity lowered'
  | 'acknowledged'
  | 'silence ended'
  | 'mute ended'
  | 'inhibition ended';

/** A durable intent to tell one destination of one or more alerts, without what their Applications looked like. */
export interface DeliveryFacts {
  /** Lower-case hex, unique per notice and occurrence: also the queue's job id. */
  id: string;
  /** What keeps its order: deliveries of one lane are sent one after the other. */
  lane: string;
  /** Key of the notice that it makes. */
  notice: string;
  reason: DeliveryReason;
  /** What an ongoing notice says; absent: it is told once and has no end. */
  ongoing?: OngoingMessage;
  /** Of a group the first of those that it tells of, at most {@link mostAlertsShown}. */
  alerts: readonly [DeliveryAlert, ...DeliveryAlert[]];
  destination: Destination;
  /** Names of the templates to merge, in order. */
  templates: string[];
  /** Namespace of the ConfigMap that asked for it: the controller's, or a tenant's under self-service. */
  configNamespace: string;
  /** When the watch event was received, Unix milliseconds. */
  observedAt: number;
}

/** So many alerts of a group stand in a delivery with what is known of them. */
export const mostAlertsShown = 100;

/** What is said of an ongoing notice in one message. */
export interface OngoingMessage {
  /** Delivery id of its first message since nothing of it fired: what services thread, deduplicate and resolve by. */
  root: string;
  /** `resolved`: nothing of it fires any more. */
  state: 'firing' | 'resolved';
  /** Nobody needs to be pinged: the message before is edited where the service can. */
  isSilent: boolean;
  /** Labels of the group; absent: it is of one alert. */
  groupLabels?: Readonly<Record<string, string>>;
  /** How many alerts the message tells of, also of those that are not shown. */
  firing: number;
  resolved: number;
  /** When there came to be a message, Unix milliseconds; absent: when its event was observed. */
  decidedAt?: number;
}

/** An alert that a delivery tells of. */
export interface DeliveryAlert {
  key: string;
  trigger: string;
  /** Identity of the condition inside its trigger, see `Condition.id`. */
  condition: string;
  /** The printed oncePer value, '' for none. */
  oncePer: string;
  application: { uid: string; namespace: string; name: string; project: string };
  /** Absent: it has none. */
  lifecycle?: DeliveredLifecycle;
  /** What the Application was like when it was last well before; absent: nobody has seen that. */
  lastWell?: WellState;
}

/** An Application that was synced and healthy, with nothing under way. Times in Unix milliseconds. */
export type WellState = {
  /** That were synced, by source. */
  revisions: string[];
  images: string[];
  /** Who started the operation that brought it about, '' for what is not known. */
  initiator: string;
  /** When that was seen first. */
  since: number;
  /** When it was seen to be otherwise; absent: it still is as it was. */
  until?: number;
};

/** The life of an alert as a message tells it. Times in Unix milliseconds. */
export interface DeliveredLifecycle {
  state: 'firing' | 'resolved';
  severity: string;
  labels: Readonly<Record<string, string>>;
  since: number;
  firedAt: number;
  endedAt?: number;
  /** Why it ended, see `AlertEnd`. */
  why?: string;
  /** When it began to match again while it fired. */
  changes: readonly number[];
  acknowledged?: { at: number; by: string; comment: string };
  /** What held it back until this message, for people: a silence, a mute time, a rule of inhibition. */
  silencedBy?: readonly string[];
}

/** A delivery as it is rendered and sent. It holds no secret. */
export interface Delivery extends DeliveryFacts {
  /** The Application objects at the time of the match, one for each alert; summaries of them where there are many. */
  snapshots: readonly [JsonObject, ...JsonObject[]];
}

/** A rendered message: the plain text, and a section per service type that a template describes. */
export interface Notification {
  message: string;
  /** Rendered section of the destination's service type (`slack:`, `webhook:` …); strings are final text. */
  section?: JsonObject;
  /**
   * Why an ongoing notice says something again, a line that `message` begins with: for services whose layout hides the
   * message. Absent: the first of it, or one that says so itself.
   */
  lead?: string;
  /** The same with what it is about, for services that bring the message before up to date and say only what is new. */
  brief?: string;
  /** It is of a group: the message before is to be brought up to date, unless the template says otherwise. */
  replaces?: true;
}

/** What became of one attempt to send. Only a service makes one; only the worker acts on it. */
export type Outcome =
  /**
   * `degraded`: sent, but not as it was rendered (as plain text, without its name and icon), and why, as a label;
   * `error` is then the sentence for people, absent where it has been told already.
   * `earlier`: what became of the attempt before it whose fate was unknown: it has arrived and counts as this one,
   * it has not, or the service could not look, so that the message may now be there twice. Absent where there was no
   * such attempt, and where sending again changes nothing, as an edit.
   */
  | { status: 'sent'; degraded?: string; error?: string; earlier?: 'found' | 'absent' | 'unreadable' }
  /**
   * `unclear`: it, or an earlier attempt whose fate is still unknown, may have arrived. Absent where nothing can have.
   */
  | {
      status: 'retry';
      reason: string;
      error: string;
      /** Milliseconds. */
      retryAfter?: number;
      /** `retryAfter` holds for this delivery. Absent: for all to the recipient. */
      pauses?: 'delivery';
      unclear?: true;
    }
  | { status: 'rejected'; reason: string; error: string; scope: RejectionScope };

/** What is wrong: this message, this recipient, or the whole service (its token). */
export type RejectionScope = 'notification' | 'recipient' | 'service';

/** Something wrong in a ConfigMap, a Secret or an annotation. It disables only what it names. */
export interface Problem {
  /** ConfigMap key such as `trigger.on-deployed`, or `annotation <name>`. */
  key: string;
  severity: 'error' | 'warning';
  /** 1-based, inside the value of the key; absent where the key as a whole is meant. */
  line?: number;
  column?: number;
  what: string;
  fix: string;
}
