/**
 * What repo functions ask of Argo CD, its API or its repo-server: the questions, the answers remembered, and rendering
 * again when they have come. It may import the ground alone.
 */
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { CertificatesOf } from '../net/host-certificates.ts';
import { type Answer, type ArgocdClient, type ArgocdOptions, createArgocdClient } from './client.ts';
import { createHealthEvents, type HealthEventsDeps } from './health-events.ts';
import { createLookup, type Lookup } from './lookup.ts';
import type { HealthQuestion, RepoQuestion } from './questions.ts';
import type { RepoServerDeps } from './repo-server.ts';
import type { RepoServerOptions } from './repo-server-tls.ts';

export interface Argocd {
  /**
   * What one Argo CD knows, as its API tells, or where none is configured its repo-server and its events. Undefined
   * where an API that is configured cannot be asked. Connects to nothing yet.
   */
  lookup(options: ArgocdOptions | undefined): Lookup | undefined;
  close(): Promise<void>;
}

interface Deps extends RepoServerDeps, HealthEventsDeps {
  log: Logger;
  metrics?: Pick<Metrics, 'argocdRequests'>;
}

interface Settings {
  /** Where Argo CD itself lives. */
  namespace: string;
  /** Milliseconds for one request. Default 15,000: an answer that comes late serves those who ask next. */
  timeout?: number;
  /** What the server's certificate must descend from, in place of the system's roots. */
  certificatesOf?: CertificatesOf;
  /** Absent: it is not asked. */
  repoServer?: RepoServerOptions | undefined;
}

/** Configurations asked at the same time: the controller's, and those of tenants that name an Argo CD of their own. */
const mostClients = 20;

/** Lookups by what is configured, so that a changed address or token starts afresh and an unchanged one keeps its answers. */
export function createArgocd(deps: Deps, settings: Settings): Argocd {
  const held = new Map<string, { client: ArgocdClient; lookup: Lookup }>();
  const broken = new Set<string>();
  const { timeout = 15_000, repoServer } = settings;
  const repoServerClient = repoServer && createRepoServer(repoServer, deps, timeout);
  const withoutApi = createLookupByKind({
    repo: repoServerClient ? createLookup({ client: repoServerClient, ...deps }, { timeout }) : nobody,
    // Apart, since one may be out of reach while the other answers.
    health: createLookup({ client: createHealthEvents(deps), ...deps }, { timeout }),
  });

  function create(options: ArgocdOptions): { client: ArgocdClient; lookup: Lookup } | undefined {
    const { namespace, certificatesOf } = settings;
    try {
      const client = createArgocdClient(options, { namespace, certificatesOf });
      return { client, lookup: createLookup({ client, ...deps }, { timeout }) };
    } catch (error) {
      if (!broken.has(options.url)) deps.log.warn({ err: error }, 'Connection to Argo CD cannot be set up');
      broken.add(options.url);
      return undefined;
    }
  }

  return {
    lookup(options) {
      if (options === undefined) return withoutApi;
      const { url, token, insecureSkipVerify, addresses } = options;
      const key = JSON.stringify([url, token, insecureSkipVerify, addresses !== undefined]);
      const entry = held.get(key) ?? create(options);
      if (entry === undefined) return undefined;
      held.delete(key);
      held.set(key, entry);
      if (held.size > mostClients) {
        const [[oldest, { client }] = ['', entry]] = held;
        held.delete(oldest);
        void client.close();
      }
      return entry.lookup;
    },
    async close() {
      const clients = [...held.values()].map(({ client }) => client);
      if (repoServerClient) clients.push(repoServerClient);
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

const notConfigured: Answer = { ok: false, reason: 'unknown', detail: 'is not configured' };
const nobody: Lookup<RepoQuestion> = { known: () => notConfigured, ask: async () => notConfigured };

function createLookupByKind(by: { repo: Lookup<RepoQuestion>; health: Lookup<HealthQuestion> }): Lookup {
  return {
    known: (question) => (question.kind === 'health' ? by.health.known(question) : by.repo.known(question)),
    ask: (question) => (question.kind === 'health' ? by.health.ask(question) : by.repo.ask(question)),
  };
}

/** Its packages are loaded with the first question. */
function createRepoServer(
  options: RepoServerOptions,
  deps: RepoServerDeps,
  timeout: number,
): ArgocdClient<RepoQuestion> {
  let loading: Promise<ArgocdClient<RepoQuestion>> | undefined;
  return {
    async ask(question, signal) {
      loading ??= import('./repo-server.ts').then(({ createRepoServerClient }) =>
        createRepoServerClient(options, deps, { timeout }),
      );
      return (await loading).ask(question, signal);
    },
    async close() {
      await (await loading)?.close();
    },
  };
}
