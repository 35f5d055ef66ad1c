/**
 * The commands and flags of `herald`, and what commands read of files and the cluster. It may import the leaves,
 * `config/` and the ground, and nothing of the running bridge.
 */
import { createArgocd } from '../argocd/argocd.ts';
import type { Lookup } from '../argocd/lookup.ts';
import type { Config } from '../config/config.ts';
import { createLog } from '../log.ts';
import type { CommandIo } from './io.ts';
import type { LoadedConfig } from './source.ts';

/** Lets `use` ask the Argo CD that is configured, for repo functions; undefined where none is. */
export async function withArgocd<T>(
  { argocd: options }: Config,
  { namespace }: LoadedConfig,
  io: CommandIo,
  use: (argocd: Lookup | undefined) => Promise<T>,
): Promise<T> {
  const log = createLog({ level: 'info', format: 'text' }, { write: (text) => io.stderr(text) });
  const argocd = createArgocd(
    { log, now: () => io.now() },
    { namespace, certificatesOf: (host) => io.certificatesOf(host) },
  );
  try {
    return await use(argocd.lookup(options));
  } finally {
    await argocd.close();
  }
}
