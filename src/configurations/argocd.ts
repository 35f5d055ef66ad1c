import { type Argocd, createArgocd } from '../argocd/argocd.ts';
import type { RepoServerOptions } from '../argocd/repo-server-tls.ts';
import { createApplicationEvents } from '../cluster/application-events.ts';
import { createArgocdSettings } from '../cluster/argocd-settings.ts';
import type { Connection } from '../cluster/connect.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { CertificatesOf } from '../net/host-certificates.ts';
import { createScrub, excerptOf } from '../services/secrets.ts';

interface Deps {
  connection: Pick<Connection, 'json'>;
  metrics: Metrics;
  log: Logger;
  now(): number;
}

/** Whom repo functions ask. */
export interface Asked {
  /** Where Argo CD itself lives. */
  namespace: string;
  /** Of its API. */
  certificatesOf: CertificatesOf;
  /** Where the ConfigMap names no API; absent: nobody. */
  repoServer?: RepoServerOptions | undefined;
}

const hour = 3_600_000;

/** Whom repo functions ask, with the credentials of repositories that Argo CD keeps in the cluster. */
export function createArgocdOf({ connection, ...deps }: Deps, settings: Asked): Argocd {
  const told = new Map<string, number>();
  function onForbidden(missing: { right: string; without: string; mend: string }): void {
    const now = deps.now();
    if (now < (told.get(missing.right) ?? Number.NEGATIVE_INFINITY) + hour) return;
    told.set(missing.right, now);
    deps.log.warn(missing, 'A right for repo functions is missing');
  }
  const readSettings = createArgocdSettings({ connection, onForbidden }, settings.namespace);
  const readEvents = createApplicationEvents({ connection, onForbidden });
  return createArgocd({ ...deps, readSettings, readEvents, excerptOf: excerpt }, settings);
}

/** Of what the repo-server says: enough for an error of git. */
function excerpt(text: string, secrets: readonly string[]): string {
  return excerptOf(text, createScrub(secrets), 300);
}
