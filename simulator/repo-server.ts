import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { textAt, textOf } from '../src/json.ts';
import type { JsonObject } from '../src/model.ts';
import { createWaiting } from './waiting.ts';

export interface RepoServerCall {
  method: 'GetRevisionMetadata' | 'GetAppDetails';
  /** The message as it was sent, without what is empty. */
  request: JsonObject;
  /** Unix milliseconds; undefined: none. */
  deadline: number | undefined;
  userAgent: string;
  /** It was given up by the client. */
  isCancelled: boolean;
}

type Fault =
  | { kind: 'status'; code: status; details: string }
  | { kind: 'hang' }
  | { kind: 'huge'; bytes: number };

export interface RepoServerTls {
  key: string;
  cert: string;
  /** Ask for a certificate that descends from it. */
  clientCa?: string;
}

/**
 * A repo-server on localhost: gRPC of its own, messages as argo-cd's (`repo-server-vectors.test.ts` holds the definition
 * against it), and its answers to what it does not know as the real one of 3.5.7 gave them.
 */
export interface RepoServerSimulator {
  start(options?: { tls?: RepoServerTls; port?: number }): Promise<void>;
  stop(): Promise<void>;
  readonly port: number;
  readonly calls: RepoServerCall[];
  /** By revision. */
  commits: Record<string, JsonObject>;
  /** By path of the source. */
  details: Record<string, JsonObject>;
  /** All calls, until it is cleared. */
  fault: Fault | undefined;
  /** Resolves when so many have come. */
  until(count: number): Promise<void>;
}

const definition = loadSync(join(import.meta.dirname, '../src/argocd/repo-server.proto'), {
  keepCase: true,
  longs: String,
  bytes: String,
});

export function createRepoServerSimulator(): RepoServerSimulator {
  const calls: RepoServerCall[] = [];
  const waiting = createWaiting();
  let server: Server | undefined;
  let bound = 0;

  function serve(
    method: RepoServerCall['method'],
    answer: (request: JsonObject) => JsonObject | { code: status; details: string },
  ) {
    return (call: ServerUnaryCall<JsonObject, object>, respond: sendUnaryData<object>) => {
      const deadline = Number(call.getDeadline());
      const seen: RepoServerCall = {
        method,
        request: JSON.parse(JSON.stringify(call.request)) as JsonObject,
        deadline: Number.isFinite(deadline) ? deadline : undefined,
        userAgent: String(call.metadata.get('user-agent')[0]),
        isCancelled: false,
      };
      call.on('cancelled', () => {
        seen.isCancelled = true;
        waiting.ask();
      });
      calls.push(seen);
      waiting.ask();
      const { fault } = simulator;
      if (fault?.kind === 'hang') return;
      if (fault?.kind === 'status') return respond(fault);
      if (fault?.kind === 'huge')
        return respond(null, { message: 'x'.repeat(fault.bytes), type: 'x'.repeat(fault.bytes) });
      const found = answer(call.request);
      if ('code' in found) respond(found as { code: status; details: string });
      else respond(null, found);
    };
  }

  const unknown = (details: string) => ({ code: status.UNKNOWN, details });
  const implementation = {
    GetRevisionMetadata: serve('GetRevisionMetadata', ({ revision }) => {
      if (!/^[0-9a-f]{7,40}$/i.test(textOf(revision)))
        return unknown(`revision ${textOf(revision)} must be resolved`);
      return (
        simulator.commits[textOf(revision)] ??
        unknown(
          `error acquiring repo lock: failed to initialize repository resources: rpc error: code = Internal desc = ` +
            `Failed to checkout revision ${textOf(revision)}: \`git fetch origin ${textOf(revision)} --tags --force ` +
            `--prune\` failed exit status 128: fatal: remote error: upload-pack: not our ref ${textOf(revision)}\n` +
            `fatal: git upload-pack: not our ref ${textOf(revision)}`,
        )
      );
    }),
    GetAppDetails: serve('GetAppDetails', ({ source }) => {
      const path = textAt(source, 'path');
      return simulator.details[path] ?? unknown(`${path}: app path does not exist`);
    }),
  };

  const simulator: RepoServerSimulator = {
    async start({ tls, port = 0 } = {}) {
      server = new Server();
      server.addService(definition['repository.RepoServerService'] as ServiceDefinition, implementation);
      const credentials =
        tls === undefined
          ? ServerCredentials.createInsecure()
          : ServerCredentials.createSsl(
              tls.clientCa === undefined ? null : Buffer.from(tls.clientCa),
              [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }],
              tls.clientCa !== undefined,
            );
      bound = await new Promise<number>((resolve, reject) => {
        server?.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) =>
          error ? reject(error) : resolve(at),
        );
      });
    },
    async stop() {
      server?.forceShutdown();
      server = undefined;
    },
    get port() {
      return bound;
    },
    calls,
    commits: {},
    details: {},
    fault: undefined,
    until: (count) => waiting.until(() => calls.length >= count),
  };
  return simulator;
}
