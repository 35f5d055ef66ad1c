/**
 * The rewrites of expr-lang's optimizer that a user can see: a list of constant strings on the right of `in`
 * becomes a set (and an int on its left an error), closures are merged and stop early (so that an error in a
 * later element never happens), sums of constant ranges are calculated. Same passes, same order.
 */
import type { ArrayNode, BinaryNode, BuiltinNode, IntegerNode, Node, PredicateNode } from './ast.ts';
import { fold, inPlaceOf } from './fold.ts';
import { INT, kindOf, UNKNOWN } from './types.ts';
import { sameTree, some, walk } from './walk.ts';

/** A tree is folded until nothing changes; expr-lang gives up after as many rounds. */
const FOLD_ROUNDS = 1000;

const isInt = (node: Node): boolean => kindOf(node.type ?? UNKNOWN) === 'int';

function constantSet(node: Node): Node {
  if (node.kind !== 'binary' || node.operator !== 'in' || node.right.kind !== 'array') return node;
  const { nodes } = node.right;
  if (nodes.length === 0) return node;
  if (isInt(node.left) && nodes.every((item) => item.kind === 'integer')) {
    const keys = new Set(nodes.map((item) => String((item as IntegerNode).value)));
    return { ...node, right: { kind: 'constant', value: null, set: { of: 'int', keys }, at: node.at } };
  }
  if (!nodes.every((item) => item.kind === 'string')) return node;
  const keys = new Set(nodes.map((item) => (item.kind === 'string' ? item.value : '')));
  return { ...node, right: { kind: 'constant', value: null, set: { of: 'string', keys }, at: node.at } };
}

function foldAll(root: Node): Node {
  let node = root;
  for (let round = 0; round < FOLD_ROUNDS; round++) {
    let changed = false;
    node = walk(node, (each) => {
      const folded = fold(each);
      changed ||= folded !== each;
      return folded;
    });
    if (!changed) return node;
  }
  return node;
}

function constantRange(node: Node | undefined): { from: bigint; to: bigint } | undefined {
  if (node?.kind !== 'binary' || node.operator !== '..') return undefined;
  if (node.left.kind !== 'integer' || node.right.kind !== 'integer') return undefined;
  return { from: node.left.value, to: node.right.value };
}

function inRange(node: Node): Node {
  if (node.kind !== 'binary' || node.operator !== 'in' || !isInt(node.left)) return node;
  if (constantRange(node.right) === undefined) return node;
  const range = node.right as BinaryNode;
  const { at } = node;
  const bound = (operator: string, right: Node): Node => ({
    kind: 'binary',
    operator,
    left: node.left,
    right,
    at,
  });
  return inPlaceOf(node, {
    kind: 'binary',
    operator: 'and',
    left: bound('>=', range.left),
    right: bound('<=', range.right),
    at,
  });
}

/** A call of `filter` with a closure. */
function filterIn(node: Node | undefined): BuiltinNode | undefined {
  return node?.kind === 'builtin' && node.name === 'filter' && node.args.length === 2 ? node : undefined;
}

function filterMap(node: Node): Node {
  if (node.kind !== 'builtin' || node.name !== 'map' || node.args.length !== 2) return node;
  const [list, closure] = node.args as [Node, PredicateNode];
  const filter = filterIn(list);
  if (filter === undefined || filter.map !== undefined) return node;
  if (some(closure, (each) => each.kind === 'pointer' && each.name === 'index')) return node;
  return inPlaceOf(node, {
    kind: 'builtin',
    name: 'filter',
    args: filter.args,
    map: closure.node,
    at: node.at,
  });
}

function filterLength(node: Node): Node {
  if (node.kind !== 'builtin' || node.name !== 'len' || node.args.length !== 1) return node;
  const filter = filterIn(node.args[0]);
  return filter === undefined
    ? node
    : inPlaceOf(node, { kind: 'builtin', name: 'count', args: filter.args, at: node.at });
}

/** `filter(…)[0]` and `first(filter(…))` stop at the first element found; the last one likewise. */
function filterEnd(index: bigint, builtin: string, find: string): (node: Node) => Node {
  return (node) => {
    let filter: BuiltinNode | undefined;
    const indexed = node.kind === 'member' && !node.optional;
    if (indexed && node.property.kind === 'integer' && node.property.value === index)
      filter = filterIn(node.node);
    if (node.kind === 'builtin' && node.name === builtin && node.args.length === 1)
      filter = filterIn(node.args[0]);
    if (filter === undefined) return node;
    const map = filter.map === undefined ? {} : { map: filter.map };
    return inPlaceOf(node, {
      kind: 'builtin',
      name: find,
      args: filter.args,
      throws: indexed,
      ...map,
      at: node.at,
    });
  };
}

/** The operator that joins the closures of two calls of the same built-in. */
function combining(name: string, operator: string): string | undefined {
  const and = operator === 'and' || operator === '&&';
  const or = operator === 'or' || operator === '||';
  if ((name === 'all' && and) || (name === 'any' && or)) return operator;
  return name === 'none' && and ? 'or' : undefined;
}

/** `any(x, a) or any(x, b)` becomes `any(x, a or b)`. */
function combineClosures(node: Node): Node {
  if (node.kind !== 'binary' || node.left.kind !== 'builtin' || node.right.kind !== 'builtin') return node;
  const { left, right, at } = node;
  const operator = combining(left.name, node.operator);
  if (operator === undefined || left.name !== right.name) return node;
  const [list, closure] = left.args as [Node, PredicateNode];
  const [otherList, otherClosure] = right.args as [Node, PredicateNode];
  if (list.type?.go !== otherList.type?.go || !sameTree(list, otherList)) return node;
  const both = combineClosures({
    kind: 'binary',
    operator,
    left: closure.node,
    right: otherClosure.node,
    at,
  });
  return inPlaceOf(node, {
    kind: 'builtin',
    name: left.name,
    args: [list, { kind: 'predicate', node: both, at }],
    at,
  });
}

const isElement = (node: Node, name = ''): boolean => node.kind === 'pointer' && node.name === name;

/** The sum of a closure over a range of `count` elements whose sum is `sum`; undefined where it must be run. */
function closureSum(sum: bigint, count: bigint, closure: Node | undefined): bigint | undefined {
  if (closure === undefined) return sum;
  const body = (closure as PredicateNode).node;
  if (isElement(body)) return sum;
  if (body.kind !== 'binary') return undefined;
  const elementLeft = isElement(body.left) && body.right.kind === 'integer';
  if (!elementLeft && !(body.left.kind === 'integer' && isElement(body.right))) return undefined;
  const constant = ((elementLeft ? body.right : body.left) as IntegerNode).value;
  if (body.operator === '*') return constant * sum;
  if (body.operator === '+') return sum + count * constant;
  if (body.operator === '-') return elementLeft ? sum - count * constant : count * constant - sum;
  return undefined;
}

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

function sumRange(node: Node): Node {
  if (node.kind !== 'builtin' || (node.name !== 'sum' && node.name !== 'reduce')) return node;
  const range = constantRange(node.args[0]);
  if (range === undefined || range.to < range.from) return node;
  const count = wrap(range.to - range.from + 1n);
  const sum = wrap(count * wrap(range.from + range.to)) / 2n;
  const constant = (value: bigint): Node => ({ kind: 'integer', value: wrap(value), at: node.at, type: INT });
  if (node.name === 'sum') {
    const total = closureSum(sum, count, node.args[1]);
    return total === undefined ? node : constant(total);
  }
  const body = (node.args[1] as PredicateNode).node;
  const adds =
    body.kind === 'binary' &&
    body.operator === '+' &&
    ((isElement(body.left) && isElement(body.right, 'acc')) ||
      (isElement(body.left, 'acc') && isElement(body.right)));
  const start = node.args[2];
  if (!adds || (start !== undefined && start.kind !== 'integer')) return node;
  return constant(sum + (start?.value ?? 0n));
}

function added(nodes: readonly Node[], at: number): Node {
  const [left, ...rest] = nodes as [Node, ...Node[]];
  const right = rest.length === 1 ? (rest[0] as Node) : added(rest, at);
  return { kind: 'binary', operator: '+', left, right, at };
}

/** `sum([a, b, c])` becomes `a + (b + c)`: it joins strings, which sum does not. */
function sumArray(node: Node): Node {
  if (node.kind !== 'builtin' || node.name !== 'sum' || node.args.length !== 1) return node;
  const list = node.args[0] as ArrayNode;
  return list.kind === 'array' && list.nodes.length >= 2 ? inPlaceOf(node, added(list.nodes, node.at)) : node;
}

function sumMap(node: Node): Node {
  if (node.kind !== 'builtin' || node.name !== 'sum' || node.args.length !== 1) return node;
  const mapped = node.args[0] as Node;
  if (mapped.kind !== 'builtin' || mapped.name !== 'map' || mapped.args.length !== 2) return node;
  return inPlaceOf(node, { kind: 'builtin', name: 'sum', args: mapped.args, at: node.at });
}

/** A comparison of `count` with a constant. */
function countComparison(node: Node): { operator: string; count: BuiltinNode; value: bigint } | undefined {
  if (node.kind !== 'binary' || node.left.kind !== 'builtin' || node.right.kind !== 'integer')
    return undefined;
  if (node.left.name !== 'count' || node.left.args.length !== 2) return undefined;
  return { operator: node.operator, count: node.left, value: node.right.value };
}

function countAny(node: Node): Node {
  const found = countComparison(node);
  if (found === undefined) return node;
  const any =
    (found.operator === '>' && found.value === 0n) || (found.operator === '>=' && found.value === 1n);
  return any ? inPlaceOf(node, { kind: 'builtin', name: 'any', args: found.count.args, at: node.at }) : node;
}

function countThreshold(node: Node): Node {
  const found = countComparison(node);
  if (found === undefined || !['>', '>=', '<', '<='].includes(found.operator)) return node;
  const threshold = found.operator === '>' || found.operator === '<=' ? found.value + 1n : found.value;
  if (found.value >= 0n && threshold > 1n) found.count.threshold = Number(threshold);
  return node;
}

/** Rewrites a checked tree. Throws a CompileError (a constant `% 0`). */
export function optimize(root: Node): Node {
  const passes = [
    inRange,
    filterMap,
    filterLength,
    filterEnd(-1n, 'last', 'findLast'),
    filterEnd(0n, 'first', 'find'),
    combineClosures,
    sumRange,
    sumArray,
    sumMap,
    countAny,
    countThreshold,
  ];
  return passes.reduce((node, pass) => walk(node, pass), foldAll(walk(root, constantSet)));
}
