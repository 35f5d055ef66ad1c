/**
 * Go's text/template: a lexer, a parser, and a compiler to closures that run within budgets. The folder may import `go/`
 * and the list of sprig's functions.
 */

/** Which values and literals a parameter of a Go type takes. */
import { GoDuration } from '../../go/duration.ts';
import { GoNilSlice } from '../../go/nil.ts';
import { goFloat, goInt, goInt64 } from '../../go/numbers.ts';
import { GoInteger, type GoObject, goTypeOf } from '../../go/typed.ts';
import type { BoolNode, NilNode, NumberNode, StringNode } from './ast.ts';
import { anyInteger, NIL_MAP } from './values.ts';

export type Accepted = { ok: true; value: unknown } | { ok: false; error: string };

const yes = (value: unknown): Accepted => ({ ok: true, value });
const no = (error: string): Accepted => ({ ok: false, error });

const MAPS = /^map\[/;
const NILABLE = /^(?:map\[|\[\]|\*|func\(|interface \{)/;

/** The nil of a type that has one. */
function nilOf(type: string): unknown {
  if (MAPS.test(type)) return NIL_MAP;
  return type.startsWith('[]') ? new GoNilSlice(type.slice(2)) : null;
}

/** A value as an argument, as Go's reflection would assign it. */
export function acceptArgument(value: unknown, type: string): Accepted {
  if (type === 'interface {}') return yes(value === undefined ? null : value);
  if (type === 'reflect.Value') return yes(value);
  if (type === 'string' && typeof value === 'string') return yes(value);
  if (value === undefined)
    return NILABLE.test(type) ? yes(nilOf(type)) : no(`invalid value; expected ${type}`);
  if (value === null) return no(`wrong type for value; expected ${type}; got interface {}`);
  const actual = goTypeOf(value);
  return actual === type ? yes(value) : no(`wrong type for value; expected ${type}; got ${actual}`);
}

const INTEGERS = /^u?int(?:8|16|32|64)?$/;

function convertInteger(value: number | bigint, type: string): unknown {
  if (type === 'int') return goInt(value);
  if (type === 'int64') return goInt64(value);
  const bits = Number(/\d+$/.exec(type)?.[0] ?? 64);
  const wrapped = type.startsWith('u')
    ? BigInt.asUintN(bits, BigInt(value))
    : BigInt.asIntN(bits, BigInt(value));
  return new GoInteger(type, Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped);
}

/** A value as an argument of `call`: integers convert into each other. */
export function prepareArgument(value: unknown, type: string): Accepted {
  if (value === undefined || value === null) {
    if (type === 'reflect.Value') return yes(undefined);
    return NILABLE.test(type) ? yes(nilOf(type)) : no(`value is nil; should be of type ${type}`);
  }
  const actual = goTypeOf(value);
  if (type === 'interface {}' || actual === type) return yes(value);
  const integer = anyInteger(value);
  if (integer !== undefined && type === 'time.Duration') return yes(new GoDuration(BigInt(integer)));
  if (integer !== undefined && INTEGERS.test(type)) return yes(convertInteger(integer, type));
  return no(`value has type ${actual}; should be ${type}`);
}

const isHexInteger = (text: string): boolean => /^0[xX]/.test(text) && !/[pP]/.test(text);

/** A complex number, which templates can only print. */
class GoComplex implements GoObject {
  readonly goType = 'complex128';
  readonly goKind = 'complex128';
  private readonly text: string;
  constructor(real: number, imaginary: number) {
    this.text = `(${real}${imaginary < 0 ? '' : '+'}${imaginary}i)`;
  }
  toString(): string {
    return this.text;
  }
}

/** A number where nothing says which type it should have: its syntax decides. */
export function idealConstant(node: NumberNode): Accepted {
  if (node.imaginary !== undefined) return yes(new GoComplex(node.float ?? 0, node.imaginary));
  if (
    node.float !== undefined &&
    !isHexInteger(node.text) &&
    !node.text.startsWith("'") &&
    /[.eEpP]/.test(node.text)
  ) {
    return yes(goFloat(node.float));
  }
  return node.integer === undefined ? no(`${node.text} overflows int`) : yes(goInt(node.integer));
}

function acceptNumber(node: NumberNode, type: string): Accepted {
  if (type === 'interface {}' || type === 'reflect.Value') return idealConstant(node);
  if (type === 'float64')
    return node.float === undefined ? no(`expected float; found ${node.text}`) : yes(goFloat(node.float));
  const isDuration = type === 'time.Duration';
  if (!INTEGERS.test(type) && !isDuration) {
    return no(
      type === 'string' || type === 'bool'
        ? `expected ${type}; found ${node.text}`
        : `can't handle ${node.text} for arg of type ${type}`,
    );
  }
  const integer = type.startsWith('u') ? node.unsigned : node.integer;
  if (integer === undefined) return no(`expected integer; found ${node.text}`);
  return yes(isDuration ? new GoDuration(integer) : convertInteger(integer, type));
}

/** A literal as an argument. */
export function acceptLiteral(node: BoolNode | StringNode | NumberNode | NilNode, type: string): Accepted {
  switch (node.type) {
    case 'number':
      return acceptNumber(node, type);
    case 'nil':
      if (type === 'reflect.Value') return yes(undefined);
      return NILABLE.test(type) ? yes(nilOf(type)) : no(`cannot assign nil to ${type}`);
    default: {
      const own = node.type === 'bool' ? 'bool' : 'string';
      if (type === own || type === 'interface {}' || type === 'reflect.Value') return yes(node.value);
      return no(
        `expected ${type}; found ${own === 'bool' ? String(node.value) : JSON.stringify(node.value)}`,
      );
    }
  }
}
