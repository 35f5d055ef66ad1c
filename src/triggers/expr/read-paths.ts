/** Which members of its variables an expression reads: `app.status.sync.revision`, however it is written. */
import type { Node } from './ast.ts';
import { type Path, pathOf } from './path.ts';
import { some } from './walk.ts';

export interface ReadPath {
  /** The variable and its members, list indexes as digits: `['app', 'status', 'sync', 'revision']`. */
  path: readonly string[];
  /** Offset of the last member in the source, in UTF-16 units. */
  at: number;
}

const keysOf = ({ steps }: Path): string[] =>
  steps
    .map(({ key }) => key)
    .filter((key) => key !== undefined)
    .map((key) => (typeof key === 'string' ? key : String((key as { value: unknown }).value)));

/** The longest paths of constant keys that begin at a variable of the environment; `let` variables are followed. */
export function readPaths(root: Node): ReadPath[] {
  const members: Node[] = [];
  const inner = new Set<Node>();
  const lets = new Map<string, Node>();
  some(root, (node) => {
    if (node.kind === 'let') lets.set(node.name, node.value);
    if (node.kind === 'call') inner.add(node.callee);
    if (node.kind === 'member' || node.kind === 'chain') {
      members.push(node);
      inner.add(node.node);
    }
    return false;
  });

  function full(node: Node, following: ReadonlySet<string>): string[] | undefined {
    const found = pathOf(node);
    const { base } = found;
    if (base.kind !== 'identifier') return undefined;
    const bound = following.has(base.name) ? undefined : lets.get(base.name);
    if (bound === undefined) return [base.name, ...keysOf(found)];
    const start = full(bound, new Set([...following, base.name]));
    return start === undefined ? undefined : [...start, ...keysOf(found)];
  }

  return members
    .filter((node) => !inner.has(node))
    .flatMap((node) => {
      const path = full(node, new Set());
      const at = node.kind === 'chain' ? node.node.at : node.at;
      return path === undefined ? [] : [{ path, at }];
    });
}
