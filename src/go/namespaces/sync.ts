/** argo-cd's `sync` namespace. */
import { operationInfo } from '../../application.ts';
import { at } from '../../json.ts';
import { goFunction } from '../function.ts';
import type { GoFunction } from '../typed.ts';

/** The value of an `info` item of the sync operation that runs, or else of the last one. Throws where there is none. */
function getInfoItem(app: unknown, name: string): string {
  const info = operationInfo(app);
  for (const item of Array.isArray(info) ? info : []) {
    const value = at(item, 'value');
    if (at(item, 'name') === name && typeof value === 'string') return value;
  }
  throw new Error(`the sync operation has no info item ${JSON.stringify(name)}`);
}

export const syncNamespace: Readonly<Record<string, GoFunction>> = {
  GetInfoItem: goFunction('func(map[string]interface {}, string) string', getInfoItem),
};
