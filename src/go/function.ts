/** Functions of Go: their types as text, and calls checked as `reflect.Value.Call` checks them. */
import { type GoFunction, goTypeOf } from './typed.ts';

export interface Signature {
  /** Types of the parameters; of a variadic one the element's type. */
  in: readonly string[];
  variadic: boolean;
  out: readonly string[];
}

/** A function whose type has been read already. */
export interface TypedFunction extends GoFunction {
  readonly goType: string;
  readonly signature: Signature;
}

const ANY = 'interface {}';

function splitTypes(text: string): string[] {
  const types: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    else if (character === ',' && depth === 0) {
      types.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = text.slice(start).trim();
  if (last !== '') types.push(last);
  return types;
}

function closingAt(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
}

/** Reads a function type such as `func(string, ...interface {}) (int, error)`. */
export function parseSignature(type: string): Signature {
  const close = closingAt(type, 'func'.length);
  const parameters = splitTypes(type.slice('func('.length, close));
  const rest = type.slice(close + 1).trim();
  const out = splitTypes(rest.startsWith('(') ? rest.slice(1, -1) : rest);
  const last = parameters.at(-1);
  if (last === undefined || !last.startsWith('...')) return { in: parameters, variadic: false, out };
  return { in: [...parameters.slice(0, -1), last.slice(3)], variadic: true, out };
}

/** A type of functions, read once for all functions of the type. */
export interface FunctionType {
  readonly type: string;
  readonly signature: Signature;
}

export const functionType = (type: string): FunctionType => ({ type, signature: parseSignature(type) });

/** A function with its Go type; it throws what Go would return as an error or panic with. */
export function goFunction(of: string | FunctionType, call: (...args: never[]) => unknown): TypedFunction {
  const { type, signature } = typeof of === 'string' ? functionType(of) : of;
  const untyped = call as (...args: unknown[]) => unknown;
  return Object.assign((...args: unknown[]) => untyped(...args), { goType: type, signature });
}

/** The zero value of a type, which `reflect` passes where the argument is nil. */
export function zeroValue(type: string): unknown {
  switch (type) {
    case 'string':
      return '';
    case 'bool':
      return false;
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
    if (arg === null) {
      const zero = zeroValue(type);
      if (zero === null && type !== ANY && !/^(\*|\[\]|map\[|func\()/.test(type)) {
        throw new Error(`argument ${at + 1} is nil, want ${type}`);
      }
      return zero;
    }
    const actual = goTypeOf(arg);
    if (type !== ANY && actual !== type) throw new Error(`argument ${at + 1} is ${actual}, want ${type}`);
    return arg;
  });
  return call(...values);
}

export interface Method<Receiver> extends FunctionType {
  readonly call: (self: Receiver, ...args: never[]) => unknown;
}

/** A type's methods: each takes the receiver first. */
export type MethodTable<Receiver> = Readonly<Record<string, Method<Receiver>>>;

/** Completes a table of methods with their signatures. */
export function methodTable<Receiver>(
  methods: Readonly<Record<string, Omit<Method<Receiver>, 'signature'>>>,
): MethodTable<Receiver> {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [name, { ...method, signature: parseSignature(method.type) }]),
  );
}

/** The method of that name, bound to its receiver; undefined where the table has none. */
export function boundMethod<Receiver>(
  table: MethodTable<Receiver>,
  self: Receiver,
  name: string,
): TypedFunction | undefined {
  if (!Object.hasOwn(table, name)) return undefined;
  const { type, signature, call } = table[name] as Method<Receiver>;
  const untyped = call as (self: Receiver, ...args: unknown[]) => unknown;
  return Object.assign((...args: unknown[]) => untyped(self, ...args), { goType: type, signature });
}
