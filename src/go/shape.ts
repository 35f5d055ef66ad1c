/**
 * What is known of a value before it exists: enough to find misspelt names in conditions and templates. Whatever is
 * not certain is `any`, of which everything may be asked.
 */
import { likeliest } from './did-you-mean.ts';
import { parseSignature } from './function.ts';
import { methodNames, methodType } from './methods.ts';
import { GoStruct } from './struct.ts';
import { goTypeOf, isGoObject, isPlainMap } from './typed.ts';
import { GoTypedMap } from './value.ts';

export type Shape =
  | { readonly kind: 'any' }
  /** `words`: the only values, beside the empty text; with `open` there may be others, so that only near misses count. */
  | { readonly kind: 'text'; readonly words?: readonly string[]; readonly open?: true }
  /** A number or a boolean. */
  | { readonly kind: 'scalar' }
  | { readonly kind: 'list'; readonly element: Shape }
  /** `names`: the keys that are there; others may be asked for, so that only near misses count. */
  | { readonly kind: 'map'; readonly element: Shape; readonly names?: readonly string[] }
  /** `isStruct`: of Go, where asking for a field that there is not fails. */
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Shape>; readonly isStruct?: true }
  /** A Go value whose methods are known. */
  | { readonly kind: 'go'; readonly type: string }
  | { readonly kind: 'function'; readonly result: Shape };

/** Variables by name. */
export type Shapes = ReadonlyMap<string, Shape>;

/** Something that cannot be meant; `at` is an offset in the text that was looked at. */
export interface Mistake {
  at: number;
  what: string;
  fix: string;
  /** It fails whenever it runs; otherwise it only says nothing. */
  fails?: true;
}

export const ANY: Shape = { kind: 'any' };
export const TEXT: Shape = { kind: 'text' };
export const SCALAR: Shape = { kind: 'scalar' };
export const listOf = (element: Shape): Shape => ({ kind: 'list', element });
export const goShape = (type: string): Shape => ({ kind: 'go', type });
export const objectOf = (fields: Iterable<readonly [string, Shape]>): Extract<Shape, { kind: 'object' }> => ({
  kind: 'object',
  fields: new Map(fields),
});

/** Of a Go type by name. */
export function shapeOfType(type: string): Shape {
  if (type === 'string') return TEXT;
  if (/^(bool|u?int\d*|float\d+)$/.test(type)) return SCALAR;
  if (methodNames(type) !== undefined) return goShape(type);
  if (type.startsWith('[]')) return listOf(shapeOfType(type.slice(2)));
  if (type.startsWith('func(')) return { kind: 'function', result: resultOf(type) };
  return type === 'map[string]string' ? { kind: 'map', element: TEXT } : ANY;
}

function resultOf(type: string): Shape {
  return shapeOfType(parseSignature(type).out[0] ?? '');
}

/** Of a value that stands for all of its kind: maps have these keys and no others, lists such elements. */
export function shapeOf(value: unknown): Shape {
  if (value === null || value === undefined) return ANY;
  if (Array.isArray(value)) return listOf(value.length === 0 ? ANY : shapeOf(value[0]));
  if (isPlainMap(value)) return objectOf(Object.entries(value).map(([name, item]) => [name, shapeOf(item)]));
  if (value instanceof GoTypedMap) return { kind: 'map', element: value.element === 'string' ? TEXT : ANY };
  if (value instanceof GoStruct)
    return { ...objectOf([...value.members].map(([name, item]) => [name, shapeOf(item)])), isStruct: true };
  if (isGoObject(value) && methodNames(value.goType) === undefined) return ANY;
  return shapeOfType(goTypeOf(value));
}

/** What both are. */
export function joined(one: Shape, other: Shape): Shape {
  return one === other ? one : ANY;
}

/** `base.name`, or what is wrong with it. `path` is how the text names the base, for people. */
export function memberOf(
  base: Shape,
  name: string,
  path: string,
): { shape: Shape; mistake?: Omit<Mistake, 'at'> } {
  switch (base.kind) {
    case 'any':
      return { shape: ANY };
    case 'map': {
      const shape = base.element;
      const meant = base.names?.includes(name) === false ? likeliest(name, base.names) : undefined;
      if (meant === undefined) return { shape };
      const what = `${path} has no ${JSON.stringify(name)}`;
      return { shape, mistake: { what, fix: `Did you mean ${JSON.stringify(meant)}?` } };
    }
    case 'object': {
      const shape = base.fields.get(name);
      if (shape) return { shape };
      const mistake = unknownField(base.fields, name, path);
      return { shape: ANY, mistake: { ...mistake, ...(base.isStruct && { fails: true }) } };
    }
    case 'go': {
      const type = methodType(base.type, name);
      if (type !== undefined) return { shape: shapeOfType(type) };
      const what = `${path} is a ${base.type}, which has no method ${JSON.stringify(name)}`;
      const fix = fixOf(name, methodNames(base.type) ?? []);
      return { shape: ANY, mistake: { what, fix, fails: true } };
    }
    case 'list': {
      const fix = 'Pick an element by its number, or go through all of them.';
      return {
        shape: ANY,
        mistake: { what: `${path} is a list, which has no field ${JSON.stringify(name)}`, fix },
      };
    }
    case 'text':
    case 'scalar':
    case 'function': {
      const kind = { text: 'a text', scalar: 'a number or a boolean', function: 'a function' }[base.kind];
      const what = `${path} is ${kind}, which has no field ${JSON.stringify(name)}`;
      return { shape: ANY, mistake: { what, fix: 'Leave the field out, or correct the path before it.' } };
    }
  }
}

function unknownField(fields: Shapes, name: string, path: string): Omit<Mistake, 'at'> {
  const isNamespace = fields.size > 0 && [...fields.values()].some(({ kind }) => kind === 'function');
  const what = `${path} has no ${isNamespace ? 'function' : 'field'} ${JSON.stringify(name)}`;
  const elsewhere = likeliest(name, [...fields.keys()]) === undefined ? pathTo(fields, name) : undefined;
  if (elsewhere !== undefined) return { what, fix: `Did you mean ${path}.${elsewhere}?` };
  return { what, fix: fixOf(name, [...fields.keys()]), ...(isNamespace && { fails: true }) };
}

function fixOf(name: string, names: readonly string[]): string {
  const meant = likeliest(name, names);
  if (meant !== undefined) return `Did you mean ${JSON.stringify(meant)}?`;
  if (names.length === 1) return `There is only ${JSON.stringify(names[0])}.`;
  return names.length > 0 && names.length <= 20 ? `Write one of ${names.join(', ')}.` : 'Correct the name.';
}

/** Where a field of that name stands further below, nearest first. */
function pathTo(fields: Shapes, name: string): string | undefined {
  let level: [string, Shapes][] = [['', fields]];
  for (let depth = 0; depth < 4; depth++) {
    const found = level.find(([, inner]) => inner.has(name));
    if (found) return `${found[0]}${name}`;
    level = level.flatMap(([path, inner]) =>
      [...inner].flatMap(([field, shape]): [string, Shapes][] =>
        shape.kind === 'object' ? [[`${path}${field}.`, shape.fields]] : [],
      ),
    );
  }
  return undefined;
}

/** What is wrong with comparing a value with a word; undefined where it may have that value. */
export function wordMistake(shape: Shape, word: string, path: string): Omit<Mistake, 'at'> | undefined {
  if (shape.kind !== 'text' || shape.words === undefined || word === '' || shape.words.includes(word))
    return undefined;
  const meant = likeliest(word, shape.words);
  if (shape.open && meant === undefined) return undefined;
  const what = `${path} is never ${JSON.stringify(word)}`;
  if (meant !== undefined) return { what, fix: `Did you mean ${JSON.stringify(meant)}?` };
  return { what, fix: `It is one of ${shape.words.join(', ')}.` };
}
