/** Deep copies of Go values, and setting keys of a map. */

import type { Budget } from '../../go/compare.ts';
import { isNil } from '../../go/nil.ts';
import { GoSlice, isPlainMap } from '../../go/typed.ts';
import { NIL_MAP } from '../gotemplate/values.ts';

/** Sets an own property, whatever its name: `__proto__` is a key like any other. */
export function put(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
  else map[key] = value;
}

/** Maps and slices are copied all the way down, everything else is immutable. */
export function deepCopy(budget: Budget, value: unknown): unknown {
  budget.spend(1);
  if (value === undefined || value === NIL_MAP || isNil(value)) return value;
  if (Array.isArray(value)) return value.map((item) => deepCopy(budget, item));
  if (value instanceof GoSlice)
    return new GoSlice(
      value.element,
      value.items.map((item) => deepCopy(budget, item)),
    );
  if (!isPlainMap(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) put(copy, key, deepCopy(budget, value[key]));
  return copy;
}
