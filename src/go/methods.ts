/** The methods of Go's types of time, by type: known before there is a value. */
import { DURATION_METHODS } from './duration.ts';
import type { MethodTable } from './function.ts';
import { LOCATION_METHODS } from './location.ts';
import { NAMED_INTEGER_METHODS } from './named-integer.ts';
import { TIME_METHODS } from './time.ts';

const METHODS: Readonly<Record<string, MethodTable<never>>> = {
  'time.Time': TIME_METHODS,
  'time.Duration': DURATION_METHODS,
  'time.Month': NAMED_INTEGER_METHODS,
  'time.Weekday': NAMED_INTEGER_METHODS,
  '*time.Location': LOCATION_METHODS,
};

/** Names of the methods of a type; undefined for a type that is not known here. */
export function methodNames(type: string): string[] | undefined {
  return Object.hasOwn(METHODS, type) ? Object.keys(METHODS[type] ?? {}) : undefined;
}

/** The function type of a method; undefined where the type is not known here or has none of the name. */
export function methodType(type: string, name: string): string | undefined {
  const table = Object.hasOwn(METHODS, type) ? METHODS[type] : undefined;
  return table !== undefined && Object.hasOwn(table, name) ? table[name]?.type : undefined;
}
