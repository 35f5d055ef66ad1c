import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import type { StoredState } from '../store/service-state.ts';

/**
 * Remembers, over a restart and for all replicas, with which configuration parked deliveries were tried last: what a
 * process reads when it starts is news only where it differs from that. A slow, salted digest is kept, of everything
 * at once, and no secret.
 */
export interface ConfigurationMemory {
  isNew(snapshot: ConfigSnapshot): Promise<boolean>;
  remember(snapshot: ConfigSnapshot): Promise<void>;
}

const tenYears = 10 * 365 * 24 * 3600;
const digestBytes = 32;
const derive = promisify<string, string, number, Buffer>(scrypt);

export function createConfigurationMemory(state: StoredState): ConfigurationMemory {
  return {
    async isNew(snapshot) {
      const known = await state.get(snapshot.namespace);
      if (typeof known?.salt !== 'string') return true;
      return known.digest !== (await digestOf(snapshot, known.salt));
    },
    async remember(snapshot) {
      const salt = randomBytes(16).toString('base64');
      await state.set(snapshot.namespace, { salt, digest: await digestOf(snapshot, salt) }, tenYears);
    },
  };
}

async function digestOf(snapshot: ConfigSnapshot, salt: string): Promise<string> {
  const { configMap, secret, labelledSecrets } = snapshot;
  const parts = [
    sorted(Object.entries(configMap?.data ?? {})),
    sorted(secret ?? []),
    sorted([...labelledSecrets].map(([name, data]) => [name, sorted(data)] as const)),
  ];
  return (await derive(JSON.stringify(parts), salt, digestBytes)).toString('base64');
}

function sorted<T extends readonly [string, unknown]>(entries: Iterable<T>): (readonly [string, unknown])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
