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
