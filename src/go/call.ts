/** Calls of Go functions, checked as `reflect.Value.Call` checks them. */
import { GoDuration } from './duration.ts';
import { parseSignature, type TypedFunction } from './function.ts';
import { UTC } from './location.ts';
import { goFloat, goInt } from './numbers.ts';
import { GoTime, ZERO_SECONDS } from './time.ts';
import { type GoFunction, goTypeOf } from './typed.ts';

const ANY = 'interface {}';

/** The zero value of a type, which reflection passes where the argument is nil. */
function zeroValue(type: string): unknown {
  switch (type) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int':
      return goInt(0);
    case 'int64':
      return 0;
    case 'float64':
      return goFloat(0);
    case 'time.Duration':
      return new GoDuration(0n);
    case 'time.Time':
      return new GoTime(ZERO_SECONDS, 0, UTC);
    default:
      return null;
  }
}

/**
 * Calls a function as expr-lang's VM does through reflection: the number of arguments and their exact types
 * must fit, nil becomes the zero value. Throws an Error that says what does not fit.
 */
export function callFunction(call: GoFunction, args: readonly unknown[]): unknown {
  const { signature = parseSignature(call.goType ?? 'func()') } = call as Partial<TypedFunction>;
  const least = signature.variadic ? signature.in.length - 1 : signature.in.length;
  if (args.length < least) throw new Error(`too few arguments: ${args.length} given, ${least} needed`);
  if (args.length > least && !signature.variadic) {
    throw new Error(`too many arguments: ${args.length} given, ${least} needed`);
  }
  const values = args.map((arg, at) => {
    const type = signature.in[Math.min(at, signature.in.length - 1)] as string;
    if (arg === null) return zeroValue(type);
    const actual = goTypeOf(arg);
    if (type !== ANY && actual !== type) throw new Error(`argument ${at + 1} is ${actual}, want ${type}`);
    return arg;
  });
  return call(...values);
}
