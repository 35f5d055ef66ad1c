/**
 * How fast conditions compile and evaluate: `node bench/languages/conditions.ts [SECONDS]`.
 *
 * The conditions are the forms that public ConfigMaps use most. What limits an evaluation is expr-eval (see
 * src/triggers/expr/engine.ts): a regular expression and two table look-ups for each variable, a closure for
 * each lazy operand. The last column is the same two-term condition written by hand in JavaScript.
 */
import { compileExpression } from '../../src/triggers/expr/compile.ts';
import { conditionVars } from '../../src/triggers/schema.ts';

const app = {
  metadata: {
    name: 'guestbook',
    namespace: 'argocd',
    labels: { team: 'shop' },
    annotations: { 'a.b/c': 'x' },
  },
  spec: { project: 'default', source: { repoURL: 'https://github.com/acme/widgets.git' } },
  status: {
    sync: { status: 'Synced', revision: '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80' },
    health: { status: 'Healthy' },
    operationState: {
      phase: 'Succeeded',
      startedAt: '2026-11-22T11:00:00Z',
      finishedAt: '2026-11-22T11:10:00Z',
      syncResult: { revision: '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80' },
    },
    resources: Array.from({ length: 20 }, (_, at) => ({
      kind: 'Deployment',
      name: `d${at}`,
      health: { status: 'Healthy' },
    })),
  },
};

const CONDITIONS = [
  "app.status.operationState.phase in ['Error', 'Failed']",
  "app.status.operationState.phase in ['Succeeded']",
  "app.status.health.status == 'Degraded'",
  "app.status.sync.status == 'Unknown'",
  "app.status.operationState.phase in ['Running']",
  "app.status.operationState != nil and app.status.operationState.phase in ['Succeeded'] and app.status.health.status == 'Healthy'",
  "app.status?.operationState?.phase in ['Succeeded'] and app.status?.health?.status == 'Healthy'",
  "app.status.sync.status == 'OutOfSync' && app.status.health.status != 'Progressing'",
  'time.Now().Sub(time.Parse(app.status.operationState.startedAt)).Minutes() >= 5',
  "any(app.status.resources, .health.status == 'Degraded')",
] as const;

const vars = conditionVars({ app, context: {}, now: Date.UTC(2026, 10, 22, 12) });

/** Processor time of this thread in microseconds: what others do on the machine does not count. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Nanoseconds of one call, measured over a time. */
function measure(call: () => unknown, milliseconds: number): number {
  for (let at = 0; at < 2000; at++) call();
  const start = cpu();
  const end = start + milliseconds * 1000;
  let calls = 0;
  let now = start;
  while (now < end) {
    for (let at = 0; at < 500; at++) call();
    calls += 500;
    now = cpu();
  }
  return ((now - start) * 1000) / calls;
}

const milliseconds = Number(process.argv[2] ?? 0.5) * 1000;
console.log('evaluate ns   per second   compile µs   condition');
for (const source of CONDITIONS) {
  const compiled = compileExpression(source);
  if (!compiled.ok) throw new Error(compiled.error.message);
  const { program } = compiled;
  const result = program.run(vars);
  if (!result.ok) throw new Error(result.error);
  const evaluation = measure(() => program.run(vars), milliseconds);
  const compilation = measure(() => compileExpression(source), milliseconds / 2) / 1000;
  const columns = [
    evaluation.toFixed(0).padStart(11),
    Math.round(1e9 / evaluation)
      .toString()
      .padStart(12),
  ];
  console.log(`${columns.join(' ')} ${compilation.toFixed(1).padStart(12)}   ${source}`);
}
const { operationState: state, health } = app.status;
const byHand = measure(
  () => state !== null && ['Succeeded'].includes(state.phase) && health.status === 'Healthy',
  milliseconds,
);
console.log(
  `${byHand.toFixed(0).padStart(11)} ${Math.round(1e9 / byHand)
    .toString()
    .padStart(12)}              the sixth, by hand`,
);
console.log(
  `${measure(() => conditionVars({ app, context: {}, now: 0 }), milliseconds)
    .toFixed(0)
    .padStart(11)}                           variables of one Application`,
);
