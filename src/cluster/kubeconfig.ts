import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { KubeConfig } from './client-library.ts';
import { ClusterError } from './cluster-error.ts';
import { type KubeconfigOverrides, withOverrides } from './kubeconfig-overrides.ts';

export interface KubeconfigOptions {
  /** Path of a kubeconfig. Without it: `KUBECONFIG`, `~/.kube/config`, and at last the pod's service account. */
  kubeconfig?: string;
  /** @defaultValue the kubeconfig's current context */
  context?: string;
  /** Flags that replace what the kubeconfig says. A server among them needs no kubeconfig. */
  overrides?: KubeconfigOverrides;
  /** @defaultValue process.env */
  env?: NodeJS.ProcessEnv;
  /** Prefix of `/var/run/secrets/…`. @defaultValue '' */
  serviceAccountRoot?: string;
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

const Section = z.record(z.string(), z.unknown()).nullish();
const Entry = z.looseObject({ name: z.string(), cluster: Section, user: Section, context: Section });
const Entries = z.array(Entry).nullish();
const RawKubeconfig = z.looseObject({
  clusters: Entries,
  users: Entries,
  contexts: Entries,
  'current-context': z.string().nullish(),
});
type Entry = z.infer<typeof Entry>;
type RawKubeconfig = z.infer<typeof RawKubeconfig>;

interface Merged {
  clusters: Entry[];
  users: Entry[];
  contexts: Entry[];
  'current-context': string;
}

/**
 * Loads the credentials as kubectl does: files of `KUBECONFIG` are merged, the first to name a thing wins.
 * Throws a ClusterError whose message is one line that a person can act on, and that quotes nothing of the file.
 */
export function loadKubeconfig(options: KubeconfigOptions): KubeConfig {
  const env = options.env ?? process.env;
  const files = kubeconfigFiles(options.kubeconfig, env);
  if (files.length === 0 && !options.overrides?.server) {
    if (options.context !== undefined) {
      throw wrong(`--context ${options.context} needs a kubeconfig: give --kubeconfig or set KUBECONFIG`);
    }
    const ofPod = loadServiceAccount(env, options.serviceAccountRoot ?? '');
    const exported = JSON.parse(ofPod.exportConfig()) as Merged;
    const overridden = withOverrides(exported, options.overrides);
    if (overridden !== exported) ofPod.loadFromString(JSON.stringify(overridden));
    return ofPod;
  }
  const merged = withOverrides(merge(files.map(readKubeconfig), options.context), options.overrides);
  checkContext(merged, files.join(', ') || 'the command line');
  const config = new KubeConfig();
  try {
    config.loadFromString(JSON.stringify(adapted(merged)));
  } catch (error) {
    throw wrong(`${files.join(', ')}: ${(error as Error).message}`);
  }
  return config;
}

/**
 * The controller's namespace where no flag says it: of the context, else of the pod, else `default`, as client-go.
 */
export function namespaceOf(config: KubeConfig, options: KubeconfigOptions): string {
  const env = options.env ?? process.env;
  const ofContext = config.getContextObject(config.getCurrentContext())?.namespace?.trim();
  if (isServiceAccount(config)) return env.POD_NAMESPACE?.trim() || ofContext || 'default';
  if (ofContext) return ofContext;
  const file = `${options.serviceAccountRoot ?? ''}${serviceAccountFolder}/namespace`;
  if (env.KUBERNETES_SERVICE_HOST && existsSync(file)) return readFileSync(file, 'utf8').trim() || 'default';
  return 'default';
}

function kubeconfigFiles(explicit: string | undefined, env: NodeJS.ProcessEnv): string[] {
  if (explicit !== undefined && explicit !== '') return [explicit];
  if (env.KUBECONFIG) {
    const named = env.KUBECONFIG.split(delimiter).filter((file) => file !== '');
    const present = named.filter((file) => existsSync(file));
    if (present.length === 0) throw wrong(`no file of KUBECONFIG exists: ${named.join(', ')}`);
    return present;
  }
  const ofUser = join(env.HOME ?? homedir(), '.kube', 'config');
  return existsSync(ofUser) ? [ofUser] : [];
}

function loadServiceAccount(env: NodeJS.ProcessEnv, root: string): KubeConfig {
  if (!env.KUBERNETES_SERVICE_HOST || !existsSync(`${root}${serviceAccountFolder}/token`)) {
    throw wrong(
      'no kubeconfig and not in a cluster: give --kubeconfig FILE, set KUBECONFIG, or run as a pod with a service account',
    );
  }
  const config = new KubeConfig();
  config.loadFromCluster(root);
  return config;
}

function isServiceAccount(config: KubeConfig): boolean {
  return config.getCurrentContext() === 'inClusterContext';
}

function readKubeconfig(file: string): RawKubeconfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ClusterError(`cannot read the kubeconfig ${file}: ${(error as Error).message}`, {
      kind: 'credentials',
      cause: error,
    });
  }
  // Neither the parser's own message nor zod's may be shown as they are: both can quote the file, tokens and all.
  const document = parseDocument(text, { prettyErrors: false });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    const line = text.slice(0, syntaxError.pos[0]).split('\n').length;
    throw wrong(`the kubeconfig ${file} is not valid YAML: line ${line} (${syntaxError.code})`);
  }
  const parsed = RawKubeconfig.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') || 'the document';
    throw wrong(`the kubeconfig ${file} has the wrong shape at ${path}`);
  }
  return withAbsolutePaths(parsed.data, dirname(resolve(file)));
}

const pathFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

function withAbsolutePaths(raw: RawKubeconfig, folder: string): RawKubeconfig {
  const absolute = (entry: Entry, section: 'cluster' | 'user'): Entry => {
    const fields = entry[section];
    if (!fields) return entry;
    const resolved = Object.entries(fields).map(([field, value]) =>
      pathFields.includes(field) && typeof value === 'string' && value !== ''
        ? [field, resolve(folder, value)]
        : [field, value],
    );
    return { ...entry, [section]: Object.fromEntries(resolved) };
  };
  return {
    ...raw,
    clusters: raw.clusters?.map((entry) => absolute(entry, 'cluster')),
    users: raw.users?.map((entry) => absolute(entry, 'user')),
  };
}

function merge(files: RawKubeconfig[], context: string | undefined): Merged {
  const first = (entries: Entry[]): Entry[] => [
    ...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values(),
  ];
  return {
    clusters: first(files.flatMap((file) => file.clusters ?? [])),
    users: first(files.flatMap((file) => file.users ?? [])),
    contexts: first(files.flatMap((file) => file.contexts ?? [])),
    'current-context': context ?? files.map((file) => file['current-context']).find((name) => !!name) ?? '',
  };
}

function checkContext({ clusters, users, contexts, 'current-context': name }: Merged, where: string): void {
  const known = contexts.map((entry) => entry.name).join(', ') || 'none';
  if (name === '') throw wrong(`${where} has no current-context: give --context, one of ${known}`);
  const context = contexts.find((entry) => entry.name === name)?.context;
  if (!context) throw wrong(`${where} has no context ${name}: it has ${known}`);
  const { cluster, user } = context;
  const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  if (!clusters.some((entry) => entry.name === cluster)) {
    throw wrong(`${where}: the cluster ${shown(cluster)} of the context ${name} is not defined`);
  }
  if (user && !users.some((entry) => entry.name === user)) {
    throw wrong(`${where}: the user ${shown(user)} of the context ${name} is not defined`);
  }
}

/** What the library reads otherwise than kubectl, in the library's terms. */
function adapted(merged: Merged): Merged {
  const anonymous = 'herald:anonymous';
  return {
    ...merged,
    // It refuses plain HTTP (`kubectl proxy`) unless TLS, which there is none of, is not to be verified.
    clusters: merged.clusters.map((entry) =>
      String(entry.cluster?.server).startsWith('http:')
        ? { ...entry, cluster: { ...entry.cluster, 'insecure-skip-tls-verify': true } }
        : entry,
    ),
    // It knows no `tokenFile`. As an auth provider the file is read again every minute.
    users: [
      ...merged.users.map((entry) => {
        if (typeof entry.user?.tokenFile !== 'string') return entry;
        const { token: _token, tokenFile, ...user } = entry.user;
        return { ...entry, user: { ...user, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } };
      }),
      { name: anonymous, user: {} },
    ],
    // It leaves out the cluster's CA where a context has no user.
    contexts: merged.contexts.map((entry) =>
      entry.context?.user ? entry : { ...entry, context: { ...entry.context, user: anonymous } },
    ),
  };
}

function wrong(message: string): ClusterError {
  return new ClusterError(message, { kind: 'credentials' });
}
