/**
 * What a start costs somebody who uses only Slack, as a ratio to another checkout of this repository: the time until
 * Herald is ready, the processor's seconds until then, and the resident memory once it has told Slack of something. The
 * two are started in turns, and the medians are compared.
 *
 *   node bench/startup.ts --against PATH [--rounds 10] [--redis URL]
 *
 * `--redis` for a checkout without the queue on SQLite; its databases 1 and 2 are used, one for each checkout.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { circumstances } from '../faults/report.ts';
import { createHerald } from '../simulator/herald.ts';
import { createKubernetesSimulator } from '../simulator/kubernetes.ts';
import { createSlackSimulator } from '../simulator/slack.ts';
import type { JsonObject } from '../src/model.ts';
import { median } from './figure.ts';
import { cpuOf, memoryOf } from './process-figures.ts';

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '10' },
    redis: { type: 'string' },
  },
});
const { against, rounds, redis } = values;
if (against === undefined) throw new Error('--against PATH is missing: the checkout to compare with');
const checkouts = [resolve(import.meta.dirname, '..'), resolve(against)];
const token = 'xoxb-bench-0123456789';
/** What is garbage of the start is gone by then, as far as it ever goes. */
const settling = 3_000;

interface Start {
  ready: number;
  cpu: number;
  memory: number;
}

async function start(checkout: string, database: number, round: number): Promise<Start> {
  const directory = mkdtempSync(join(tmpdir(), 'herald-startup-'));
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
  const slack = createSlackSimulator({ token, channels: [{ name: 'deploys' }] });
  const [{ kubeconfig }] = await Promise.all([kubernetes.start(), slack.start()]);
  const { cluster } = kubernetes;
  const inNamespace = (kind: string, name: string, rest: JsonObject): JsonObject =>
    cluster.apply({ kind, metadata: { name, namespace: 'argocd' }, ...rest });
  inNamespace('ConfigMap', 'argocd-notifications-cm', {
    data: {
      'service.slack': `token: $slack-token\napiURL: ${slack.apiUrl}\n`,
      'trigger.on-degraded': "- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n",
      'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
    },
  });
  inNamespace('Secret', 'argocd-notifications-secret', {
    data: { 'slack-token': Buffer.from(token).toString('base64') },
  });
  cluster.apply({
    kind: 'Application',
    metadata: {
      // Another one in each round: a queue that stays knows what it has told.
      name: `shop-${process.pid}-${round}`,
      namespace: 'argocd',
      annotations: { 'notifications.argoproj.io/subscribe.on-degraded.slack': 'deploys' },
    },
    spec: { project: 'default' },
    status: { health: { status: 'Degraded' } },
  });
  const kubeconfigFile = join(directory, 'kubeconfig');
  writeFileSync(kubeconfigFile, kubeconfig, { mode: 0o600 });
  const herald = createHerald({
    kubeconfig: kubeconfigFile,
    queue: redis === undefined ? `sqlite:${join(directory, 'queue')}` : new URL(`/${database}`, redis).href,
    checkout,
  });
  try {
    const began = performance.now();
    await herald.start();
    const ready = performance.now() - began;
    const cpu = cpuOf(herald.pid);
    await slack.until(() => slack.messages('deploys').length > 0);
    await delay(settling);
    const memory = memoryOf(herald.pid);
    return { ready, cpu, memory };
  } finally {
    await herald.stop();
    await Promise.all([kubernetes.stop(), slack.stop()]);
    rmSync(directory, { recursive: true, force: true });
  }
}

const starts: Start[][] = checkouts.map(() => []);
// The first start of each compiles what the others find compiled.
for (let round = 0; round <= Number(rounds); round += 1) {
  // Each is as often the first, so that what changes on the machine meets both.
  const order = round % 2 === 0 ? [0, 1] : [1, 0];
  for (const index of order) {
    const figures = await start(checkouts[index] ?? '', index + 1, round);
    if (round > 0) starts[index]?.push(figures);
  }
}

console.log(`${circumstances(new Date())}, ${rounds} rounds; this one, the other, ratio of the medians`);
for (const [key, what, unit] of [
  ['ready', 'until it is ready', 'ms'],
  ['cpu', "the processor's time until then", 's'],
  ['memory', 'resident memory after a message', 'MiB'],
] as const) {
  const [ours = 0, theirs = 0] = starts.map((each) => median(each.map((figures) => figures[key])));
  const digits = unit === 's' ? 2 : 0;
  console.log(
    `${what}: ${ours.toFixed(digits)} ${unit}, ${theirs.toFixed(digits)} ${unit}, ${(ours / theirs).toFixed(3)}`,
  );
}
process.exit(0);
