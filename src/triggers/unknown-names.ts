/** Functions, methods and members that an expression names and nothing has: it compiles, and fails when it runs. */
import { likeliest } from '../go/did-you-mean.ts';
import { methodNames } from '../go/methods.ts';
import { NAMESPACE_NAMES, namespaceMemberType, namespaceNames } from '../go/namespaces/known.ts';
import { SHARED_NAMES } from '../go/namespaces/shared.ts';
import { searchNames } from './expr/check.ts';
import { CompileError, placeOf } from './expr/errors.ts';
import { parse } from './expr/parser.ts';
import { builtinNames } from './expr/signatures.ts';
import { type StaticType, typeOf, UNKNOWN } from './expr/types.ts';

export interface UnknownName {
  /** As written: `foo`. */
  name: string;
  kind: 'function' | 'variable' | 'method' | 'field';
  /** The namespace or Go type that has no such member: `time`, `time.Duration`; absent for a function or variable. */
  of?: string;
  /** Offset in the expression, in UTF-16 units, with line and column from 1. */
  offset: number;
  line: number;
  column: number;
  /** What may have been meant. */
  suggestion?: string;
}

/** Variables of conditions that are no namespaces; `changes` is a function. */
const VARIABLES: ReadonlySet<string> = new Set(['app', 'context', 'secrets', 'appProject']);
const FUNCTIONS: Readonly<Record<string, StaticType>> = {
  changes: typeOf('func(interface {}, string) int'),
  operationStartedAfter: typeOf('func(interface {}) bool'),
};

function variable(name: string): StaticType | undefined {
  if (Object.hasOwn(FUNCTIONS, name)) return FUNCTIONS[name];
  return VARIABLES.has(name) || name === 'shared' || namespaceNames(name) !== undefined ? UNKNOWN : undefined;
}

function member(of: string, name: string): { type: StaticType | undefined } | undefined {
  if (of === 'shared') return { type: SHARED_NAMES.includes(name) ? UNKNOWN : undefined };
  if (namespaceNames(of) === undefined) return undefined;
  const type = namespaceMemberType(of, name);
  return { type: type === undefined ? undefined : typeOf(type) };
}

function candidates({ of, kind }: Pick<UnknownName, 'of' | 'kind'>): readonly string[] {
  if (kind === 'variable') return [...VARIABLES, 'shared', ...NAMESPACE_NAMES];
  if (of === undefined) return [...builtinNames(), ...Object.keys(FUNCTIONS)];
  return of === 'shared' ? SHARED_NAMES : (namespaceNames(of) ?? methodNames(of) ?? []);
}

/** None for an expression that does not parse: compiling it says why. */
export function unknownNames(source: string): UnknownName[] {
  const found: UnknownName[] = [];
  try {
    searchNames(parse(source), {
      variable,
      member,
      report({ at }, { name, of, kind }) {
        const given = { kind, ...(of === undefined ? {} : { of }) };
        const suggestion = likeliest(name, candidates(given));
        found.push({
          name,
          ...given,
          offset: at,
          ...placeOf(source, at),
          ...(suggestion === undefined ? {} : { suggestion }),
        });
      },
    });
  } catch (error) {
    if (!(error instanceof CompileError) && !(error instanceof RangeError)) throw error;
  }
  return found;
}
