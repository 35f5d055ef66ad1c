/** What the namespaces of conditions and templates hold, known before one of them runs. */
import { goTypeOf } from '../typed.ts';
import { createNamespaces } from './create.ts';

const NAMESPACES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ...createNamespaces({ now: () => 0 }),
};

export const NAMESPACE_NAMES: readonly string[] = Object.keys(NAMESPACES);

/** The members of a namespace; undefined where there is no namespace of the name. */
export function namespaceNames(namespace: string): string[] | undefined {
  return Object.hasOwn(NAMESPACES, namespace) ? Object.keys(NAMESPACES[namespace] ?? {}) : undefined;
}

/** The Go type of a member, `func(string) time.Time`; undefined where the namespace has none of the name. */
export function namespaceMemberType(namespace: string, name: string): string | undefined {
  const members = Object.hasOwn(NAMESPACES, namespace) ? NAMESPACES[namespace] : undefined;
  return members !== undefined && Object.hasOwn(members, name) ? goTypeOf(members[name]) : undefined;
}
