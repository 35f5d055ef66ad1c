import type { RepoServerOptions } from '../argocd/repo-server-tls.ts';
import { compileNamespacePatterns } from '../cluster/namespace-patterns.ts';
import type { LogOptions } from '../log.ts';
import { addressProblem } from '../net/address-policy.ts';
import { parseSelector } from '../subscriptions/selector.ts';
import {
  booleanFlag,
  checkedFlag,
  choiceFlag,
  durationFlag,
  integerFlag,
  listFlag,
  textFlag,
} from './flag-types.ts';
import type { FlagValues } from './flags.ts';
import { type KubeOptions, kubeFlags } from './kube-flags.ts';
import { isInMemory, queueFlag, resolveQueue } from './queue-flag.ts';
import { runRepoServerFlags, splitRepoServer } from './repo-server-flags.ts';

const watching = 'What is watched:';
const configuration = 'Configuration:';
const delivery = 'Delivery:';
const observing = 'Logs and metrics:';

/** As many as one process has a use for; argocd-notifications takes any 32-bit number. */
const mostProcessors = 1000;

const applicationNamespacesFlag = checkedFlag(
  listFlag({
    name: 'application-namespaces',
    group: watching,
    env: 'ARGOCD_APPLICATION_NAMESPACES',
    help: "Namespaces to watch for Applications beside Argo CD's own: names, globs, /regular expressions/",
  }),
  (patterns) => {
    const [problem] = compileNamespacePatterns(patterns).problems;
    return problem && `${problem.pattern}: ${problem.what}: correct it, or write a glob such as team-*`;
  },
);

const appLabelSelectorFlag = checkedFlag(
  textFlag({
    name: 'app-label-selector',
    group: watching,
    placeholder: 'selector',
    help: 'Watch only Applications with these labels',
  }),
  (selector) => {
    const parsed = parseSelector(selector);
    return parsed.ok
      ? undefined
      : `${parsed.error} at column ${parsed.column}: write it as in team=a,env in (dev,prod)`;
  },
);

const tenantServiceAddressesFlag = checkedFlag(
  listFlag({
    name: 'tenant-service-addresses',
    group: configuration,
    env: 'HERALD_TENANT_SERVICE_ADDRESSES',
    help:
      "Addresses inside the cluster or its network that services of tenants' ConfigMaps may reach, which are none " +
      'by default: networks such as 10.1.0.0/16, names of hosts, or * for all',
  }),
  (entries) => entries.map(addressProblem).find((problem) => problem !== undefined),
);

/** The flags of `herald run` beside those of the API server; names, defaults and variables are argocd-notifications'. */
export const runFlags = {
  applicationNamespaces: applicationNamespacesFlag,
  appLabelSelector: appLabelSelectorFlag,
  configMapName: textFlag({
    name: 'config-map-name',
    group: configuration,
    placeholder: 'name',
    default: 'argocd-notifications-cm',
    help: 'ConfigMap with services, triggers and templates',
  }),
  secretName: textFlag({
    name: 'secret-name',
    group: configuration,
    placeholder: 'name',
    default: 'argocd-notifications-secret',
    help: 'Secret with the values of $keys',
  }),
  selfService: booleanFlag({
    name: 'self-service-notification-enabled',
    group: configuration,
    env: 'ARGOCD_NOTIFICATION_CONTROLLER_SELF_SERVICE_NOTIFICATION_ENABLED',
    help: 'Take a ConfigMap and a Secret of the same names from the namespace of each Application too',
  }),
  tenantServiceAddresses: tenantServiceAddressesFlag,
  queue: queueFlag(delivery),
  processors: integerFlag({
    name: 'processors-count',
    group: delivery,
    env: 'ARGOCD_NOTIFICATION_CONTROLLER_PROCESSORS_COUNT',
    default: 1,
    min: 1,
    max: 2 ** 31 - 1,
    help: `Workers that send messages; each has several under way at a time. More than ${mostProcessors} count as so many`,
  }),
  notifiedAnnotation: choiceFlag<RunOptions['notifiedAnnotation'] | ''>({
    name: 'notified-annotation',
    group: delivery,
    env: 'HERALD_NOTIFIED_ANNOTATION',
    default: '',
    defaultText: 'read, or write with --queue memory:',
    choices: ['read', 'write', 'ignore'],
    help:
      "What to do with argocd-notifications' record on Applications: read it at first sight, so that migrating " +
      're-sends nothing; also write it, for a cluster that gives Herald no disk; or ignore it',
  }),
  shutdownTimeout: durationFlag({
    name: 'shutdown-timeout',
    group: delivery,
    env: 'HERALD_SHUTDOWN_TIMEOUT',
    default: 20_000,
    defaultText: '20s',
    help: 'How long deliveries under way may take to finish after SIGTERM',
  }),
  logLevel: choiceFlag<LogOptions['level']>({
    name: 'loglevel',
    group: observing,
    env: 'ARGOCD_NOTIFICATIONS_CONTROLLER_LOGLEVEL',
    placeholder: 'debug|info|warn|error',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    aliases: { warning: 'warn', panic: 'fatal' },
    help: 'Least severe log entries to write',
  }),
  logFormat: choiceFlag<LogOptions['format']>({
    name: 'logformat',
    group: observing,
    env: 'ARGOCD_NOTIFICATIONS_CONTROLLER_LOGFORMAT',
    default: 'json',
    choices: ['json', 'text'],
    help: 'Format of the log',
  }),
  metricsPort: integerFlag({
    name: 'metrics-port',
    group: observing,
    placeholder: 'port',
    default: 9001,
    min: 0,
    max: 65_535,
    help: 'Port of /metrics, /healthz and /readyz; 0 takes a free one',
  }),
};

export const runCommandFlags = { ...runFlags, ...runRepoServerFlags, ...kubeFlags };

/** Everything that `herald run` is told, in one object; `main.ts` hands its parts to the folders. */
export interface RunOptions {
  /** How to reach the API server, `namespace` included. */
  kube: KubeOptions;
  /** Names, globs and `/regular expressions/`, as given. */
  applicationNamespaces: string[];
  /** Label selector, '' for all. */
  appLabelSelector: string;
  configMapName: string;
  secretName: string;
  selfService: boolean;
  /** As `createAddressPolicy` takes them. */
  tenantServiceAddresses: string[];
  /** Whom repo functions ask where the ConfigMap says nobody; absent: nobody. */
  repoServer?: RepoServerOptions;
  /** As `openStore` takes it. It may hold a password: not for logs. */
  queue: string;
  /** As argocd-notifications counts its workers, 1 to 1000. */
  processors: number;
  notifiedAnnotation: 'read' | 'write' | 'ignore';
  /** Milliseconds. */
  shutdownTimeout: number;
  log: LogOptions;
  /** 0 takes a free port. */
  metricsPort: number;
}

export function runOptions(
  values: FlagValues<typeof runCommandFlags>,
  env: Readonly<Record<string, string | undefined>>,
): RunOptions {
  const {
    applicationNamespaces,
    appLabelSelector,
    configMapName,
    secretName,
    selfService,
    tenantServiceAddresses,
    queue,
    processors,
    notifiedAnnotation,
    shutdownTimeout,
    logLevel,
    logFormat,
    metricsPort,
    repoServer,
    ...kube
  } = splitRepoServer(values, env);
  const url = resolveQueue(queue, env);
  return {
    kube,
    applicationNamespaces,
    appLabelSelector,
    configMapName,
    secretName,
    selfService,
    tenantServiceAddresses,
    ...(repoServer && { repoServer }),
    queue: url,
    processors: Math.min(processors, mostProcessors),
    notifiedAnnotation: notifiedAnnotation || (isInMemory(url) ? 'write' : 'read'),
    shutdownTimeout,
    log: {
      level: logLevel,
      format: logFormat,
      timeLayout: env['ARGOCD_LOG_FORMAT_TIMESTAMP'] ?? '',
      colors: env['FORCE_LOG_COLORS'] === '1',
    },
    metricsPort,
  };
}
