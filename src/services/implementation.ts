import type { Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import type { Resolve } from '../net/guarded.ts';
import type { HttpClient } from './http.ts';
import type { Scrub } from './secrets.ts';
import type { Service, ServiceState } from './service.ts';
import type { Markers } from './slack/markers.ts';
import type { SlackSettings } from './slack/slack.ts';

/** What the registry gives to the implementation of a service. */
export interface ImplementationDeps {
  /** As in messages, see the schema. */
  product: string;
  /** `team-a` of `service.slack.team-a`, the type where there is no name. */
  name: string;
  log: Logger;
  /** Of one configuration: services of different namespaces may share a name, and must not share a state. */
  state: ServiceState;
  now(): number;
  /** For what is done without a message; cancelled by `close`. */
  clock: Clock;
  /** For everything that speaks HTTP: proxies, certificates and the guard of tenants are in it. */
  http: HttpClient;
  /** Takes the secrets among the options out of a text. */
  scrub: Scrub;
  /** Where `console` prints. */
  stream: Writable;
  /** What stands for mentions; there where the schema says `mentions`. */
  markers?: Markers;
  slack?: Partial<SlackSettings>;
  /** For services that speak no HTTP. */
  connection: {
    certificatesOf(host: string): string | undefined;
    /** Of a tenant: what it may connect to. Absent: everything. */
    addresses?: AddressPolicy;
    resolve?: Resolve;
  };
}

/** Makes what sends. It connects to nothing before the first `send`; `http` is closed by the registry. */
export type Implementation<Options> = (
  options: Options,
  deps: ImplementationDeps,
) => Pick<Service, 'send'> & { close?(): Promise<void> };
