import type { Connection } from '../cluster/connect.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { JsonObject } from '../model.ts';
import type { CertificatesOf } from '../net/host-certificates.ts';
import type { Leader } from '../store/membership.ts';
import type { KubeOptions } from './kube-flags.ts';

/** The world as commands see it, so that they are tried without a process, files or a cluster. */
export interface CommandIo {
  stdout(text: string): void;
  stderr(text: string): void;
  readStdin(): Promise<string>;
  /** Rejects as `fs.readFile` does. */
  readFile(path: string): Promise<string>;
  isFile(path: string): Promise<boolean>;
  connect(options: KubeOptions): ClusterReader;
  /** To watch. Tells the log of outages. Throws where there is no cluster to connect to. */
  openConnection(options: KubeOptions, log: Logger): Connection;
  /** Aborted by SIGINT and SIGTERM, which then no longer end the process. */
  interrupted(): AbortSignal;
  /** Opens what the bridge keeps behind its queue. Rejects with a CommandFailure where that cannot be, and creates nothing. */
  openLedger(queue: string): Promise<OpenLedger>;
  /** The answer to a GET, whatever its status; undefined: there is none within two seconds. */
  get(url: string): Promise<{ status: number; text: string } | undefined>;
  /** Whether `host:port` takes a connection within two seconds. */
  reaches(address: string): Promise<boolean>;
  /** Unix milliseconds. */
  now(): number;
  /** Whom to trust in place of the system's roots. */
  readonly certificatesOf: CertificatesOf;
}

/** What commands need of a connection to the API server. */
export interface ClusterReader {
  /** The namespace of the context or of the pod. */
  readonly namespace: string;
  json(request: {
    method?: 'GET' | 'POST';
    path: string;
    query?: Readonly<Record<string, string | number | boolean | undefined>>;
    body?: JsonObject;
  }): Promise<unknown>;
  /** By the clock of the API server, to the second, Unix milliseconds; undefined: it does not say. */
  serverTime(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** What commands need of the ledger. */
export type OpenLedger = Pick<
  Ledger,
  'pending' | 'parked' | 'unpark' | 'discard' | 'rows' | 'load' | 'put' | 'read'
> & {
  leader(): Promise<Leader | undefined>;
  /** What the queue says of these deliveries; those that have no job are missing. */
  jobs(ids: readonly string[]): Promise<Map<string, WaitingJob>>;
  close(): Promise<void>;
};

/** A delivery in the queue. */
export interface WaitingJob {
  /** Attempts that were made in vain. */
  failures: number;
  /** Unix milliseconds. */
  dueAt: number;
  /** It was put off since its last attempt, as it was not its turn. */
  waited: boolean;
}

/** Exit codes of commands: done; done and the answer is no; not done, because the input is missing or wrong. */
export const exitCode = { ok: 0, negative: 1, unusable: 2 } as const;

/** A command cannot go on. The message is one line for people, without secrets. */
export class CommandFailure extends Error {
  override name = 'CommandFailure';
  readonly exit: number;
  constructor(message: string, options: { exit?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exit = options.exit ?? exitCode.unusable;
  }
}

/** Where the store would be nothing was ever kept. */
export class NothingKept extends CommandFailure {
  override name = 'NothingKept';
}
