/** The kinds that the simulated API server serves, and how a request path names them. */

export interface Resource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  /** Defined by a CustomResourceDefinition: stricter updates, and list items that carry their kind. */
  custom: boolean;
}

export type Plural =
  | 'applications'
  | 'appprojects'
  | 'applicationsets'
  | 'configmaps'
  | 'secrets'
  | 'events'
  | 'namespaces'
  | 'leases'
  | 'deployments'
  // Of what is installed: nothing in the simulator acts on them.
  | 'serviceaccounts'
  | 'services'
  | 'persistentvolumeclaims'
  | 'networkpolicies'
  | 'poddisruptionbudgets'
  | 'roles'
  | 'rolebindings';

function argo(plural: Plural, kind: string): Resource {
  return { group: 'argoproj.io', version: 'v1alpha1', plural, kind, namespaced: true, custom: true };
}

function builtIn(group: string, plural: Plural, kind: string): Resource {
  return { group, version: 'v1', plural, kind, namespaced: plural !== 'namespaces', custom: false };
}

function core(plural: Plural, kind: string): Resource {
  return builtIn('', plural, kind);
}

export const resources: readonly Resource[] = [
  argo('applications', 'Application'),
  argo('appprojects', 'AppProject'),
  argo('applicationsets', 'ApplicationSet'),
  core('configmaps', 'ConfigMap'),
  core('secrets', 'Secret'),
  core('events', 'Event'),
  core('namespaces', 'Namespace'),
  core('serviceaccounts', 'ServiceAccount'),
  core('services', 'Service'),
  core('persistentvolumeclaims', 'PersistentVolumeClaim'),
  builtIn('coordination.k8s.io', 'leases', 'Lease'),
  builtIn('apps', 'deployments', 'Deployment'),
  builtIn('networking.k8s.io', 'networkpolicies', 'NetworkPolicy'),
  builtIn('policy', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  builtIn('rbac.authorization.k8s.io', 'roles', 'Role'),
  builtIn('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding'),
];

export interface Target {
  resource: Resource;
  /** Absent: all namespaces, or a resource that has none. */
  namespace?: string;
  /** Absent: the collection. */
  name?: string;
  subresource?: 'scale';
}

export function apiVersion(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** As messages name it: `applications.argoproj.io`. */
export function qualified({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export function resourceOfKind(kind: string): Resource {
  const found = resources.find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`The simulated API server has no kind ${kind}`);
  return found;
}

/** What a path such as `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/guestbook` names. */
export function parsePath(path: string): Target | undefined {
  const scaled = /^(.*\/deployments\/[^/]+)\/scale$/.exec(path)?.[1];
  const target = parseObjectPath(scaled ?? path);
  return target && scaled !== undefined ? { ...target, subresource: 'scale' } : target;
}

function parseObjectPath(path: string): Target | undefined {
  const segments = path.split('/').slice(1).map(decodeURIComponent);
  const [group, version, ...rest] = segments[0] === 'api' ? ['', ...segments.slice(1)] : segments.slice(1);
  if (segments[0] !== 'api' && segments[0] !== 'apis') return undefined;
  const find = (plural: string | undefined): Resource | undefined =>
    resources.find(
      (resource) => resource.group === group && resource.version === version && resource.plural === plural,
    );

  if (rest[0] === 'namespaces' && rest.length >= 3) {
    const [, namespace, plural, name, ...more] = rest;
    const resource = find(plural);
    if (resource?.namespaced !== true || namespace === undefined || more.length > 0) return undefined;
    return { resource, namespace, ...(name === undefined ? {} : { name }) };
  }
  const [plural, name, ...more] = rest;
  const resource = find(plural);
  if (resource === undefined || more.length > 0 || (resource.namespaced && name !== undefined))
    return undefined;
  return { resource, ...(name === undefined ? {} : { name }) };
}
