/** What a Role has to allow for a collection to be watched. */
export interface Right {
  verb: 'list' | 'watch';
  /** With its group, as in `kubectl auth can-i`. */
  resource: string;
  /** Undefined: in all namespaces. */
  namespace: string | undefined;
}

/** Of the path of a collection. */
export function rightOf(path: string, verb: Right['verb']): Right {
  const segments = path.split('/').filter((segment) => segment !== '');
  const group = segments[0] === 'apis' ? (segments[1] ?? '') : '';
  const rest = segments.slice(segments[0] === 'apis' ? 3 : 2);
  const namespace =
    rest[0] === 'namespaces' && rest.length > 2 ? decodeURIComponent(rest[1] ?? '') : undefined;
  const plural = rest.at(-1) ?? '';
  return { verb, resource: group === '' ? plural : `${plural}.${group}`, namespace };
}

/** `list secrets in the namespace argocd` */
export function describeRight({ verb, resource, namespace }: Right): string {
  return `${verb} ${resource} in ${namespace === undefined ? 'all namespaces' : `the namespace ${namespace}`}`;
}
