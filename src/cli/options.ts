import type { RepoServerOptions } from '../argocd/repo-server-tls.ts';
import type { KubeOptions } from './kube-flags.ts';
import type { RunOptions } from './run-flags.ts';

/** What the command line asks for. */
export type CommandLine =
  | { command: 'run'; options: RunOptions }
  | { command: 'config check'; options: ConfigCheckOptions }
  | { command: 'deliveries'; options: DeliveriesOptions }
  | { command: 'deliveries retry'; options: ParkedOptions }
  | { command: 'deliveries discard'; options: ParkedOptions }
  | { command: 'record'; options: RecordOptions }
  | { command: 'replay'; options: ReplayCommandOptions }
  | { command: 'alerts'; options: AlertsOptions }
  | { command: 'alerts show'; options: AlertShowOptions }
  | { command: 'alerts ack'; options: AcknowledgeOptions }
  | { command: 'alerts unack'; options: AcknowledgeOptions }
  | { command: 'silence list'; options: SilenceListOptions }
  | { command: 'silence show'; options: SilenceShowOptions }
  | { command: 'silence add'; options: SilenceAddOptions }
  | { command: 'silence expire'; options: SilenceExpireOptions }
  | { command: 'silence update'; options: SilenceUpdateOptions }
  | { command: 'silence import'; options: SilenceImportOptions }
  | { command: 'trigger get'; options: GetOptions }
  | { command: 'trigger run'; options: TriggerRunOptions }
  | { command: 'template get'; options: GetOptions }
  | { command: 'template render'; options: TemplateRenderOptions }
  | { command: 'template notify'; options: TemplateNotifyOptions }
  | { command: 'explain'; options: ExplainOptions }
  | { command: 'doctor'; options: DoctorOptions }
  | { command: 'routes'; options: RoutesOptions }
  | { command: 'version'; options: VersionOptions }
  | { command: 'completion'; options: CompletionOptions };

/** Where a command takes ConfigMap, Secret and Applications from. */
export interface ConfigSource {
  kube: KubeOptions;
  configMapName: string;
  secretName: string;
  /** Path, `-` for standard input, '' for the cluster. */
  configMap: string;
  /** Path, `-`, `:empty` for a Secret without keys, '' for the cluster. */
  secret: string;
  /** Whom repo functions ask where the ConfigMap says nobody; absent: nobody. */
  repoServer?: RepoServerOptions;
}

export interface ConfigCheckOptions {
  source: ConfigSource;
  /** Paths or `-`, each with any number of documents; none: `source`. */
  files: string[];
  /** File with the Application that templates are rendered for; '': a sample. */
  application: string;
  /** Also look at the subscriptions of all Applications and AppProjects of the cluster. */
  cluster: boolean;
  /** Of these namespaces, beside Argo CD's; they may have ConfigMaps of their own. */
  applicationNamespaces: string[];
  selfService: boolean;
  /** Warnings count as errors. */
  strict: boolean;
  output: 'text' | 'json';
}

export interface DeliveriesOptions {
  queue: string;
  /** Only those that were given up. */
  failed: boolean;
  limit: number;
  output: 'text' | 'json';
}

/** Which of the deliveries that were given up. */
export interface ParkedOptions {
  queue: string;
  /** Ids or unambiguous beginnings of them; empty: all. */
  ids: string[];
}

export interface RecordOptions {
  kube: KubeOptions;
  /** Of Applications, beside Argo CD's. */
  applicationNamespaces: string[];
  /** Path of the file, compressed where it ends with .gz. */
  to: string;
  /** Milliseconds after which another file is begun; 0: never. */
  rotate: number;
  /** Milliseconds after which it ends by itself; 0: when it is stopped. */
  duration: number;
}

export interface ReplayCommandOptions {
  source: ConfigSource;
  /** Recordings, in their order; empty: the cluster as it is. */
  files: string[];
  /** Path of the ConfigMap to compare with; '': none. */
  against: string;
  /** Whose silences count, and with `files` empty all that it holds; undefined: none. */
  queue: string | undefined;
  /** Of Applications, beside Argo CD's, with `files` empty. */
  applicationNamespaces: string[];
  /** Milliseconds to go on for after the end. */
  ahead: number;
  /** Without the messages of what held at the start. */
  skipStart: boolean;
  output: 'wide' | 'json';
}

/** What an alert is, as metrics show it; `resolved`: it has ended, and that is still to be told. */
export const shownStates = [
  'pending',
  'firing',
  'silenced',
  'muted',
  'inhibited',
  'acknowledged',
  'resolved',
] as const;
export type ShownState = (typeof shownStates)[number];

export interface AlertsOptions {
  queue: string;
  /** Empty: all. */
  states: readonly ShownState[];
  /** Names of Applications, also with their namespace, and beginnings of ids; empty: all. */
  about: string[];
  limit: number;
  output: 'wide' | 'json' | 'yaml' | 'name';
}

export interface AlertShowOptions {
  queue: string;
  /** Unambiguous beginnings of ids. */
  ids: string[];
  output: 'wide' | 'json' | 'yaml';
}

export interface AcknowledgeOptions {
  queue: string;
  ids: string[];
  author: string;
  comment: string;
}

/** As amtool's. */
export type SilenceOutput = 'simple' | 'extended' | 'json' | 'yaml' | 'name';

export interface SilenceListOptions {
  queue: string;
  /** What silences have to be for, as given. */
  matchers: string[];
  /** Those that are over, in place of those that are not. */
  expired: boolean;
  /** Milliseconds until, or since, their end. */
  within: number | undefined;
  createdBy: string;
  /** A beginning of an id. */
  id: string;
  output: SilenceOutput;
}

export interface SilenceShowOptions {
  queue: string;
  ids: string[];
  output: 'simple' | 'json' | 'yaml';
}

export interface SilenceAddOptions {
  queue: string;
  /** As given. */
  matchers: string[];
  author: string;
  comment: string;
  /** Milliseconds; `end` goes before it. */
  duration: number;
  /** Unix milliseconds. */
  start: number | undefined;
  end: number | undefined;
  /** As given: `name=value`. */
  annotations: string[];
}

export interface SilenceExpireOptions {
  queue: string;
  ids: string[];
}

/** What is undefined stays as it is. */
export interface SilenceUpdateOptions {
  queue: string;
  ids: string[];
  comment: string | undefined;
  /** Milliseconds, from its start; `end` goes before it. */
  duration: number | undefined;
  /** Unix milliseconds. */
  start: number | undefined;
  end: number | undefined;
  output: SilenceOutput;
}

export interface SilenceImportOptions {
  queue: string;
  /** Path, or `-` for standard input. */
  file: string;
  /** As new ones, also those that are there already. */
  force: boolean;
}

export interface GetOptions {
  source: ConfigSource;
  /** Absent: all. */
  name?: string;
  output: 'wide' | 'name' | 'json' | 'yaml';
}

export interface TriggerRunOptions {
  source: ConfigSource;
  trigger: string;
  /** Path of a file, else the name of an Application in the cluster. */
  application: string;
  output: 'wide' | 'json' | 'yaml';
}

export interface TemplateRenderOptions {
  source: ConfigSource;
  /** Names, merged in this order. */
  templates: string[];
  application: string;
  /** `service:recipient`: sets what the template sees, and whose section is shown. */
  recipient: string;
  output: 'yaml' | 'json';
}

export interface TemplateNotifyOptions {
  source: ConfigSource;
  template: string;
  application: string;
  /** `service:recipient`, at least one. */
  recipients: string[];
}

/** What a Herald watches and keeps, as the flags and variables of `run` have it. */
interface BridgeOptions {
  source: ConfigSource;
  applicationNamespaces: string[];
  appLabelSelector: string;
  selfService: boolean;
  /** As `openStore` takes it, or `memory:`. */
  queue: string;
}

export interface ExplainOptions extends BridgeOptions {
  /** Path of a file, NAME or NAMESPACE/NAME. */
  application: string;
  /** '' for all. */
  trigger: string;
  /** Where the running bridge serves /readyz; '' for nowhere. */
  bridge: string;
  output: 'wide' | 'json' | 'yaml';
}

export interface DoctorOptions extends BridgeOptions {
  /** Argo CD's annotation is written. */
  writesAnnotation: boolean;
  /** Servers are reached through a proxy. */
  viaProxy: boolean;
  output: 'text' | 'json';
}

export interface RoutesOptions extends Omit<BridgeOptions, 'queue'> {
  /** Files with Applications and AppProjects, or `-`; empty: those of the cluster. */
  files: string[];
  /** Names of Applications, or NAMESPACE/NAME; empty: all. */
  applications: string[];
  /** '' for all. */
  trigger: string;
  /** `service:recipient` or `service`, '' for all. */
  destination: string;
  by: 'application' | 'destination';
  output: 'wide' | 'json' | 'yaml';
}

export interface VersionOptions {
  output: 'text' | 'json';
}

export interface CompletionOptions {
  shell: 'bash' | 'zsh' | 'fish';
}
