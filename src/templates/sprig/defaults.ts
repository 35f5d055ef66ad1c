/** Sprig's functions on empty values and types. */
import { deepEqual } from '../../go/compare.ts';
import { goKindOf, goTypeOf, isGoObject } from '../../go/typed.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';
import { isTrue } from '../gotemplate/values.ts';
import { deepCopy } from './deep.ts';

/** Zero, empty, false or nil; structs and functions never are. */
export function isEmpty(value: unknown): boolean {
  if (isGoObject(value) && value.goUnderlying === undefined) return false;
  return !isTrue(value);
}

const firstGiven = (fallback: unknown, ...given: unknown[]): unknown =>
  given.length === 0 || isEmpty(given[0]) ? fallback : given[0];

const ANY = 'func(...interface {}) bool';
const TEST = 'func(string, interface {}) bool';
const copy = contextual('func(interface {}) interface {}', (context, value) => {
  if (value === null) throw new Error('reflect: call of reflect.Value.Type on zero Value');
  return deepCopy(context, value);
});

export const DEFAULT_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  default: pure('func(interface {}, ...interface {}) interface {}', firstGiven),
  empty: pure('func(interface {}) bool', isEmpty),
  coalesce: pure(
    'func(...interface {}) interface {}',
    (...values) => values.find((value) => !isEmpty(value)) ?? null,
  ),
  all: pure(ANY, (...values) => !values.some(isEmpty)),
  any: pure(ANY, (...values) => values.some((value) => !isEmpty(value))),
  ternary: pure('func(interface {}, interface {}, bool) interface {}', (yes, no, test: boolean) =>
    test ? yes : no,
  ),
  deepCopy: copy,
  mustDeepCopy: copy,
  deepEqual: contextual('func(interface {}, interface {}) bool', (context, a, b) => deepEqual(a, b, context)),
  typeOf: pure('func(interface {}) string', goTypeOf),
  typeIs: pure(TEST, (type: string, value) => type === goTypeOf(value)),
  typeIsLike: pure(TEST, (type: string, value) => type === goTypeOf(value) || `*${type}` === goTypeOf(value)),
  kindOf: pure('func(interface {}) string', goKindOf),
  kindIs: pure(TEST, (kind: string, value) => kind === goKindOf(value)),
  fail: pure('func(string) (string, error)', (message: string) => {
    throw new Error(message);
  }),
};
