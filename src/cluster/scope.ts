import { compileNamespacePatterns, type NamespacePatternProblem } from './namespace-patterns.ts';

/** The namespaces that Herald looks into. */
export interface WatchScope {
  /** Of the controller: always in it. */
  namespace: string;
  includes(namespace: string): boolean;
  /** The namespaces that are named as they are, not by a pattern; the controller's is the first. */
  named: readonly string[];
  /** Patterns of `--application-namespaces` that cannot be read, and match nothing. */
  problems: NamespacePatternProblem[];
  /** No other namespace can be in it. */
  onlyOwn: boolean;
}

const isName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Behaviour of Argo CD's `security.IsNamespaceEnabled`: the controller's namespace, or one that a pattern matches. */
export function createWatchScope(namespace: string, applicationNamespaces: readonly string[]): WatchScope {
  const patterns = compileNamespacePatterns(applicationNamespaces);
  return {
    namespace,
    includes: (other) => other === namespace || patterns.matches(other),
    named: [...new Set([namespace, ...applicationNamespaces.filter((entry) => isName.test(entry))])],
    problems: patterns.problems,
    onlyOwn: applicationNamespaces.every((pattern) => pattern === namespace),
  };
}

/** Path of a collection of Argo CD's objects, in one namespace or in all of them. */
export function argoPath(plural: string, namespace: string | undefined): string {
  return `/apis/argoproj.io/v1alpha1${namespaceSegment(namespace)}/${plural}`;
}

/** Path of a collection of Kubernetes' own objects. */
export function corePath(plural: string, namespace: string | undefined): string {
  return `/api/v1${namespaceSegment(namespace)}/${plural}`;
}

function namespaceSegment(namespace: string | undefined): string {
  return namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
}
