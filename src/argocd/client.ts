import { request } from 'undici';
import type { GoStruct } from '../go/struct.ts';
import type { JsonObject } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import { createConnections } from '../net/connections.ts';
import type { CertificatesOf } from '../net/host-certificates.ts';
import { describeFailure } from './failure.ts';
import type { Question } from './questions.ts';
import { readAppDetails, readCommitMetadata, readUnhealthyResources } from './schema.ts';

/** As `argocd` of the ConfigMap has it. */
export interface ArgocdOptions {
  readonly url: string;
  readonly token: string;
  readonly insecureSkipVerify: boolean;
  /** Of a tenant: where it may be. Absent: anywhere. */
  readonly addresses?: AddressPolicy;
}

/**
 * `unknown`: Argo CD answers, and does not know the revision, the source or the Application. `refused`: the token is
 * not accepted or may not read it. `unreachable`: nothing that could be taken for an answer of Argo CD.
 */
export type Answer =
  | { ok: true; value: GoStruct | readonly JsonObject[] }
  | {
      ok: false;
      reason: 'unknown' | 'refused' | 'unreachable';
      /** For people; holds no secret. */
      detail: string;
    };

export interface ArgocdClient<Asked extends Question = Question> {
  /** One request; never rejects. */
  ask(question: Asked, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface ClientSettings {
  /** Where Argo CD itself lives: Applications of other namespaces are named with theirs. */
  namespace: string;
  /** What the server's certificate must descend from, in place of the system's roots. */
  certificatesOf?: CertificatesOf | undefined;
}

/** To one Argo CD; more questions wait for a connection. */
const connections = 10;
const connectTimeout = 2_000;
/** Bytes; details of a chart hold its values. */
const largestAnswer = 8 * 1024 * 1024;

/**
 * Argo CD's REST API. The token needs `applications, get`, and for `repo.GetAppDetails` also `repositories, get`.
 * Opens nothing before the first question. Throws when a proxy variable is no URL.
 */
export function createArgocdClient(options: ArgocdOptions, settings: ClientSettings): ArgocdClient {
  const base = options.url.replace(/\/+$/, '');
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'herald',
    ...(options.token.trim() === '' ? {} : { authorization: `Bearer ${options.token.trim()}` }),
  };
  const { insecureSkipVerify, addresses } = options;
  const { certificatesOf } = settings;
  const dispatcher = createConnections(
    { insecureSkipVerify, addresses, certificatesOf },
    { connections, connectTimeout, largestAnswer },
  );
  let closing: Promise<void> | undefined;

  return {
    async ask(question, signal) {
      try {
        const { path, body } = requestOf(question, settings.namespace);
        const response = await request(`${base}/api/v1/${path}`, {
          method: body === undefined ? 'GET' : 'POST',
          headers,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          dispatcher,
          signal,
        });
        const text = await response.body.text();
        return answerOf(question, response.statusCode, text);
      } catch (error) {
        return { ok: false, reason: 'unreachable', detail: describeFailure(error) };
      }
    },
    close() {
      closing ??= dispatcher.destroy();
      return closing;
    },
  };
}

function requestOf(question: Question, argocdNamespace: string): { path: string; body?: unknown } {
  const { application, sourceIndex } = question;
  const { namespace, name, project } = application;
  if (question.kind === 'commit') {
    const query = new URLSearchParams({ appNamespace: namespace, project });
    if (sourceIndex !== undefined) query.set('sourceIndex', String(sourceIndex));
    const revision = encodeURIComponent(question.revision);
    return {
      path: `applications/${encodeURIComponent(name)}/revisions/${revision}/metadata?${query.toString()}`,
    };
  }
  if (question.kind === 'health') {
    const query = new URLSearchParams({ appNamespace: namespace, project });
    return { path: `applications/${encodeURIComponent(name)}/resource-tree?${query.toString()}` };
  }
  const { source } = question;
  return {
    path: `repositories/${encodeURIComponent(source.repoURL)}/appdetails`,
    body: {
      source,
      appName: namespace === argocdNamespace ? name : `${namespace}/${name}`,
      appProject: project,
      ...(sourceIndex === undefined ? {} : { sourceIndex }),
    },
  };
}

function answerOf(question: Question, status: number, text: string): Answer {
  const body = parseJson(text);
  if (status === 200) {
    const value = readAnswer(question, body);
    if (value !== undefined) return { ok: true, value };
    return { ok: false, reason: 'unreachable', detail: 'sent an answer that is not from its API' };
  }
  const detail = `answered HTTP ${status}`;
  if (status === 401) {
    return { ok: false, reason: 'refused', detail: `${detail}. Check the token of argocd in the Secret` };
  }
  if (status === 403) return { ok: false, reason: 'refused', detail: `${detail}. ${NEEDED[question.kind]}` };
  if (status >= 300 && status < 400) {
    return {
      ok: false,
      reason: 'unreachable',
      detail: `${detail}. Write where it leads to as url of argocd`,
    };
  }
  // The gateway puts a gRPC code into the body: what has one is Argo CD's own answer, as for a revision unknown to git.
  const isOwn = typeof body === 'object' && body !== null && 'code' in body;
  const isDown = status === 429 || (status >= 502 && status <= 504) || !isOwn;
  return { ok: false, reason: isDown ? 'unreachable' : 'unknown', detail };
}

function readAnswer(question: Question, body: unknown): GoStruct | readonly JsonObject[] | undefined {
  switch (question.kind) {
    case 'commit':
      return readCommitMetadata(body);
    case 'details':
      return readAppDetails(body, question);
    case 'health':
      return readUnhealthyResources(body);
  }
}

const NEEDED = {
  health: 'The token needs: applications, get',
  commit: 'The token needs: applications, get',
  details:
    'The token needs: applications, get; repositories, get; and the source must be one of the Application',
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
