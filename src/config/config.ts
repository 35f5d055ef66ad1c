/**
 * From ConfigMap and Secret to a configuration with its problems, and what `config check` finds beyond them. Pure; it
 * may import the `schema.ts` of the leaves, the schemas of services and the ground.
 */
import type { AlertRules } from '../alerts/rules.ts';
import type { Json, Problem } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import type { SubscriptionConfig } from '../subscriptions/schema.ts';
import type { Template } from '../templates/template.ts';
import type { Trigger } from '../triggers/trigger.ts';

/**
 * What the ConfigMap and the Secret of one namespace say: the controller's, or a tenant's under self-service.
 * Immutable. Everything in it can be used; what is wrong is only in `problems`.
 */
export interface Config extends SubscriptionConfig {
  readonly services: ReadonlyMap<string, ServiceConfig>;
  readonly triggers: ReadonlyMap<string, Trigger>;
  readonly templates: ReadonlyMap<string, Template>;
  readonly context: Readonly<Record<string, string>>;
  /** Ours: what holds alerts back and puts them together. */
  readonly rules: AlertRules;
  /** Ours: where repo functions ask in place of the repo-server. */
  readonly argocd: ArgocdOptions | undefined;
  /** By key, then by line. They hold no value of a Secret. */
  readonly problems: readonly Problem[];
  /** Keys of the Secret, and `secret:key` of others, that the ConfigMap refers to. */
  readonly secretKeys: readonly string[];
  /** What each key was made from, for the next `parseConfig`; of no use to anyone else. */
  readonly sources: ReadonlyMap<string, Source<unknown>>;
}

/** `service.<type>` or `service.<type>.<name>`. Equal settings keep the identity of the object. */
export interface ServiceConfig {
  /** `service.slack.team-a`, `herald.service.console`, or `notifiers.yaml` of the Secret. */
  readonly key: string;
  readonly type: string;
  /** Name for destinations; the type where the key has no name. */
  readonly name: string;
  /** As written, with the Secret's values in place. */
  readonly options: Json;
  /** What the schema of the type has made of the options; its implementation takes it. */
  readonly settings: unknown;
  /** Of a tenant: what the service may connect to. Absent: everything. */
  readonly addresses?: AddressPolicy;
}

export interface ArgocdOptions {
  readonly url: string;
  readonly token: string;
  readonly insecureSkipVerify: boolean;
  /** Of a tenant: where it may be. Absent: anywhere. */
  readonly addresses?: AddressPolicy;
}

export interface Source<T> {
  /** Equal inputs give equal answers. */
  readonly input: string;
  /** What is in force: of this input, or of the last good one. */
  readonly value: T | undefined;
  /** Whether a later bad input may fall back on `value`. */
  readonly good: boolean;
  /** `value` is of an earlier input, and so are the places in it. */
  readonly isEarlier?: true;
  readonly problems: readonly Problem[];
}
