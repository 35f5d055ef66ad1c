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
  | { command: 'trigger get'; options: GetOptions }
  | { command: 'trigger run'; options: TriggerRunOptions }
  | { command: 'template get'; options: GetOptions }
  | { command: 'template render'; options: TemplateRenderOptions }
  | { command: 'template notify'; options: TemplateNotifyOptions };

/** Where a command takes ConfigMap, Secret and Applications from. */
export interface ConfigSource {
  kube: KubeOptions;
  configMapName: string;
  secretName: string;
  /** Path, `-` for standard input, '' for the cluster. */
  configMap: string;
  /** Path, `-`, `:empty` for a Secret without keys, '' for the cluster. */
  secret: string;
  /** Whom repo functions ask where the ConfigMap says nobody; undefined: nobody. */
  repoServer: RepoServerOptions | undefined;
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
