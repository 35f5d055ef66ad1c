/** What the API server says of itself: groups, resources, and as much of its OpenAPI as kubectl asks for. */
import type { JsonObject } from '../../src/model.ts';
import { apiVersion, type Resource, resources } from './resources.ts';
import { apiError } from './status.ts';

type IsInstalled = (resource: Resource) => boolean;

const groupVersions = [...new Set(resources.map(apiVersion))];

/** The answer to a path that asks for it; undefined: it asks for something else. */
export function discovery(path: string, isInstalled: IsInstalled): JsonObject | undefined {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return groups();
  if (path === '/api/v1') return resourcesOf('', 'v1', isInstalled);
  const [, group, version] = /^\/apis\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (group !== undefined && version !== undefined) return resourcesOf(group, version, isInstalled);
  if (path === '/openapi/v3') return openApiRoot();
  const [, described] = /^\/openapi\/v3\/(?:api|apis)\/(.+)$/.exec(path) ?? [];
  return described === undefined ? undefined : openApiOf(described);
}

function groups(): JsonObject {
  const named = groupVersions.filter((each) => each.includes('/'));
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: named.map((groupVersion) => {
      const [name = '', version = ''] = groupVersion.split('/');
      const only = { groupVersion, version };
      return { name, versions: [only], preferredVersion: only };
    }),
  };
}

function resourcesOf(group: string, version: string, isInstalled: IsInstalled): JsonObject {
  const found = resources.filter((resource) => resource.group === group && resource.version === version);
  if (found.length === 0) throw apiError(404, 'the server could not find the requested resource');
  const listed = found.filter(isInstalled).flatMap(({ plural, kind, namespaced }) => [
    {
      name: plural,
      singularName: kind.toLowerCase(),
      kind,
      namespaced,
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    },
    ...(plural === 'deployments' ? [scale] : []),
  ]);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: listed,
  };
}

const scale = {
  name: 'deployments/scale',
  singularName: '',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  namespaced: true,
  verbs: ['get', 'patch', 'update'],
};

const pathOf = (groupVersion: string) => `${groupVersion.includes('/') ? 'apis' : 'api'}/${groupVersion}`;

function openApiRoot(): JsonObject {
  const paths = groupVersions.map((each) => [
    pathOf(each),
    { serverRelativeURL: `/openapi/v3/${pathOf(each)}?hash=1` },
  ]);
  return { paths: Object.fromEntries(paths) as JsonObject };
}

/** That it validates fields itself, which is why a client need not; schemas it has none of. */
function openApiOf(groupVersion: string): JsonObject {
  const parameters = [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }];
  const paths = resources
    .filter((resource) => apiVersion(resource) === groupVersion)
    .map(({ group, version, kind, plural }) => [
      `/${pathOf(groupVersion)}/${plural}/{name}`,
      {
        patch: {
          parameters,
          responses: { 200: { description: 'OK' } },
          'x-kubernetes-group-version-kind': { group, version, kind },
        },
      },
    ]);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.0' },
    paths: Object.fromEntries(paths) as JsonObject,
  };
}
