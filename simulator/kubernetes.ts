import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createCluster, type SimulatedCluster } from './kubernetes/cluster.ts';
import { createFaults, type Faults, type Verb } from './kubernetes/faults.ts';
import { createLists } from './kubernetes/lists.ts';
import { createOutage, type WarmUp } from './kubernetes/outage.ts';
import {
  type Authorizer,
  createAuthorizer,
  type RbacManifests,
  type ServiceAccount,
} from './kubernetes/rbac.ts';
import { handleRequest } from './kubernetes/requests.ts';
import type { Plural } from './kubernetes/resources.ts';
import { createStore } from './kubernetes/store.ts';
import { createWatches, type Watches } from './kubernetes/watches.ts';
import { createWaiting } from './waiting.ts';

/**
 * An API server in this process, over real HTTP: lists with paging, watches with bookmarks and expiry, writes with
 * resource versions and finalizers, compressed lists, RBAC where Roles are given, and restarts; kubectl applies to it. It
 * has no admission and no schemas; `faults` plays those and worse.
 */
export interface KubernetesSimulator {
  /** Listens on a free port of localhost, unless one was given. */
  start(): Promise<{ url: string; kubeconfig: string }>;
  stop(): Promise<void>;
  /**
   * Ends as an API server does: watches end, connections are refused. The cluster may change meanwhile. `watchesGoOn`: as
   * one without `--shutdown-watch-termination-grace-period`, which is the default, whose open watches go on for up to a
   * minute, beside those of the next; here until `faults.watches.finish`.
   */
  shutDown(how?: { watchesGoOn: boolean }): Promise<void>;
  /**
   * Listens again where it did, with the objects as they are and no memory of how they came to be so: whoever resumes a
   * watch from before gets 410.
   */
  startAgain(warmUp?: WarmUp): Promise<void>;
  /** Whoever asks may do what these Roles and bindings allow the account, and nothing else; undefined: everything. */
  setRoles(manifests: RbacManifests | undefined, account?: ServiceAccount): void;
  cluster: SimulatedCluster;
  faults: Omit<Faults, 'apply'> & WatchFaults;
  stats: SimulatorStats;
  /** The bearer token that requests must carry from now on; undefined: none. */
  setToken(token: string | undefined): void;
  /** Resolves once the condition holds; it is tried whenever a request came or was dealt with, or a watch opened or closed. */
  until(condition: () => boolean): Promise<void>;
}

export interface WatchFaults {
  watches: Pick<Watches, 'bookmark' | 'drop' | 'stall' | 'finish' | 'fail' | 'spoil' | 'interrupt' | 'clear'>;
  /** Forgets the history as `cluster.compact` does, and lists that continue get 410, too. */
  expireHistory(): void;
}

export interface SimulatorStats {
  /** Requests so far of a verb, or of a verb and a resource. */
  requests(verb: Verb, resource?: string): number;
  openWatches(resource?: string): number;
  /** Bytes of frames that wait in this process, since the clients of the open watches do not read. */
  unread(resource?: string): number;
  /** What the open watches asked for. */
  watchQueries(resource?: string): URLSearchParams[];
  /** Bytes of answers to lists, as they went over the wire, and how many of them were compressed. */
  answers(): { bytes: number; compressed: number };
  /** TCP connections: accepted so far, and open. */
  connections(): { accepted: number; open: number };
}

export interface SimulatorOptions {
  port?: number;
  token?: string;
  /** Serves TLS; the kubeconfig does not verify it unless `certificateAuthority` (PEM) is given. */
  tls?: TlsOptions;
  certificateAuthority?: string;
  /** Of the kubeconfig's context. */
  namespace?: string;
  /** CustomResourceDefinitions that are not there. */
  absent?: Plural[];
  /** Changes of each resource that a watch can resume from. @defaultValue 10000 */
  historyLimit?: number;
  /** And for how long. @defaultValue 300000, as etcd's are */
  historyMs?: number;
  /** @defaultValue 60000 */
  bookmarkIntervalMs?: number;
  /** See WatchesOptions. @defaultValue true, as kubeadm has it */
  etcdTellsProgress?: boolean;
  /** A watch whose client has so much left to read is ended. @defaultValue 268435456 */
  maxBufferedBytes?: number;
  now?: () => number;
}

export function createKubernetesSimulator(options: SimulatorOptions = {}): KubernetesSimulator {
  const sockets = new Set<Socket>();
  const counts = new Map<string, number>();
  const waiting = createWaiting();
  const absent = new Set<string>(options.absent ?? []);
  let token = options.token;
  let accepted = 0;
  let address: AddressInfo | undefined;
  let authorizer: Authorizer | undefined;
  const answers = { bytes: 0, compressed: 0 };
  const outage = createOutage(options.now ?? Date.now);

  const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

  const store = createStore({
    historyLimit: options.historyLimit ?? 10_000,
    historyMs: options.historyMs ?? 300_000,
    now: options.now ?? Date.now,
  });
  const lists = createLists(store, { maxSnapshots: 32 });
  const faults = createFaults();
  const watches = createWatches(store, {
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
    etcdTellsProgress: options.etcdTellsProgress ?? true,
    defaultTimeoutSeconds: 1800,
    maxBufferedBytes: options.maxBufferedBytes ?? 256 * 1024 * 1024,
    onChange: waiting.ask,
  });
  const deps = {
    store,
    lists,
    watches,
    faults,
    isInstalled: ({ plural }: { plural: string }) => !absent.has(plural),
    token: () => token,
    outage,
    authorizer: () => authorizer,
    user: 'system:serviceaccount:argocd:herald',
    onAnswer(bytes: number, isCompressed: boolean) {
      answers.bytes += bytes;
      answers.compressed += isCompressed ? 1 : 0;
    },
    onRequest(verb: Verb, resource: string) {
      count(verb);
      count(`${verb} ${resource}`);
      waiting.ask();
    },
  };

  const handle: Parameters<typeof createServer>[1] = (request, response) => {
    void handleRequest(deps, request, response).finally(waiting.ask);
  };
  const server: Server =
    options.tls === undefined ? createServer(handle) : createTlsServer(options.tls, handle);
  server.keepAliveTimeout = 120_000;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  async function close(): Promise<void> {
    watches.close();
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  const cluster = createCluster(store, absent, watches);

  return {
    async start() {
      server.listen(options.port ?? 0, '127.0.0.1');
      await once(server, 'listening');
      address = server.address() as AddressInfo;
      const scheme = options.tls === undefined ? 'http' : 'https';
      const url = `${scheme}://127.0.0.1:${address.port}`;
      return { url, kubeconfig: kubeconfigOf(url, options) };
    },
    stop: close,
    async shutDown({ watchesGoOn } = { watchesGoOn: false }) {
      if (!watchesGoOn) {
        watches.finish();
        await close();
        return;
      }
      server.close();
      server.closeIdleConnections();
    },
    async startAgain(warmUp = {}) {
      // As the API server's own lease does, so that the latest revision is one that no watch has seen.
      cluster.apply({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace: 'kube-system', name: 'apiserver' },
        spec: { holderIdentity: String(store.revision()) },
      });
      store.compact(store.revision());
      lists.expire();
      outage.begin(warmUp);
      server.listen(address?.port, '127.0.0.1');
      await once(server, 'listening');
    },
    setRoles(manifests, account = { namespace: 'argocd', name: 'herald' }) {
      authorizer = manifests === undefined ? undefined : createAuthorizer(manifests, account);
    },
    cluster,
    faults: {
      ...faults,
      watches,
      expireHistory() {
        store.compact(store.revision());
        lists.expire();
      },
    },
    stats: {
      requests: (verb, resource) => counts.get(resource === undefined ? verb : `${verb} ${resource}`) ?? 0,
      openWatches: (resource) => watches.queries(resource).length,
      unread: (resource) => watches.unread(resource),
      watchQueries: (resource) => watches.queries(resource),
      answers: () => ({ ...answers }),
      connections: () => ({ accepted, open: sockets.size }),
    },
    setToken(next) {
      token = next;
    },
    until: waiting.until,
  };
}

/** JSON, which is YAML as well. */
function kubeconfigOf(url: string, options: SimulatorOptions): string {
  const { certificateAuthority, namespace = 'argocd', token } = options;
  const trust =
    certificateAuthority === undefined
      ? { 'insecure-skip-tls-verify': true }
      : { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'simulator', cluster: { server: url, ...trust } }],
    users: [{ name: 'simulator', user: token === undefined ? {} : { token } }],
    contexts: [{ name: 'simulator', context: { cluster: 'simulator', user: 'simulator', namespace } }],
    'current-context': 'simulator',
  });
}
