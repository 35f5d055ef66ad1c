/**
 * `operationStartedAfter(value)` asks about the past of a value. It has to be noted with each event, also where the
 * expression stops before it reaches the call: so the argument is evaluated by itself, under its text as the name.
 */
import type { CallNode, Node, StringNode } from './ast.ts';
import { CompileError } from './errors.ts';
import { print } from './print.ts';
import { some } from './walk.ts';

const TRACKING = 'operationStartedAfter';

/** Names the value in each call; answers the arguments by name. Throws a CompileError. */
export function nameTracked(root: Node): Map<string, Node> {
  const tracked = new Map<string, Node>();
  some(root, (node) => {
    if (node.kind !== 'call' || node.callee.kind !== 'identifier' || node.callee.name !== TRACKING)
      return false;
    const [argument] = node.args;
    if (argument === undefined || node.args.length !== 1)
      throw new CompileError(`${TRACKING} takes one value`, node.at);
    if (dependsOnPlace(argument, root))
      throw new CompileError(
        `${TRACKING} takes a value of the Application, no variable and no element`,
        node.at,
      );
    const name = print(argument);
    tracked.set(name, argument);
    addName(node, name);
    return false;
  });
  return tracked;
}

function addName(call: CallNode, name: string): void {
  const text: StringNode = { kind: 'string', value: name, at: call.at };
  call.args = [...call.args, text];
}

/** It means something else, or nothing, outside of its expression. */
function dependsOnPlace(argument: Node, root: Node): boolean {
  const declared = new Set<string>();
  some(root, (node) => {
    if (node.kind === 'let') declared.add(node.name);
    return false;
  });
  return some(
    argument,
    (node) => node.kind === 'pointer' || (node.kind === 'identifier' && declared.has(node.name)),
  );
}
