/** Functions of Go with their types as text, and tables of methods. */
import type { GoFunction } from './typed.ts';

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
    Object.entries(methods).map(([name, method]) => [
      name,
      { ...method, signature: parseSignature(method.type) },
    ]),
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
