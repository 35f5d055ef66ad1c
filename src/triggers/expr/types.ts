/**
 * What the checker knows of a value before it exists. Expressions are compiled without an environment, so
 * every variable is unknown; literals, operators, built-ins and methods of times are not.
 */
import { parseSignature } from '../../go/function.ts';
import { methodType } from '../../go/methods.ts';

export interface StaticType {
  /** The Go type; '' where nothing is known. */
  go: string;
  /** Of a list, where more is known of its elements than its Go type says. */
  element?: StaticType;
  nil?: boolean;
  /** The built-in function whose bare name this is. */
  builtin?: string;
}

const ANY_GO = 'interface {}';
export const UNKNOWN: StaticType = { go: '' };
export const NIL: StaticType = { go: '', nil: true };
export const ANY: StaticType = { go: ANY_GO };
export const BOOL: StaticType = { go: 'bool' };
export const INT: StaticType = { go: 'int' };
export const FLOAT: StaticType = { go: 'float64' };
export const STRING: StaticType = { go: 'string' };
export const BYTES: StaticType = { go: '[]uint8' };
export const TIME: StaticType = { go: 'time.Time' };
export const DURATION: StaticType = { go: 'time.Duration' };
export const LIST: StaticType = { go: `[]${ANY_GO}` };
export const MAP: StaticType = { go: `map[string]${ANY_GO}` };

export const listOf = (element: StaticType): StaticType => ({ go: LIST.go, element });
export const typeOf = (go: string): StaticType => ({ go });

/** reflect.Kind of a type; '' where there is none. */
export function kindOf(type: StaticType): string {
  const { go } = type;
  if (go === '' || go === ANY_GO) return go === '' ? '' : 'interface';
  if (go.startsWith('[')) return go.startsWith('[]') ? 'slice' : 'array';
  if (go.startsWith('map[')) return 'map';
  if (go.startsWith('func(')) return 'func';
  if (go.startsWith('*')) return 'ptr';
  if (go === 'time.Duration') return 'int64';
  if (go === 'time.Weekday' || go === 'time.Month') return 'int';
  return go.startsWith('time.') ? 'struct' : go;
}

export const isUnknown = (type: StaticType): boolean =>
  (type.go === '' && type.nil !== true) || type.go === ANY_GO;
export const isInteger = (type: StaticType): boolean => /^u?int\d*$/.test(type.go);
export const isNumber = (type: StaticType): boolean => isInteger(type) || type.go === 'float64';
export const isBool = (type: StaticType): boolean => type.go === 'bool';
export const isString = (type: StaticType): boolean => type.go === 'string';
export const isTime = (type: StaticType): boolean => type.go === 'time.Time';
export const isDuration = (type: StaticType): boolean => type.go === 'time.Duration';
export const isList = (type: StaticType): boolean => type.go.startsWith('[');
export const isMap = (type: StaticType): boolean => type.go.startsWith('map[');

/** How messages name a type. */
export const nameOf = (type: StaticType): string =>
  type.nil === true ? 'nil' : type.go === '' ? 'unknown' : type.go;

/** A pointer's target; anything else unchanged. */
export const deref = (type: StaticType): StaticType =>
  type.go.startsWith('*') ? typeOf(type.go.slice(1)) : type;

/** Type of the elements of a list or map. */
export function elementOf(type: StaticType): StaticType {
  if (isMap(type)) return typeOf(type.go.slice(type.go.indexOf(']') + 1));
  return type.element ?? typeOf(type.go.slice(type.go.indexOf(']') + 1));
}

export const keyOf = (type: StaticType): StaticType =>
  typeOf(type.go.slice('map['.length, type.go.indexOf(']')));

/** Go's assignability, as far as the types here go. */
export function assignable(from: StaticType, to: StaticType): boolean {
  if (from.nil === true) return /^(\*|interface|\[\]|map\[|func\()/.test(to.go);
  if (from.go === '' || to.go === '') return false;
  return to.go === ANY_GO || from.go === to.go;
}

/** Whether `==` may be asked of two types. */
export function comparable(left: StaticType, right: StaticType): boolean {
  return (
    isUnknown(left) ||
    isUnknown(right) ||
    left.nil === true ||
    right.nil === true ||
    (isNumber(left) && isNumber(right)) ||
    (isDuration(left) && isDuration(right)) ||
    (isTime(left) && isTime(right)) ||
    (isList(left) && isList(right)) ||
    assignable(left, right)
  );
}

/** The function type of a method; undefined where the type has none of that name. */
export function methodOf(type: StaticType, name: string): StaticType | undefined {
  const go = methodType(type.go, name);
  return go === undefined ? undefined : typeOf(go);
}

/** Checks a call of a function type; the type of its first result, or what is wrong. */
export function checkCall(
  name: string,
  go: string,
  args: readonly StaticType[],
): { ok: true; type: StaticType } | { ok: false; error: string; argument?: number } {
  const signature = parseSignature(go);
  if (signature.out.length === 0) return { ok: false, error: `${name} returns nothing` };
  if (signature.out.length > 2) return { ok: false, error: `${name} returns more than two values` };
  const least = signature.variadic ? signature.in.length - 1 : signature.in.length;
  if (args.length < least) return { ok: false, error: `not enough arguments to call ${name}` };
  if (args.length > least && !signature.variadic)
    return { ok: false, error: `too many arguments to call ${name}` };
  for (const [at, arg] of args.entries()) {
    const wanted = typeOf(signature.in[Math.min(at, signature.in.length - 1)] as string);
    // A number literal takes the type that is wanted; other integers pass here, and are checked when called.
    if (isInteger(arg) && isNumber(wanted)) continue;
    if (arg.nil === true ? /^(\*|interface)/.test(wanted.go) : isUnknown(arg)) continue;
    if (arg.nil === true || !(assignable(arg, wanted) || assignable(deref(arg), wanted))) {
      return {
        ok: false,
        error: `cannot use ${nameOf(arg)} as ${wanted.go} in a call of ${name}`,
        argument: at,
      };
    }
  }
  return { ok: true, type: typeOf(signature.out[0] as string) };
}
