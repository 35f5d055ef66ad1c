/** Sprig's functions on dicts. Keys are own properties only, and `__proto__` is a key like any other. */
import { GoSlice, goTypeOf, isPlainMap, sortedKeys } from '../../go/typed.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';
import type { FunctionContext } from '../gotemplate/run.ts';
import { NIL_MAP } from '../gotemplate/values.ts';
import { textOf } from './cast.ts';
import { put } from './deep.ts';
import { isEmpty } from './defaults.ts';

type Dict = Record<string, unknown>;

function writable(dict: Dict): Dict {
  if (dict === NIL_MAP) throw new Error('assignment to entry in nil map');
  return dict;
}

function dict(...values: unknown[]): Dict {
  const made: Dict = {};
  for (let at = 0; at < values.length; at += 2) {
    put(made, textOf(values[at]), at + 1 < values.length ? values[at + 1] : '');
  }
  return made;
}

function set(target: Dict, key: string, value: unknown): Dict {
  put(writable(target), key, value);
  return target;
}

function unset(target: Dict, key: string): Dict {
  if (target !== NIL_MAP) delete target[key];
  return target;
}

function pick(source: Dict, ...keys: string[]): Dict {
  const picked: Dict = {};
  for (const key of keys) if (Object.hasOwn(source, key)) put(picked, key, source[key]);
  return picked;
}

function omit(context: FunctionContext, source: Dict, ...keys: string[]): Dict {
  const kept: Dict = {};
  const names = Object.keys(source);
  context.spend((names.length >> 2) * (1 + (keys.length >> 3)));
  for (const key of names) if (!keys.includes(key)) put(kept, key, source[key]);
  return kept;
}

function keysOf(context: FunctionContext, source: Dict): string[] {
  const keys = sortedKeys(source);
  context.spend(keys.length >> 1);
  return keys;
}

function dig(...params: unknown[]): unknown {
  if (params.length < 3) throw new Error('dig needs at least three arguments');
  const path = params.slice(0, -2);
  const fallback = params.at(-2);
  let current = params.at(-1);
  if (!isPlainMap(current)) throw conversion(current, 'map[string]interface {}');
  for (const key of path) if (typeof key !== 'string') throw conversion(key, 'string');
  for (const [at, key] of (path as string[]).entries()) {
    if (!isPlainMap(current)) throw conversion(current, 'map[string]interface {}');
    if (!Object.hasOwn(current, key)) return fallback;
    current = current[key];
    if (at === path.length - 1) return current;
  }
  return fallback;
}

const conversion = (value: unknown, type: string): Error =>
  new Error(`interface conversion: interface {} is ${value === null ? 'nil' : goTypeOf(value)}, not ${type}`);

const isList = (value: unknown): boolean => Array.isArray(value) || goTypeOf(value).startsWith('[]');

/**
 * mergo's merge of maps: keys that are missing or empty in `target` come from `source`, with `overwrite` all do;
 * maps in both are merged.
 */
function mergeInto(context: FunctionContext, target: Dict, source: Dict, overwrite: boolean): void {
  for (const key of Object.keys(source)) {
    context.spend(1);
    const from = source[key];
    const present = Object.hasOwn(target, key);
    if (from === null) {
      if (overwrite) put(target, key, null);
      continue;
    }
    const into = present ? target[key] : undefined;
    const bothMaps = isPlainMap(from) && isPlainMap(into);
    if (bothMaps && from !== into) mergeInto(context, into, from, overwrite);
    if (isList(from)) {
      if (overwrite || !present || isEmpty(into)) put(target, key, from);
      continue;
    }
    if (bothMaps && !isEmpty(into)) continue;
    if (overwrite || !present || isEmpty(into)) put(target, key, from);
  }
}

function merge(context: FunctionContext, overwrite: boolean, target: Dict, sources: readonly Dict[]): Dict {
  const merged = target === NIL_MAP && sources.some((source) => source !== NIL_MAP) ? {} : target;
  for (const source of sources) mergeInto(context, merged, source, overwrite);
  return merged;
}

const MERGE = 'func(map[string]interface {}, ...map[string]interface {}) interface {}';
const PICK = 'func(map[string]interface {}, ...string) map[string]interface {}';
const mergeMissing = contextual(MERGE, (context, target: Dict, ...sources: Dict[]) =>
  merge(context, false, target, sources),
);
const mergeAll = contextual(MERGE, (context, target: Dict, ...sources: Dict[]) =>
  merge(context, true, target, sources),
);

/** Functions that change a dict of their arguments: templates that use one run on a copy of the variables. */
export const CHANGING_FUNCTIONS: ReadonlySet<string> = new Set([
  'set',
  'unset',
  'merge',
  'mustMerge',
  'mergeOverwrite',
  'mustMergeOverwrite',
]);

export const DICT_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  dict: pure('func(...interface {}) map[string]interface {}', dict),
  get: pure('func(map[string]interface {}, string) interface {}', (source: Dict, key: string) =>
    Object.hasOwn(source, key) ? source[key] : '',
  ),
  set: pure('func(map[string]interface {}, string, interface {}) map[string]interface {}', set),
  unset: pure('func(map[string]interface {}, string) map[string]interface {}', unset),
  hasKey: pure('func(map[string]interface {}, string) bool', (source: Dict, key: string) =>
    Object.hasOwn(source, key),
  ),
  pluck: pure('func(string, ...map[string]interface {}) []interface {}', (key: string, ...sources: Dict[]) =>
    sources.filter((source) => Object.hasOwn(source, key)).map((source) => source[key]),
  ),
  // Go's order is random; a sorted one is one of those that it may give.
  keys: contextual(
    'func(...map[string]interface {}) []string',
    (context, ...sources: Dict[]) =>
      new GoSlice(
        'string',
        sources.flatMap((source) => keysOf(context, source)),
      ),
  ),
  values: contextual('func(map[string]interface {}) []interface {}', (context, source: Dict) =>
    keysOf(context, source).map((key) => source[key]),
  ),
  pick: pure(PICK, pick),
  omit: contextual(PICK, omit),
  merge: mergeMissing,
  mustMerge: mergeMissing,
  mergeOverwrite: mergeAll,
  mustMergeOverwrite: mergeAll,
  dig: pure('func(...interface {}) (interface {}, error)', dig),
};
