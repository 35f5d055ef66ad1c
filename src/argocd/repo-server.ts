/** Argo CD's repo-server by gRPC, as argocd-notifications asks it: no account, and the repository's own credentials. */
import { join } from 'node:path';
import { Client, type ServiceError, status } from '@grpc/grpc-js';
import { load, type MethodDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { z } from 'zod';
import { localLocation } from '../go/location.ts';
import { commitMetadataValue } from '../go/namespaces/repo-values.ts';
import type { GoStruct } from '../go/struct.ts';
import { GoTime } from '../go/time.ts';
import { createAtMost } from '../net/at-most.ts';
import type { Answer, ArgocdClient } from './client.ts';
import type { RepoQuestion } from './questions.ts';
import { failureOf, unreachable } from './repo-server-failure.ts';
import { type RepoServerRequest, requestOf } from './repo-server-requests.ts';
import {
  type RepoServerOptions,
  readTlsFiles,
  sentName,
  type TlsFiles,
  tlsCredentials,
} from './repo-server-tls.ts';
import type { ArgocdSettings } from './repositories.ts';
import { readAppDetails } from './schema.ts';

export interface RepoServerDeps {
  /** What Argo CD keeps of repositories, as it is now. Rejects with an error for people. */
  readSettings(signal: AbortSignal): Promise<ArgocdSettings>;
  /** The beginning of what a server says, on one line and without these secrets. */
  excerptOf(text: string, secrets: readonly string[]): string;
  now(): number;
}

/** Questions under way at the same time; more wait. */
const places = 10;
/** Bytes; details of a chart hold its values. */
const largestAnswer = 8 * 1024 * 1024;

/**
 * Opens nothing before the first question. Certificates are read with each, and others open a new connection; the same
 * goes for the Secrets of repositories, of which nothing is kept.
 */
export async function createRepoServerClient(
  options: RepoServerOptions,
  deps: RepoServerDeps,
  { timeout }: { timeout: number },
): Promise<ArgocdClient> {
  const methods = methodsOf(await loadDefinition());
  const atMost = createAtMost(places);
  let connection: { files: TlsFiles; client: Client } | undefined;

  async function connect(): Promise<{ ok: true; value: Client } | { ok: false; error: string }> {
    const files = await readTlsFiles(options);
    if (!files.ok) return files;
    if (connection !== undefined && isSame(connection.files, files.value))
      return { ok: true, value: connection.client };
    const credentials = tlsCredentials(options, files.value);
    if (!credentials.ok) return credentials;
    connection?.client.close();
    const client = new Client(options.address, credentials.value, {
      'grpc.max_receive_message_length': largestAnswer,
      'grpc.max_reconnect_backoff_ms': 10_000,
      'grpc.primary_user_agent': 'herald',
      ...sentName(options),
      'grpc.enable_retries': 0,
      // It is in the same cluster, or behind a forwarded port.
      'grpc.enable_http_proxy': 0,
      // Of this client alone, so that it ends with it.
      'grpc.use_local_subchannel_pool': 1,
    });
    connection = { files: files.value, client };
    return { ok: true, value: client };
  }

  /** The next question opens another: whoever is behind this one may be gone without a word. Calls under way go on. */
  function leave(client: Client): void {
    if (connection?.client !== client) return;
    client.close();
    connection = undefined;
  }

  async function ask(question: RepoQuestion, signal: AbortSignal): Promise<Answer> {
    let settings: ArgocdSettings;
    try {
      settings = await deps.readSettings(signal);
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      return unreachable(`is not asked: the Secrets of repositories cannot be read (${why})`);
    }
    const request = requestOf(question, settings);
    if (!request.ok) return { ok: false, reason: 'unknown', detail: `is not asked: ${request.error}` };
    const client = await connect();
    if (!client.ok) return unreachable(client.error);
    try {
      const answer = await call(client.value, methods[question.kind], request.value, signal);
      const value = readAnswer(question, answer);
      return value === undefined
        ? unreachable('sent an answer that is not from its API')
        : { ok: true, value };
    } catch (error) {
      if (!isServiceError(error)) throw error;
      if (error.code === status.DEADLINE_EXCEEDED || error.code === status.CANCELLED) leave(client.value);
      const said = deps.excerptOf(error.details, request.value.secrets);
      return failureOf(error.code, said, { hasCredentials: settings.secrets !== undefined });
    }
  }

  return {
    async ask(question: RepoQuestion, signal) {
      try {
        return await atMost.run(signal, () => ask(question, signal));
      } catch (error) {
        if (signal.aborted) return unreachable('no answer in time');
        return unreachable(error instanceof Error ? error.name : 'failed');
      }
    },
    close() {
      connection?.client.close();
      connection = undefined;
      return Promise.resolve();
    },
  };

  function call(
    client: Client,
    method: MethodDefinition<object, object>,
    { message }: RepoServerRequest,
    signal: AbortSignal,
  ): Promise<unknown> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const running = client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        message,
        { deadline: deps.now() + timeout },
        (error, answer) => {
          signal.removeEventListener('abort', cancel);
          if (error === null) resolve(answer);
          else reject(error);
        },
      );
      function cancel(): void {
        running.cancel();
      }
      signal.addEventListener('abort', cancel, { once: true });
    });
  }
}

function loadDefinition(): Promise<PackageDefinition> {
  return load(join(import.meta.dirname, 'repo-server.proto'), {
    keepCase: true,
    longs: Number,
    arrays: true,
  });
}

function methodsOf(
  definition: PackageDefinition,
): Record<RepoQuestion['kind'], MethodDefinition<object, object>> {
  const service = definition['repository.RepoServerService'];
  if (service === undefined || 'format' in service)
    throw new Error('repo-server.proto has no RepoServerService');
  const method = (name: string) => {
    const found = service[name];
    if (found === undefined) throw new Error(`repo-server.proto has no ${name}`);
    return found;
  };
  return { commit: method('GetRevisionMetadata'), details: method('GetAppDetails') };
}

const RevisionMetadata = z.object({
  author: z.string().default(''),
  message: z.string().default(''),
  tags: z.array(z.string()),
  date: z.object({ seconds: z.number().default(0), nanos: z.number().default(0) }).nullish(),
});

function readAnswer(question: RepoQuestion, answer: unknown): GoStruct | undefined {
  if (question.kind === 'details') return readAppDetails(answer, question);
  const parsed = RevisionMetadata.safeParse(answer);
  if (!parsed.success) return undefined;
  const { author, message, tags, date } = parsed.data;
  return commitMetadataValue({
    author,
    message,
    tags: tags.length === 0 ? undefined : tags,
    // argo-cd decodes a Kubernetes time, which is in the zone of the process.
    date: date ? new GoTime(date.seconds, date.nanos, localLocation()) : undefined,
  });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && typeof error.code === 'number';
}

function isSame(one: TlsFiles, other: TlsFiles): boolean {
  return one.ca === other.ca && one.cert === other.cert && one.key === other.key;
}
