/** argo-cd's `sync` namespace. */
import { goFunction } from '../function.ts';
import { type GoFunction, isPlainMap } from '../typed.ts';

function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) {
    if (!isPlainMap(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}

/** The value of an `info` item of the sync operation that runs, or else of the last one. Throws where there is none. */
function getInfoItem(app: unknown, name: string): string {
  const info = at(app, 'operation', 'info') ?? at(app, 'status', 'operationState', 'operation', 'info');
  for (const item of Array.isArray(info) ? info : []) {
    const value = at(item, 'value');
    if (at(item, 'name') === name && typeof value === 'string') return value;
  }
  throw new Error(`the sync operation has no info item ${JSON.stringify(name)}`);
}

export const syncNamespace: Readonly<Record<string, GoFunction>> = {
  GetInfoItem: goFunction('func(map[string]interface {}, string) string', getInfoItem),
};
