import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import type { Config } from '../config/config.ts';
import type { Problem } from '../model.ts';

/**
 * Characters of a tenant's ConfigMap that are read, each key counting for some more: compiling them holds up everything
 * else for up to a quarter of a second.
 */
export const mostRead = 96 * 1024;
const aroundKey = 100;

/** What is read of a tenant's ConfigMap, in the order of its keys, and a problem for each key that is not. */
export function bounded(snapshot: ConfigSnapshot): { read: ConfigSnapshot; left: Problem[] } {
  const { configMap } = snapshot;
  if (!configMap) return { read: snapshot, left: [] };
  const data: Record<string, string> = {};
  const left: Problem[] = [];
  let room = mostRead;
  for (const [key, text] of Object.entries(configMap.data).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const size = text.length + aroundKey;
    if (size > room) {
      const what = `the ConfigMap of a tenant is read up to ${mostRead / 1024} KiB, and this key is beyond`;
      left.push({ key, severity: 'error', what, fix: 'Remove what is not used, or shorten it.' });
      continue;
    }
    room -= size;
    data[key] = text;
  }
  return left.length === 0
    ? { read: snapshot, left }
    : { read: { ...snapshot, configMap: { ...configMap, data } }, left: left.slice(0, 20) };
}

/** Secrets that the configuration refers to and Herald may not read: what else is said of them is only what follows. */
export function missingRights({ forbidden = [] }: ConfigSnapshot, { secretKeys }: Config): Problem[] {
  return forbidden.flatMap(({ what, right, mend }) => {
    const isOfOthers = what === 'labelled-secrets';
    const needing = secretKeys.filter((key) => key.includes(':') === isOfOthers);
    if (needing.length === 0) return [];
    const shown = needing.slice(0, 3).map((key) => `$${key}`);
    const more = needing.length > 3 ? ` and ${needing.length - 3} more` : '';
    return [
      {
        key: 'secrets',
        severity: 'error' as const,
        what: `Herald may not ${right}, so ${shown.join(', ')}${more} cannot be read`,
        fix: mend,
      },
    ];
  });
}
