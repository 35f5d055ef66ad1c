/**
 * Member paths such as `app.status.operationState?.phase`: found in the tree, and resolved on a value in our
 * own code, so that expr-eval gets the result as one variable.
 */
import type { Budget } from '../../go/compare.ts';
import { isNil } from '../../go/nil.ts';
import { goInt } from '../../go/numbers.ts';
import { isPlainMap } from '../../go/typed.ts';
import type { Node } from './ast.ts';
import { LimitError, RunError } from './errors.ts';
import { fetch } from './fetch.ts';

export interface Step {
  /** undefined: the end of a chain, where a typed nil becomes nil. */
  key: unknown;
  at: number;
  /** Index of the step to go on with where the value is nil; undefined where that is an error. */
  onNil: number | undefined;
}

export interface Path {
  /** An identifier, a pointer, or any other node: where the path starts. */
  base: Node;
  steps: Step[];
}

function constantKey(node: Node): unknown {
  if (node.kind === 'string') return node.value;
  return node.kind === 'integer' ? goInt(node.value) : undefined;
}

/** The longest path of constant keys that ends in a node; without steps where the node is no member. */
export function pathOf(node: Node): Path {
  const steps: Step[] = [];
  // Optional steps whose chain has not ended yet.
  let open: Step[] = [];
  const visit = (each: Node): Node => {
    if (each.kind === 'chain' && isPath(each.node)) {
      const base = visit(each.node);
      for (const step of open) step.onNil = steps.length;
      open = [];
      steps.push({ key: undefined, at: each.at, onNil: undefined });
      return base;
    }
    if (each.kind !== 'member') return each;
    const key = constantKey(each.property);
    if (key === undefined) return each;
    const base = visit(each.node);
    const step: Step = { key, at: each.at, onNil: undefined };
    steps.push(step);
    if (each.optional) open.push(step);
    return base;
  };
  const base = visit(node);
  return { base, steps };
}

/** Whether everything down to the base of a chain is members with constant keys: no call, no index to evaluate. */
function isPath(node: Node): boolean {
  let each = node;
  while (each.kind === 'member' || each.kind === 'chain') {
    if (each.kind === 'member' && constantKey(each.property) === undefined) return false;
    each = each.node;
  }
  return each.kind === 'identifier' || each.kind === 'pointer';
}

/** How a path up to a step reads, for messages. */
export function pathText(base: Node, steps: readonly Step[]): string {
  let text = base.kind === 'identifier' ? base.name : base.kind === 'pointer' ? `#${base.name}` : 'the value';
  for (const { key } of steps) {
    if (key === undefined) continue;
    if (typeof key !== 'string') text += `[${String((key as { value: unknown }).value)}]`;
    else text += /^[\p{L}_$][\p{L}\p{Nd}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }
  return text;
}

/** Follows a path. Throws a RunError that names the part that is nil; with `safe` nil has every field, all nil. */
export function follow(start: unknown, path: Path, safe: boolean, budget?: Budget): unknown {
  const { steps } = path;
  let value = start;
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index] as Step;
    const { key } = step;
    if (typeof key === 'string' && isPlainMap(value)) {
      value = Object.hasOwn(value, key) ? (value[key] ?? null) : null;
      continue;
    }
    if (isNil(value)) {
      if (key === undefined) value = null;
      else if (step.onNil !== undefined) {
        value = null;
        index = step.onNil - 1;
      } else if (!safe) {
        const missing = pathText(path.base, steps.slice(0, index));
        throw new RunError(
          `${missing} is nil: it has no ${pathText({ kind: 'nil', at: 0 }, [step]).slice(9).replace(/^\./, '')}`,
          step.at,
        );
      }
      continue;
    }
    if (key === undefined) continue;
    try {
      value = fetch(value, key, pathText(path.base, steps.slice(0, index)), budget);
    } catch (error) {
      if (error instanceof LimitError) throw error;
      throw new RunError((error as Error).message, step.at);
    }
  }
  return value;
}
