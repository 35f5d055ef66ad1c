/** Whether the answer of an expression may change while its variables do not. */
import type { Node } from './ast.ts';
import { some } from './walk.ts';

const isTime = (node: Node): boolean => node.kind === 'identifier' && node.name === 'time';

/** Reads the clock: `now()`, `time.Now`, or anything by which `time.Now` could be reached. */
export function readsClock(root: Node): boolean {
  let reads = false;
  // `time` used otherwise than as `time.<constant>` may be passed on.
  const constant = new Set<Node>();
  some(root, (node) => {
    if (node.kind !== 'member' || !isTime(node.node) || node.property.kind !== 'string') return false;
    if (node.property.value === 'Now') reads = true;
    constant.add(node.node);
    return false;
  });
  return (
    reads ||
    some(
      root,
      (node) =>
        (node.kind === 'builtin' && node.name === 'now') ||
        (isTime(node) && !constant.has(node)) ||
        (node.kind === 'identifier' && (node.name === '$env' || node.name === 'changes')),
    )
  );
}
