import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerWithFault, createFaultPlan, type Fault, readBody } from '../../simulator/http-faults.ts';
import type { Json, JsonObject } from '../../src/model.ts';

export interface ArgocdRequest {
  method: string;
  /** Path segments behind `/api/v1/`, decoded. */
  segments: string[];
  query: Record<string, string>;
  authorization: string | undefined;
  body: JsonObject;
}

/** Argo CD's REST API on localhost, as far as repo functions ask it: real HTTP, the shapes of its grpc-gateway. */
export interface ArgocdDouble {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly url: string;
  readonly token: string;
  readonly requests: readonly ArgocdRequest[];
  /** Metadata by revision, or by `revision@sourceIndex`. */
  commits: Record<string, JsonObject>;
  /** Nodes of resource trees by `namespace/name`. */
  trees: Record<string, JsonObject[]>;
  /** Details by repoURL. */
  details: Record<string, JsonObject>;
  /** `namespace/name` of the Applications that exist; undefined: any. */
  applications: string[] | undefined;
  fail(fault: Fault, options?: { times?: number; where?: (request: ArgocdRequest) => boolean }): void;
  clearFaults(): void;
}

const codes: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 500: 2 };

export function createArgocdDouble(): ArgocdDouble {
  const plan = createFaultPlan<Fault, ArgocdRequest>();
  const requests: ArgocdRequest[] = [];
  let server: Server | undefined;
  const refuse = (status: number, message: string) => ({
    status,
    body: { error: message, code: codes[status] ?? 2, message } as Json,
  });

  function answer({ method, segments, query, authorization, body }: ArgocdRequest): {
    status: number;
    body: Json;
  } {
    if (authorization !== `Bearer ${double.token}`) return refuse(401, 'invalid session');
    const [kind, name = '', what, revision = '', leaf] = segments;
    if (method === 'GET' && kind === 'applications' && what === 'revisions' && leaf === 'metadata') {
      const exists = double.applications?.includes(`${query.appNamespace}/${name}`) ?? true;
      if (!exists) return refuse(404, `applications "${name}" not found`);
      const found = double.commits[`${revision}@${query.sourceIndex}`] ?? double.commits[revision];
      return found ? { status: 200, body: found } : refuse(500, `failed to get git metadata at ${revision}`);
    }
    if (method === 'POST' && kind === 'repositories' && what === 'appdetails') {
      const found = double.details[name];
      if (!body.source || !body.appName || body.appProject === '')
        return refuse(500, 'missing payload in request');
      return found ? { status: 200, body: found } : refuse(403, 'permission denied');
    }
    if (method === 'GET' && kind === 'applications' && what === 'resource-tree') {
      const nodes = double.trees[`${query.appNamespace}/${name}`];
      return nodes ? { status: 200, body: { nodes } } : refuse(404, `applications "${name}" not found`);
    }
    return refuse(404, 'Not Found');
  }

  const double: ArgocdDouble = {
    async start() {
      server = createServer((request, response) => {
        void readBody(request).then(async (text) => {
          const { pathname, searchParams } = new URL(request.url ?? '/', 'http://argocd');
          const seen: ArgocdRequest = {
            method: request.method ?? '',
            segments: pathname.replace('/base/api/v1/', '').split('/').map(decodeURIComponent),
            query: Object.fromEntries(searchParams),
            authorization: request.headers.authorization,
            body: text === '' ? {} : (JSON.parse(text) as JsonObject),
          };
          requests.push(seen);
          await answerWithFault(plan.take(seen), { request, response }, () => {
            const { status, body } = answer(seen);
            return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
          });
        });
      });
      await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    },
    async stop() {
      server?.closeAllConnections();
      await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    },
    // With a path before the API's, as behind --rootpath.
    get url() {
      const address = server?.address() as AddressInfo | undefined;
      return `http://127.0.0.1:${address?.port}/base/`;
    },
    token: 'argocd-secret-token',
    requests,
    commits: {},
    trees: {},
    details: {},
    applications: undefined,
    fail: (fault, options) => plan.add(fault, options),
    clearFaults: () => plan.clear(),
  };
  return double;
}
