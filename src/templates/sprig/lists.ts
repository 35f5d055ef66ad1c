/** Sprig's functions on lists. They take slices of any type and make `[]interface {}`. */
import { itemsOf } from '../../go/collections.ts';
import { deepEqual } from '../../go/compare.ts';
import { GoNilSlice } from '../../go/nil.ts';
import { compareStrings, GoSlice, goKindOf } from '../../go/typed.ts';
import { GoBytes, type GoInt } from '../../go/value.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';
import type { FunctionContext } from '../gotemplate/run.ts';
import { intArgument, textOf, toInt64 } from './cast.ts';
import { isEmpty } from './defaults.ts';
import { checkList } from './limits.ts';
import { textsOf } from './strings.ts';

const NIL_DEREFERENCE = 'runtime error: invalid memory address or nil pointer dereference';

function itemsFor(verb: string, list: unknown): readonly unknown[] {
  const items = itemsOf(list);
  if (items !== undefined) return items;
  throw new Error(list === null ? NIL_DEREFERENCE : `Cannot ${verb} on type ${goKindOf(list)}`);
}

function append(list: unknown, value: unknown): unknown[] {
  return [...itemsFor('push', list), value];
}

const prepend = (list: unknown, value: unknown): unknown[] => [value, ...itemsFor('prepend', list)];

const first = (list: unknown): unknown => itemsFor('find first', list)[0] ?? null;
const last = (list: unknown): unknown => itemsFor('find last', list).at(-1) ?? null;

function rest(list: unknown): unknown {
  const items = itemsFor('find rest', list);
  return items.length === 0 ? new GoNilSlice('interface {}') : items.slice(1);
}

function initial(list: unknown): unknown {
  const items = itemsFor('find initial', list);
  return items.length === 0 ? new GoNilSlice('interface {}') : items.slice(0, -1);
}

const reverse = (list: unknown): unknown[] => [...itemsFor('find reverse', list)].reverse();
const compact = (list: unknown): unknown[] => itemsFor('compact', list).filter((item) => !isEmpty(item));

function includes(context: FunctionContext, items: readonly unknown[], wanted: unknown): boolean {
  context.spend(items.length);
  return items.some((item) => deepEqual(wanted, item, context));
}

function uniq(context: FunctionContext, list: unknown): unknown[] {
  const kept: unknown[] = [];
  // A string equals nothing but the same string, which takes no comparing with all others.
  const texts = new Set<string>();
  const others: unknown[] = [];
  for (const item of itemsFor('find uniq', list)) {
    if (typeof item === 'string' ? texts.has(item) : includes(context, others, item)) continue;
    if (typeof item === 'string') texts.add(item);
    else others.push(item);
    kept.push(item);
  }
  return kept;
}

function without(context: FunctionContext, list: unknown, ...omitted: unknown[]): unknown[] {
  return itemsFor('find without', list).filter((item) => !includes(context, omitted, item));
}

function has(context: FunctionContext, wanted: unknown, list: unknown): boolean {
  return list !== null && includes(context, itemsFor('find has', list), wanted);
}

/** Of the list's own type, as Go's slicing is; nil for an empty list. */
function slice(list: unknown, ...indices: unknown[]): unknown {
  const items = itemsOf(list);
  if (items === undefined) {
    throw new Error(
      list === null ? NIL_DEREFERENCE : `list should be type of slice or array but ${goKindOf(list)}`,
    );
  }
  if (items.length === 0) return null;
  const start = indices.length > 0 ? Number(toInt64(indices[0])) : 0;
  const end = indices.length < 2 ? items.length : Number(toInt64(indices[1]));
  if (start < 0 || end > items.length || start > end)
    throw new Error('reflect.Value.Slice: slice index out of bounds');
  const part = items.slice(start, end);
  if (list instanceof GoSlice) return new GoSlice(list.element, part);
  return list instanceof GoBytes ? new GoBytes(list.value.slice(start, end)) : part;
}

function concat(context: FunctionContext, ...lists: unknown[]): unknown {
  const parts = lists.map((list) => {
    const items = itemsOf(list);
    if (items !== undefined) return items;
    throw new Error(list === null ? NIL_DEREFERENCE : `Cannot concat type ${goKindOf(list)} as list`);
  });
  checkList(
    context,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  const all = parts.flat();
  return all.length === 0 ? new GoNilSlice('interface {}') : all;
}

/** With sprig's arithmetic, so that a negative size does what it does there. */
function chunk(context: FunctionContext, size: GoInt, list: unknown): GoSlice {
  const length = intArgument(size);
  const items = itemsFor('chunk', list);
  const count = Math.floor((items.length - 1) / length) + 1;
  if (!Number.isFinite(count) || count < 0) throw new Error('runtime error: makeslice: len out of range');
  checkList(context, count);
  const chunks: unknown[][] = [];
  for (let at = 0; at < count; at++) {
    const wanted = at < count - 1 ? length : items.length % length || length;
    if (wanted < 0) throw new Error('runtime error: makeslice: len out of range');
    chunks.push(items.slice(at * length, at * length + wanted));
  }
  return new GoSlice('[]interface {}', chunks);
}

function sortAlpha(list: unknown): GoSlice {
  return new GoSlice(
    'string',
    itemsOf(list) === undefined ? [textOf(list)] : textsOf(list).sort(compareStrings),
  );
}

const ONE = 'func(interface {}) interface {}';
const LIST = 'func(interface {}) []interface {}';
const WITH = 'func(interface {}, interface {}) []interface {}';

const push = pure(WITH, append);
const list = pure('func(...interface {}) []interface {}', (...values) => values);
const chunks = contextual('func(int, interface {}) [][]interface {}', chunk);
const uniqs = contextual(LIST, uniq);
const withouts = contextual('func(interface {}, ...interface {}) []interface {}', without);
const hasItem = contextual('func(interface {}, interface {}) bool', has);
const sliced = pure('func(interface {}, ...interface {}) interface {}', slice);

export const LIST_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  list,
  tuple: list,
  append: push,
  push,
  mustAppend: push,
  mustPush: push,
  prepend: pure(WITH, prepend),
  mustPrepend: pure(WITH, prepend),
  first: pure(ONE, first),
  mustFirst: pure(ONE, first),
  last: pure(ONE, last),
  mustLast: pure(ONE, last),
  rest: pure(LIST, rest),
  mustRest: pure(LIST, rest),
  initial: pure(LIST, initial),
  mustInitial: pure(LIST, initial),
  reverse: pure(LIST, reverse),
  mustReverse: pure(LIST, reverse),
  compact: pure(LIST, compact),
  mustCompact: pure(LIST, compact),
  uniq: uniqs,
  mustUniq: uniqs,
  without: withouts,
  mustWithout: withouts,
  has: hasItem,
  mustHas: hasItem,
  slice: sliced,
  mustSlice: sliced,
  concat: contextual('func(...interface {}) interface {}', concat),
  chunk: chunks,
  mustChunk: chunks,
  sortAlpha: pure('func(interface {}) []string', sortAlpha),
};
