/**
 * The commands and flags of `herald`, and what commands read of files and the cluster. It may import the leaves,
 * `config/`, `replay/` and the ground, and nothing of the running bridge.
 */
import { createArgocd } from '../argocd/argocd.ts';
import type { HealthEventsDeps } from '../argocd/health-events.ts';
import type { Lookup } from '../argocd/lookup.ts';
import type { RepoServerDeps } from '../argocd/repo-server.ts';
import { createApplicationEvents } from '../cluster/application-events.ts';
import { createArgocdSettings } from '../cluster/argocd-settings.ts';
import type { Config } from '../config/config.ts';
import { createLog } from '../log.ts';
import { createScrub, excerptOf } from '../services/secrets.ts';
import type { CommandIo } from './io.ts';
import type { ConfigSource } from './options.ts';
import type { LoadedConfig, Source } from './source.ts';

interface Given {
  config: Config;
  loaded: LoadedConfig;
  source: Source;
  options: Pick<ConfigSource, 'repoServer'>;
}

/** Lets `use` ask the Argo CD that is configured, or else its repo-server, for repo functions; undefined where there is neither. */
export async function withArgocd<T>(
  { config, loaded, source, options }: Given,
  io: CommandIo,
  use: (argocd: Lookup | undefined) => Promise<T>,
): Promise<T> {
  const { namespace } = loaded;
  const log = createLog({ level: 'info', format: 'text' }, { write: (text) => io.stderr(text) });
  let readSettings: RepoServerDeps['readSettings'] | undefined;
  let readEvents: HealthEventsDeps['readEvents'] | undefined;
  const onForbidden = (missing: object) => log.warn(missing, 'A right for repo functions is missing');
  const argocd = createArgocd(
    {
      log,
      now: () => io.now(),
      async readEvents(application) {
        readEvents ??= createApplicationEvents({ connection: source.cluster(), onForbidden });
        return readEvents(application);
      },
      async readSettings(signal) {
        readSettings ??= createArgocdSettings({ connection: source.cluster(), onForbidden }, namespace);
        return readSettings(signal);
      },
      excerptOf: (text, secrets) => excerptOf(text, createScrub(secrets), 300),
    },
    { namespace, certificatesOf: (host) => io.certificatesOf(host), repoServer: options.repoServer },
  );
  try {
    return await use(argocd.lookup(config.argocd));
  } finally {
    await argocd.close();
  }
}
