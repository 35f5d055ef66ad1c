/**
 * The namespaces that argo-cd adds to conditions and templates: `time`, `strings`, `repo` and `sync`. The folder may
 * import `go/`, and what is known of the shape of an Application.
 */
import { type GoLocation, localLocation } from '../location.ts';
import { type RepoProvider, repoNamespace } from './repo.ts';
import { stringsNamespace } from './strings.ts';
import { syncNamespace } from './sync.ts';
import { timeNamespace } from './time.ts';

export interface NamespaceOptions {
  /** Unix milliseconds; read at each `time.Now()`. */
  now: () => number;
  repo?: RepoProvider;
  /** What `Local` means; default the zone of the process (`TZ`). */
  local?: () => GoLocation;
}

/** Go values; functions carry their Go type (`GoFunction`), call them with `callFunction`. */
export interface Namespaces {
  readonly time: Readonly<Record<string, unknown>>;
  readonly strings: Readonly<Record<string, unknown>>;
  readonly repo: Readonly<Record<string, unknown>>;
  readonly sync: Readonly<Record<string, unknown>>;
}

export function createNamespaces(options: NamespaceOptions): Namespaces {
  return {
    time: timeNamespace(options.now, options.local ?? localLocation),
    strings: stringsNamespace,
    repo: repoNamespace(options.repo),
    sync: syncNamespace,
  };
}
