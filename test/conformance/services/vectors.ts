/** What `services.json` holds: sends through services, with what the real engine put on the wire. */
import type { Json, JsonObject } from '../../../src/model.ts';
import type { CertificateKind } from './authority.ts';

export interface ServiceVectors {
  meta: {
    frozenNow: string;
    artefacts: { service: string; drop: string[] }[];
    /** The private key that `@meta.githubKey` stands for. */
    githubKey: string;
  };
  cases: ServiceCase[];
}

export interface ServiceCase extends Step {
  id: string;
  /** Type of the service. */
  service: string;
  /** Its name, where it is not the type. */
  name?: string;
  /** The destination's service, where it is another than that. */
  to?: string;
  /** Text of the ConfigMap key; absent for `console`. */
  options?: string;
  secrets: Record<string, string>;
  templates: Record<string, string>;
  env?: Record<string, string>;
  tls?: Record<string, CertificateKind>;
  certs?: Record<string, 'other-ca'>;
  note?: string;
  /** Upstream does something that is not to be copied. */
  approximate?: boolean;
  reason?: string;
  /** Further sends through the same service. */
  then?: Step[];
}

/** One notification to one destination. */
export interface Step {
  send: string[];
  recipient: string;
  varsRef?: string;
  vars?: JsonObject;
  now?: string;
  server?: Answer[];
  expect: Expectation;
}

/** What a scripted server answers: the n-th request gets the n-th, the last one is repeated. */
export interface Answer {
  /** Only for requests to this host. */
  to?: string;
  status?: number;
  headers?: Record<string, string>;
  json?: Json;
  body?: string;
  /** The connection is dropped without an answer. */
  close?: boolean;
  /** No answer comes. */
  hang?: boolean;
  /** Each is for the server of its protocol to read. */
  smtp?: JsonObject;
  nats?: JsonObject;
  pubsub?: JsonObject;
}

export interface Expectation {
  requests: WireRequest[];
  /** A kind of `meta.kinds`; null: the notification counts as sent. */
  error: string | null;
  unordered?: boolean;
  waitsMs?: number[];
  /** The engine takes the failure as done. */
  retry?: boolean;
  stdout?: string;
}

/** One request, in the form of the vectors. Of the body forms there is at most one. */
export interface WireRequest {
  host?: string;
  scheme?: string;
  method?: string;
  path?: string;
  query?: string;
  headers?: Record<string, string>;
  json?: Json;
  form?: JsonObject;
  body?: string;
  jwt?: JsonObject;
  sigv4?: JsonObject;
  smtp?: JsonObject;
  nats?: JsonObject;
  pubsub?: JsonObject;
}
