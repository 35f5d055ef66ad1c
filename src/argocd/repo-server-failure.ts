/** What it means that the repo-server has not answered, for people. */
import { status } from '@grpc/grpc-js';
import type { Answer } from './client.ts';

type Failure = Extract<Answer, { ok: false }>;

export function unreachable(detail: string): Failure {
  return { ok: false, reason: 'unreachable', detail };
}

/** `said`: the details of the call's status, without secrets. */
export function failureOf(
  code: status,
  said: string,
  { hasCredentials }: { hasCredentials: boolean },
): Failure {
  switch (code) {
    case status.DEADLINE_EXCEEDED:
    case status.CANCELLED:
      return unreachable('no answer in time');
    case status.UNAVAILABLE:
      return unreachable(`cannot be reached: ${connectionFailure(said)}`);
    case status.UNIMPLEMENTED:
      return unreachable(`answers, but not as a repo-server: ${said}`);
    default: {
      const isRefused = code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED;
      const detail = `answered ${status[code] ?? code}: ${said}${hasCredentials ? '' : withoutCredentials}`;
      return { ok: false, reason: isRefused ? 'refused' : 'unknown', detail };
    }
  }
}

const withoutCredentials =
  '. It was asked without credentials: allow list of secrets in the namespace of Argo CD, as config/base/role-labelled-secrets.yaml does';

/** grpc-js tells of the last attempt to connect in words of its own. */
function connectionFailure(said: string): string {
  const [, last = said] = /Last error: (?:Error: )?(.*?)\.? ?(?:Resolution note:|$)/.exec(said) ?? [];
  // Node.js appends an advice for its command line, and grpc-js the time.
  const what = (last.split(';')[0] ?? '').replace(/ \(\d{4}-[^)]*Z\)/g, '').trim();
  if (/certificate|altnames/i.test(what)) {
    return (
      `${what}. Its certificate has to descend from what is in the file of --repo-server-ca-cert-path, or with ` +
      '--argocd-repo-server-strict-tls in reposerver/tls of /app/config'
    );
  }
  if (/^Failed to connect|wrong version number|ECONNRESET|socket disconnected|Connection dropped/i.test(what))
    return `${what}. Is one of both without TLS? --argocd-repo-server-plaintext has to fit it`;
  return what;
}
