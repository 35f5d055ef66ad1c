/** SelfSubjectAccessReview: what whoever asks may do. */
import { objectAt, textAt } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import type { Verb } from './faults.ts';
import type { Authorizer } from './rbac.ts';
import { apiError } from './status.ts';

export const reviewPath = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Without Roles everybody may do everything. Nothing is kept of a review. */
export function answerReview(review: JsonObject, authorizer: Authorizer | undefined): JsonObject {
  const attributes = objectAt(review, 'spec', 'resourceAttributes');
  if (Object.keys(attributes).length === 0)
    throw apiError(
      422,
      'spec.resourceAttributes: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  const text = (name: string): string => textAt(attributes, name);
  const resource = {
    group: text('group'),
    version: text('version') || 'v1',
    plural: text('resource'),
    kind: text('resource'),
    namespaced: text('namespace') !== '',
    custom: false,
  };
  const refusal = authorizer?.({
    verb: text('verb') as Verb,
    target: {
      resource,
      ...(text('namespace') === '' ? {} : { namespace: text('namespace') }),
      ...(text('name') === '' ? {} : { name: text('name') }),
    },
    query: new URLSearchParams(),
  });
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: review.spec ?? {},
    status: refusal === undefined ? { allowed: true } : { allowed: false, reason: '' },
  };
}
