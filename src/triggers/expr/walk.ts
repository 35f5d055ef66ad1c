/** Rewrites a tree from its leaves up. `BuiltinNode.map` is left alone, as expr-lang's walker does. */
import type { Node } from './ast.ts';

export function walk(node: Node, visit: (node: Node) => Node): Node {
  const go = (child: Node): Node => walk(child, visit);
  switch (node.kind) {
    case 'unary':
    case 'chain':
    case 'predicate':
      node.node = go(node.node);
      break;
    case 'binary':
      node.left = go(node.left);
      node.right = go(node.right);
      break;
    case 'member':
      node.node = go(node.node);
      node.property = go(node.property);
      break;
    case 'slice':
      node.node = go(node.node);
      if (node.from !== undefined) node.from = go(node.from);
      if (node.to !== undefined) node.to = go(node.to);
      break;
    case 'call':
      node.callee = go(node.callee);
      node.args = node.args.map(go);
      break;
    case 'builtin':
      node.args = node.args.map(go);
      break;
    case 'let':
      node.value = go(node.value);
      node.body = go(node.body);
      break;
    case 'sequence':
    case 'array':
      node.nodes = node.nodes.map(go);
      break;
    case 'conditional':
      node.condition = go(node.condition);
      node.yes = go(node.yes);
      node.no = go(node.no);
      break;
    case 'map':
      for (const pair of node.pairs) {
        pair.key = go(pair.key);
        pair.value = go(pair.value);
      }
      break;
    default:
  }
  return visit(node);
}

const plain = (value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value instanceof Set ? [...value] : value;

/** Whether two trees say the same, positions aside. */
export function sameTree(left: Node, right: Node): boolean {
  const text = (node: Node): string =>
    JSON.stringify(node, (key, value: unknown) =>
      key === 'at' || key === 'type' ? undefined : plain(value),
    );
  return text(left) === text(right);
}

/** How many nodes a tree has. */
export function sizeOf(root: Node): number {
  let size = 0;
  some(root, () => {
    size += 1;
    return false;
  });
  return size;
}

/** Whether a node or one below it satisfies a test. */
export function some(node: Node, test: (node: Node) => boolean): boolean {
  let found = false;
  walk(node, (each) => {
    found ||= test(each);
    return each;
  });
  return found;
}
