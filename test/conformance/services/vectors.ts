/** What `services.json` holds: sends through services, with what the real engine put on the wire. */
import type { JsonObject } from '../../../src/model.ts';
import type { CertificateKind } from '../../internet/authority.ts';
import type { Answer, WireRequest } from '../../internet/server.ts';

export type { WireRequest };

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

export interface Expectation {
  requests: WireRequest[];
  /** A kind of `meta.kinds`; null: the notification counts as sent. */
  error: string | null;
  /** The engine's words, which nobody compares: a rule may ask what it was about. */
  errorText?: string;
  unordered?: boolean;
  waitsMs?: number[];
  /** The engine takes the failure as done. */
  retry?: boolean;
  stdout?: string;
}
