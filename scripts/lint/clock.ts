/** A plugin of the linter: time and timers come from the clock that is handed over, see src/clock.ts. */

const message = 'Take the time and timers from a Clock (src/clock.ts), which can be a simulated one.';

const globals = new Set(['setTimeout', 'setInterval', 'setImmediate']);
const members: Readonly<Record<string, ReadonlySet<string>>> = {
  Date: new Set(['now']),
  performance: new Set(['now', 'timeOrigin']),
  process: new Set(['hrtime', 'uptime']),
  AbortSignal: new Set(['timeout']),
  globalThis: globals,
};
const modules = /^(?:node:)?(?:timers(?:\/promises)?|perf_hooks)$/;

interface Node {
  type: string;
  name?: string;
  value?: string | number | bigint | boolean | null;
  parent?: Node;
  object?: Node;
  property?: Node;
  key?: Node;
  computed?: boolean;
  callee?: Node;
  arguments?: readonly Node[];
  source?: Node;
}

interface Context {
  report(problem: { node: Node; message: string }): void;
}

const isNamed = (node: Node | undefined, name: string) => node?.type === 'Identifier' && node.name === name;

/** Whether the identifier is a name of something else: a property, or the key of one. */
function isKey(node: Node): boolean {
  const { parent } = node;
  return parent?.computed !== true && (parent?.property === node || parent?.key === node);
}

const onlySource = {
  create(context: Context) {
    const report = (node: Node) => context.report({ node, message });
    const load = (node: Node) => {
      if (modules.test(String(node.source?.value ?? ''))) report(node);
    };
    return {
      Identifier(node: Node) {
        if (globals.has(node.name ?? '') && !isKey(node)) report(node);
      },
      MemberExpression(node: Node) {
        const { object, property } = node;
        const name = property?.name ?? String(property?.value);
        if (object?.type === 'Identifier' && members[object.name ?? '']?.has(name)) report(node);
      },
      NewExpression(node: Node) {
        if (isNamed(node.callee, 'Date') && node.arguments?.length === 0) report(node);
      },
      CallExpression(node: Node) {
        if (isNamed(node.callee, 'Date')) report(node);
      },
      ImportDeclaration: load,
      ImportExpression: load,
      ExportNamedDeclaration: load,
    };
  },
};

export default { meta: { name: 'clock' }, rules: { 'only-source': onlySource } };
