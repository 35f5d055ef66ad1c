import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { freePort } from '../../simulator/free-port.ts';
import type { JsonObject } from '../../src/model.ts';
import { restartable } from '../servers.ts';
import { onPath } from '../tools.ts';

/**
 * Kubernetes' own API server on its etcd, with RBAC, the definitions of Argo CD's kinds and the namespaces that
 * tests use. No controller runs beside it: nothing is made of what is applied.
 */
export interface KubeApiServer {
  url: string;
  /** Trusts its certificate. */
  dispatcher: Agent;
  /** Path of the kubeconfig of an administrator. */
  kubeconfig: string;
  /** As the administrator. Throws with the answer where it is no 2xx. */
  ask(method: string, path: string, body?: JsonObject, contentType?: string): Promise<JsonObject>;
  /** What any token is answered. */
  fetch(
    path: string,
    init?: { method?: string; body?: string; headers?: Record<string, string> },
  ): Promise<Response>;
  token: string;
  /** A token of a ServiceAccount, from TokenRequest; `secret`: it holds for as long as this Secret is there. */
  tokenOf(account: { namespace: string; name: string }, secret?: string): Promise<string>;
  /** Path of a kubeconfig that reads the token from a file, as a Pod does; `write` replaces the token. */
  tokenKubeconfig(token: string): { path: string; write(token: string): void };
  /** Makes etcd forget everything before now. */
  compact(): Promise<void>;
  /** SIGTERM by default. Resolves when the process has ended: at SIGTERM not while watches are open, for up to a minute. */
  shutDown(signal?: NodeJS.Signals): Promise<void>;
  startAgain(): Promise<void>;
  /** Kills those that were told to end, and have not yet. */
  stopPrevious(): Promise<void>;
  stop(): Promise<void>;
}

/** Where envtest has its programs, or the PATH. */
function program(name: string): string | undefined {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const own = assets === undefined ? undefined : join(assets, name);
  return own !== undefined && existsSync(own) ? own : onPath(name);
}

const programs = { apiserver: program('kube-apiserver'), etcd: program('etcd') };

/** Why there is no API server to be had; undefined where there is one. */
export const noApiServer =
  programs.apiserver && programs.etcd
    ? undefined
    : `skipped: no ${programs.etcd ? 'kube-apiserver' : 'etcd'} in KUBEBUILDER_ASSETS or on the PATH`;

export async function startApiServer(flags: readonly string[] = []): Promise<KubeApiServer> {
  const { apiserver, etcd } = programs;
  if (apiserver === undefined || etcd === undefined) throw new Error(noApiServer);
  const directory = mkdtempSync(join(tmpdir(), 'herald-kube-'));
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const url = `https://127.0.0.1:${port}`;
  const token = randomBytes(16).toString('hex');
  const inDirectory = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const settings = [
    ['etcd-servers', etcdUrl],
    ['secure-port', port],
    ['bind-address', '127.0.0.1'],
    ['cert-dir', join(directory, 'certificates')],
    ['service-account-key-file', inDirectory('accounts.pub', keys.publicKey)],
    ['service-account-signing-key-file', inDirectory('accounts.key', keys.privateKey)],
    ['service-account-issuer', 'https://kubernetes.default.svc'],
    ['token-auth-file', inDirectory('tokens.csv', `${token},admin,admin,system:masters\n`)],
    ['authorization-mode', 'RBAC'],
    ['service-cluster-ip-range', '10.0.0.0/24'],
    // Its finalizers are a controller's to remove, and none runs.
    ['disable-admission-plugins', 'StorageObjectInUseProtection'],
    // Only on request.
    ['etcd-compaction-interval', '0'],
    // Of accepted tokens, so that one that is taken back is refused.
    ['authentication-token-webhook-cache-ttl', '1s'],
  ];
  const storeSettings = [
    ['data-dir', join(directory, 'etcd')],
    ['listen-client-urls', etcdUrl],
    ['advertise-client-urls', etcdUrl],
    ['listen-peer-urls', `http://127.0.0.1:${peerPort}`],
  ];
  const store = restartable(
    () =>
      spawn(etcd, ['--unsafe-no-fsync', ...storeSettings.map(([name, value]) => `--${name}=${value}`)], {
        stdio: 'ignore',
      }),
    () => answers(`${etcdUrl}/health`),
  );
  await store.start();
  let dispatcher: Agent | undefined;
  const trusting = (): Agent => {
    const ca = readFileSync(join(directory, 'certificates/apiserver.crt'));
    dispatcher ??= new Agent({ connect: { ca } });
    return dispatcher;
  };
  const authorization = `Bearer ${token}`;
  const processes: ChildProcess[] = [];
  const server = restartable(
    () => {
      const args = [...settings.map(([name, value]) => `--${name}=${value}`), ...flags];
      const child = spawn(apiserver, args, { stdio: 'ignore' });
      processes.push(child);
      return child;
    },
    async () =>
      existsSync(join(directory, 'certificates/apiserver.crt')) &&
      (await answers(`${url}/readyz`, { dispatcher: trusting(), headers: { authorization } })),
  );
  await server.start();

  const self: KubeApiServer = {
    url,
    dispatcher: trusting(),
    token,
    kubeconfig: '',
    fetch: (path, init) => fetch(`${url}${path}`, { ...init, dispatcher: trusting() }),
    async ask(method, path, body, contentType = 'application/json') {
      const response = await self.fetch(path, {
        method,
        headers: { authorization, 'content-type': contentType },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
      return JSON.parse(text) as JsonObject;
    },
    async tokenOf({ namespace, name }, secret) {
      const boundObjectRef = secret && { kind: 'Secret', apiVersion: 'v1', name: secret };
      const answer = await self.ask('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 3_600, ...(boundObjectRef && { boundObjectRef }) },
      });
      return (answer['status'] as { token: string }).token;
    },
    tokenKubeconfig(first) {
      const name = randomBytes(4).toString('hex');
      const tokenFile = inDirectory(`token-${name}`, first);
      const path = inDirectory(`kubeconfig-${name}`, kubeconfigOf({ tokenFile }));
      return { path, write: (next) => writeFileSync(tokenFile, next) };
    },
    async compact() {
      const ask = async (path: string, body: JsonObject) => {
        const response = await fetch(`${etcdUrl}/v3/kv/${path}`, {
          method: 'POST',
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(`etcd answers ${response.status}: ${await response.text()}`);
        return (await response.json()) as { header: { revision: string } };
      };
      const { header } = await ask('range', { key: Buffer.from('/').toString('base64') });
      await ask('compaction', { revision: header.revision, physical: true });
    },
    shutDown: (signal = 'SIGTERM') => server.kill(signal),
    startAgain: () => server.start(),
    async stopPrevious() {
      const running = processes
        .slice(0, -1)
        .filter(({ exitCode, signalCode }) => (exitCode ?? signalCode) === null);
      const ended = running.map((child) => once(child, 'exit'));
      for (const child of running) child.kill('SIGKILL');
      await Promise.all(ended);
    },
    async stop() {
      await server.kill('SIGKILL');
      await self.stopPrevious();
      await store.kill('SIGKILL');
      await dispatcher?.destroy();
      rmSync(directory, { recursive: true, force: true });
    },
  };

  /** JSON, which is YAML as well. */
  function kubeconfigOf(user: JsonObject): string {
    const cluster = { server: url, 'certificate-authority': join(directory, 'certificates/apiserver.crt') };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'real', cluster }],
      users: [{ name: 'real', user }],
      contexts: [{ name: 'real', context: { cluster: 'real', user: 'real', namespace: 'argocd' } }],
      'current-context': 'real',
    });
  }
  self.kubeconfig = inDirectory('admin', kubeconfigOf({ token }));
  for (const name of ['argocd', 'team-a', 'monitoring']) {
    await self.ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await define(self);
  return self;
}

async function answers(url: string, init: RequestInit = {}): Promise<boolean> {
  try {
    return (await fetch(url, { ...init, signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

interface Definition {
  group: string;
  version: string;
  kind: string;
  plural: string;
  /** As Argo CD and the Prometheus operator define it. */
  status?: true;
}

const argo = { group: 'argoproj.io', version: 'v1alpha1' };
const monitoring = { group: 'monitoring.coreos.com', version: 'v1' };
const definitions: readonly Definition[] = [
  { ...argo, kind: 'Application', plural: 'applications' },
  { ...argo, kind: 'AppProject', plural: 'appprojects' },
  { ...argo, kind: 'ApplicationSet', plural: 'applicationsets', status: true },
  { ...monitoring, kind: 'ServiceMonitor', plural: 'servicemonitors', status: true },
  { ...monitoring, kind: 'PrometheusRule', plural: 'prometheusrules', status: true },
];

async function define({ ask, fetch, token }: KubeApiServer): Promise<void> {
  for (const { group, version, kind, plural, status } of definitions) {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const served = { name: version, served: true, storage: true, schema };
    await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${plural}.${group}`,
        annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
      },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [{ ...served, ...(status && { subresources: { status: {} } }) }],
      },
    });
  }
  const headers = { authorization: `Bearer ${token}` };
  for (const { group, version, plural } of definitions) {
    const path = `/apis/${group}/${version}/namespaces/argocd/${plural}`;
    while (!(await fetch(path, { headers })).ok) await delay(50);
  }
}
