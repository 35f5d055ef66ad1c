/**
 * The built-ins that run a closure over a list.
 *
 * One defect of expr-lang 1.17.8 is not followed: where `findLast` and `findLastIndex` find nothing, its VM leaves
 * a `false` on its stack, which then stands in the place of an element of an enclosing list (`[1, findLast(…)]`).
 */
import { add } from '../../go/arithmetic.ts';
import { GoAnyMap, mapKey } from '../../go/collections.ts';
import { goInt } from '../../go/numbers.ts';
import { sortAsGo } from '../../go/sort.ts';
import { goTypeOf } from '../../go/typed.ts';
import { before, isDescending } from './builtins-values.ts';
import { NO_ELEMENT } from './fetch.ts';
import type { Frame, Run } from './run.ts';

export interface Loop {
  run: Run;
  items: readonly unknown[];
  frame: Frame;
  /** The closure; undefined where it is left out (`count(list)`). */
  body: ((frame: Frame) => unknown) | undefined;
  /** Applied to what `filter` and `find` keep. */
  map: ((frame: Frame) => unknown) | undefined;
  /** The third argument, seen from inside the loop. */
  extra: ((frame: Frame) => unknown) | undefined;
  /** Steps of one round: the parts that it evaluates. */
  weight: number;
  throws: boolean;
  threshold: number | undefined;
}

export function asBool(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new Error(`true or false is needed here, not ${value === null ? 'nil' : goTypeOf(value)}`);
}

/** The current element; throws where the collection is a map. */
export function elementOf(frame: Frame): unknown {
  if (frame.item === NO_ELEMENT) throw new Error('a map has no elements: use values() or toPairs()');
  return frame.item;
}

/** Puts an element into the frame. */
function enter(loop: Loop, index: number): void {
  loop.run.spend(loop.weight);
  loop.frame.index = index;
  loop.frame.item = loop.items[index] ?? null;
}

function valueAt(loop: Loop, index: number): unknown {
  enter(loop, index);
  return loop.body === undefined ? elementOf(loop.frame) : loop.body(loop.frame);
}

const testAt = (loop: Loop, index: number): boolean => asBool(valueAt(loop, index));

const kept = (loop: Loop): unknown => (loop.map === undefined ? elementOf(loop.frame) : loop.map(loop.frame));

/** The first index whose element satisfies the closure, from either end; -1 where none does. */
function search(loop: Loop, backwards: boolean): number {
  const { length } = loop.items;
  for (let at = 0; at < length; at++) {
    const index = backwards ? length - 1 - at : at;
    if (testAt(loop, index)) return index;
  }
  return -1;
}

function find(loop: Loop, backwards: boolean): unknown {
  if (search(loop, backwards) >= 0) return kept(loop);
  if (loop.throws) throw new Error('index out of range: no element was found');
  return null;
}

function findIndex(loop: Loop, backwards: boolean): unknown {
  const index = search(loop, backwards);
  return index < 0 ? null : goInt(index);
}

/** Whether an element answers `wanted`. */
const anyAnswers = (loop: Loop, wanted: boolean): boolean => {
  for (let at = 0; at < loop.items.length; at++) if (testAt(loop, at) === wanted) return true;
  return false;
};

function count(loop: Loop): number {
  let found = 0;
  for (let at = 0; at < loop.items.length; at++) {
    if (testAt(loop, at)) found += 1;
    if (found === loop.threshold) break;
  }
  return found;
}

function filter(loop: Loop): unknown[] {
  const out: unknown[] = [];
  for (let at = 0; at < loop.items.length; at++) if (testAt(loop, at)) out.push(kept(loop));
  loop.run.grow(out.length);
  return out;
}

function map(loop: Loop): unknown[] {
  const out = loop.items.map((_, at) => valueAt(loop, at));
  loop.run.grow(out.length);
  return out;
}

function sum(loop: Loop): unknown {
  return loop.items.reduce((total, _, at) => add(valueAt(loop, at), total), goInt(0));
}

function groupBy(loop: Loop): GoAnyMap {
  const groups = new Map<string, [unknown, unknown[]]>();
  for (let at = 0; at < loop.items.length; at++) {
    const key = valueAt(loop, at);
    const identity = mapKey(key);
    if (identity === undefined) throw new Error(`${goTypeOf(key)} cannot be a key`);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [key, [elementOf(loop.frame)]]);
    else group[1].push(elementOf(loop.frame));
  }
  return new GoAnyMap('[]interface {}', groups);
}

/** The third argument; it sees the first element, as in expr-lang. */
function extraOf(loop: Loop): unknown {
  if (loop.extra === undefined) return null;
  loop.frame.index = 0;
  loop.frame.item = loop.items[0] ?? null;
  return loop.extra(loop.frame);
}

function sortBy(loop: Loop): unknown[] {
  const descending = loop.extra !== undefined && isDescending(extraOf(loop));
  const pairs = loop.items.map((_, at) => ({ value: valueAt(loop, at), item: elementOf(loop.frame) }));
  loop.run.spend(pairs.length * Math.ceil(Math.log2(pairs.length + 2)));
  loop.run.grow(pairs.length);
  const sorted = sortAsGo(pairs, (a, b) =>
    descending ? before(b.value, a.value) : before(a.value, b.value),
  );
  return sorted.map(({ item }) => item);
}

function reduce(loop: Loop): unknown {
  if (loop.extra === undefined && loop.items.length === 0)
    throw new Error('reduce of an empty list without a start');
  const start = loop.extra === undefined ? 1 : 0;
  if (loop.extra === undefined) {
    enter(loop, 0);
    loop.frame.acc = elementOf(loop.frame);
  } else loop.frame.acc = extraOf(loop);
  for (let at = start; at < loop.items.length; at++) loop.frame.acc = valueAt(loop, at);
  return loop.frame.acc;
}

export const CLOSURE_BUILTINS: Readonly<Record<string, (loop: Loop) => unknown>> = {
  all: (loop) => !anyAnswers(loop, false),
  none: (loop) => !anyAnswers(loop, true),
  any: (loop) => anyAnswers(loop, true),
  one: (loop) => count(loop) === 1,
  filter,
  map,
  count: (loop) => goInt(count(loop)),
  sum,
  find: (loop) => find(loop, false),
  findLast: (loop) => find(loop, true),
  findIndex: (loop) => findIndex(loop, false),
  findLastIndex: (loop) => findIndex(loop, true),
  groupBy,
  sortBy,
  reduce,
};
