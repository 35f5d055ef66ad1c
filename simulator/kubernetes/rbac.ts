import type { JsonObject } from '../../src/model.ts';
import type { Verb } from './faults.ts';
import { qualified, type Target } from './resources.ts';
import { type ApiError, apiError } from './status.ts';

/** Manifests of Roles, ClusterRoles and their bindings; others are ignored, so that a whole rendering may be given. */
export type RbacManifests = readonly JsonObject[];

export interface ServiceAccount {
  namespace: string;
  name: string;
}

/** What a request is about, as the authorizer of the API server sees it. */
export interface Attributes {
  verb: Verb;
  target: Target;
  query: URLSearchParams;
}

/** Undefined: it may. */
export type Authorizer = (attributes: Attributes) => ApiError | undefined;

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  verbs: string[];
}

interface Granted {
  /** Undefined: everywhere. */
  namespace: string | undefined;
  rules: readonly Rule[];
}

/** Everything that is bound to the account, and nothing else: as RBAC, which only ever adds rights. */
export function createAuthorizer(manifests: RbacManifests, account: ServiceAccount): Authorizer {
  const granted = grantsOf(manifests, account);
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  return ({ verb, target, query }) => {
    const { resource, namespace } = target;
    const name = target.name ?? nameOfSelector(verb, query);
    const isAllowed = granted.some(
      (grant) =>
        (grant.namespace === undefined || grant.namespace === namespace) &&
        grant.rules.some((rule) => covers(rule, verb, resource.group, resource.plural, name)),
    );
    return isAllowed ? undefined : forbidden(user, verb, target, name);
  };
}

/** The API server's own words. */
export function forbidden(user: string, verb: Verb, target: Target, name: string | undefined): ApiError {
  const { resource, namespace } = target;
  const subject = name === undefined ? qualified(resource) : `${qualified(resource)} "${name}"`;
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return apiError(
    403,
    `${subject} is forbidden: User "${user}" cannot ${verb} resource "${resource.plural}" in API group "${resource.group}" ${scope}`,
    {
      ...(name === undefined ? {} : { name }),
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
    },
  );
}

/** A list or watch of one name is a request for that name. */
function nameOfSelector(verb: Verb, query: URLSearchParams): string | undefined {
  if (verb !== 'list' && verb !== 'watch') return undefined;
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1];
}

function covers(rule: Rule, verb: Verb, group: string, resource: string, name: string | undefined): boolean {
  const has = (list: string[] | undefined, wanted: string) =>
    list !== undefined && (list.includes('*') || list.includes(wanted));
  const isNamed =
    rule.resourceNames === undefined ||
    rule.resourceNames.length === 0 ||
    (name !== undefined && rule.resourceNames.includes(name));
  return has(rule.verbs, verb) && has(rule.apiGroups, group) && has(rule.resources, resource) && isNamed;
}

function grantsOf(manifests: RbacManifests, account: ServiceAccount): Granted[] {
  const roles = new Map<string, readonly Rule[]>();
  for (const manifest of manifests) {
    if (manifest.kind !== 'Role' && manifest.kind !== 'ClusterRole') continue;
    const { name, namespace } = manifest.metadata as { name: string; namespace?: string };
    const key = manifest.kind === 'Role' ? `Role/${namespace ?? ''}/${name}` : `ClusterRole/${name}`;
    roles.set(key, (manifest.rules ?? []) as unknown as Rule[]);
  }
  const granted: Granted[] = [];
  for (const manifest of manifests) {
    if (manifest.kind !== 'RoleBinding' && manifest.kind !== 'ClusterRoleBinding') continue;
    const { namespace } = manifest.metadata as { namespace?: string };
    const subjects = (manifest.subjects ?? []) as { kind: string; name: string; namespace?: string }[];
    const isOurs = subjects.some(
      (subject) =>
        subject.kind === 'ServiceAccount' &&
        subject.name === account.name &&
        subject.namespace === account.namespace,
    );
    if (!isOurs) continue;
    const { kind, name } = manifest.roleRef as { kind: string; name: string };
    const isCluster = manifest.kind === 'ClusterRoleBinding';
    // A ClusterRoleBinding of a Role is not valid, and a RoleBinding names a Role of its own namespace.
    const key = kind === 'ClusterRole' ? `ClusterRole/${name}` : `Role/${namespace ?? ''}/${name}`;
    const rules = isCluster && kind === 'Role' ? undefined : roles.get(key);
    if (rules !== undefined) granted.push({ namespace: isCluster ? undefined : (namespace ?? ''), rules });
  }
  return granted;
}
