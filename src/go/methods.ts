/** The methods of Go types with names. */
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

/** undefined where nothing is known of the type's methods. */
export function methodsOf(type: string): MethodTable<never> | undefined {
  return Object.hasOwn(METHODS, type) ? METHODS[type] : undefined;
}
