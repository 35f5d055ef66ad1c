/*
 * The first list of all Applications, until the watch has reported each, beside `JSON.parse` of the same bytes. Seconds of
 * this thread's processor time, so that it does not matter how fast the API server is.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/cluster/connect.ts';
import { createWatchScope } from '../../src/cluster/scope.ts';
import { createApplicationWatch } from '../../src/cluster/watch-applications.ts';
import { createLog } from '../../src/log.ts';
import { startChild } from '../child.ts';
import type { KubernetesQuestions } from '../doubles/kubernetes.ts';
import { report } from '../figure.ts';
import { flags } from '../flags.ts';

const { applications } = flags();
const kubernetes = startChild<KubernetesQuestions>(
  join(import.meta.dirname, '..', 'doubles', 'kubernetes.ts'),
);
const directory = mkdtempSync(join(tmpdir(), 'herald-bench-'));
const kubeconfig = join(directory, 'kubeconfig');
writeFileSync(kubeconfig, await kubernetes.ask('start', { applications, apiUrl: null, token: 't' }), {
  mode: 0o600,
});
const connection = connect({ kubeconfig });
const log = createLog({ level: 'warn', format: 'text' });

/** Pages of the list, as they come. */
const pages: Buffer[] = [];
for (let token: string | undefined = ''; token !== undefined; ) {
  const { metadata } = await connection.json({
    path: '/apis/argoproj.io/v1alpha1/applications',
    query: { limit: 500, continue: token || undefined },
    parse(bytes) {
      pages.push(Buffer.from(bytes));
      return JSON.parse(bytes.toString());
    },
  });
  token = (metadata as { continue?: string }).continue;
}

let reported = 0;
const began = cpu();
const watch = createApplicationWatch(
  { connection, log },
  {
    scope: createWatchScope('argocd', []),
    handlers: { upsert: () => void (reported += 1), delete: () => undefined },
    timings: { listTimeoutMs: 300_000 },
  },
);
watch.start();
await watch.ready();
const ours = cpu() - began;
if (reported <= applications) throw new Error(`The watch has reported ${reported}`);
await watch.stop();

const before = cpu();
const kept = pages.map((page) => JSON.parse(page.toString()) as unknown);
const bare = cpu() - before;
if (kept.length !== pages.length) throw new Error('Not all was parsed');
report({
  figure: `list and watch of ${applications}`,
  value: ours,
  unit: 'ms of the processor',
  ratio: ours / bare,
  goal: 1.3,
});
await connection.close();
await kubernetes.end();
rmSync(directory, { recursive: true, force: true });
process.exit(0);

function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
