import type { Alert, HeldBy } from '../../ledger/rows.ts';
import type { Destination, OtherKind, Problem, RejectionScope } from '../../model.ts';
import type { EvaluatedCondition } from '../evaluated.ts';

/**
 * What is known of an Application, or of an ApplicationSet. Times in Unix milliseconds; lists that could not be read are
 * empty.
 */
export interface ExplainFacts {
  /** `kind` is absent for an Application. */
  application: { kind?: OtherKind; namespace: string; name: string; project: string };
  /** It is there, and may be read. */
  isRead: boolean;
  /** There is none of that name; `meant`: what it may be called. */
  missing?: { meant: string | undefined };
  watch: WatchFacts;
  project: 'found' | 'missing' | 'unknown';
  store: StoreFacts;
  /** Other controllers that send notifications of the same Applications, for people. */
  controllers: readonly string[];
  /** Who wrote argocd-notifications' record on the Application last, where it was not Herald and within the last hour. */
  written?: { by: string; at: number };
  /** ConfigMaps that act for the Application, for people; none: nothing is configured. */
  configMaps: readonly string[];
  /** Where a ConfigMap is looked for, for people. */
  lookedFor: string;
  subscriptions: readonly SubscriptionFacts[];
  /** Annotations that are meant to subscribe and do not. */
  typos: readonly Problem[];
  /** Of annotations, and of the ConfigMaps' keys that the subscriptions need. */
  problems: readonly Problem[];
  /** Active ones that concern the Application. */
  silences: readonly { id: string; until: number; comment: string }[];
  deliveries: readonly DeliveryView[];
}

/** A delivery that is under way or was given up. */
export interface DeliveryView {
  id: string;
  status: 'pending' | 'rejected' | 'expired';
  trigger: string;
  destination: Destination;
  at: number;
  /** Why it was given up, or when it is tried next. */
  note: string;
}

export interface WatchFacts {
  isWatched: boolean;
  /** Namespaces that are watched, as flags have them. */
  namespaces: readonly string[];
  /** '' for none. */
  selector: string;
  isSelected: boolean;
  /** Rights that are missing, such as `watch applications.argoproj.io in the namespace argocd`. */
  forbidden: readonly string[];
  /** What the running bridge says of its watches where something is wrong. */
  trouble?: string;
}

export type StoreFacts =
  | { state: 'open'; leader: { host: string; term: number } | undefined; decided: Decided }
  | { state: 'away'; error: string }
  /** Nothing is known of it. */
  | { state: 'unknown'; why: string };

/** Whether what the cluster shows of the Application is decided: `no`: it is newer, or was never seen. */
export type Decided = 'yes' | 'no';

/** Where a subscription comes from. */
export interface Origin {
  kind: 'annotation' | 'project' | 'global';
  /** Of the annotation, or `subscriptions, entry 2`. */
  name: string;
  /** It names no trigger, and the default triggers apply. */
  isDefault: boolean;
}

export interface SubscriptionFacts {
  configNamespace: string;
  trigger: string;
  destination: Destination;
  from: readonly Origin[];
  /** Why nothing can come of it: names that nothing has, keys that cannot be read. */
  trouble?: {
    kind: 'unknown trigger' | 'broken trigger' | 'unknown service' | 'other kind';
    what: string;
    fix: string;
  };
  conditions: readonly ConditionFacts[];
}

export interface ConditionFacts extends EvaluatedCondition {
  /** The operation is over, and Argo CD has not compared the Application since: its status is of before. */
  isStale: boolean;
  standing: Standing;
  alert?: Alert;
  /** What was said last, as far as it is known. */
  told?: { at: number; reason?: string };
}

/** How far the message of a condition to a destination has come. */
export type Standing =
  /** Nothing is under way, and nothing was told of what holds now. */
  | { kind: 'none' }
  | {
      kind: 'parked';
      id: string;
      at: number;
      status: 'rejected' | 'expired';
      reason: string;
      error: string;
      scope?: RejectionScope;
    }
  | { kind: 'sending'; id: string; since: number; job?: { failures: number; dueAt: number; waited: boolean } }
  /** `until`: as far as the rules say; `predicted`: by the rules, as the store is not known. */
  | { kind: 'held'; by: HeldBy; predicted?: true }
  | { kind: 'pending'; since: number; firesAt: number; predicted?: true }
  | { kind: 'grouped'; rule: string; at: number; predicted?: true }
  /** Of a oncePer value that was told before. */
  | { kind: 'told before'; oncePer: string }
  /** By another program, as its annotation says. */
  | { kind: 'imported'; at: number; oncePer: string }
  | { kind: 'told'; at: number; oncePer: string; repeatsAt?: number };
