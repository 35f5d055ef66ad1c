/** What the account of the connection may do, asked of the API server itself. */
import { at, textAt } from '../../json.ts';
import type { ClusterReader } from '../io.ts';

export interface AskedRight {
  verb: 'get' | 'list' | 'watch' | 'create' | 'patch';
  /** '' for Kubernetes' own. */
  group: string;
  resource: string;
  /** Absent: in all namespaces. */
  namespace?: string;
  /** Absent: whatever its name. */
  name?: string;
}

/** `watch applications.argoproj.io in the namespace argocd` */
export function rightText({ verb, group, resource, namespace, name }: AskedRight): string {
  const what = `${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${name}`}`;
  return `${verb} ${what} in ${namespace === undefined ? 'all namespaces' : `the namespace ${namespace}`}`;
}

/** undefined: the server does not say. */
export async function isAllowed(cluster: ClusterReader, right: AskedRight): Promise<boolean | undefined> {
  const { verb, group, resource, namespace = '', name = '' } = right;
  const answer = await cluster
    .json({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, group, resource, namespace, name } },
      },
    })
    .catch(() => undefined);
  const allowed = at(answer, 'status', 'allowed');
  // An authorizer that could not be asked is no refusal.
  if (allowed !== true && textAt(answer, 'status', 'evaluationError') !== '') return undefined;
  return typeof allowed === 'boolean' ? allowed : undefined;
}
