/*
 * The path of a message under load, on each store: a burst of changes until all are told, beside bare BullMQ that sends
 * the same requests; then 20 changes a second. Slack answers in 200 ms. With `--peer` the same of another controller,
 * for which there is no bare loop.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createHerald } from '../../simulator/herald.ts';
import { type Child, startChild } from '../child.ts';
import type { BareQuestions } from '../doubles/bare.ts';
import type { KubernetesQuestions } from '../doubles/kubernetes.ts';
import type { SlackQuestions } from '../doubles/slack.ts';
import { report } from '../figure.ts';
import { flags } from '../flags.ts';
import { startPeer } from '../peer.ts';
import { cpuOf, memoryOf } from '../process-figures.ts';
import { emptyStore } from '../stores.ts';

const { applications, changes, seconds, store: stores, peer, checkout, profile } = flags();
const token = 'xoxb-bench-0123456789';
const latency = 200;
const perSecond = 20;
const patience = 300_000;
const goals = { burst: 1.5, p50: 8, p99: 30, cpu: 3 };

interface Running {
  pid: number;
  stop(): Promise<unknown>;
}

interface Doubles {
  kubernetes: Child<KubernetesQuestions>;
  slack: Child<SlackQuestions>;
  apiUrl: string;
  kubeconfig: string;
}

for (const store of stores) {
  await within(async (doubles) => {
    const at = `${changes} changes of ${applications}, ${store}`;
    const { url, remove } = await emptyStore(store);
    const env = profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` };
    const herald = createHerald({
      kubeconfig: doubles.kubeconfig,
      queue: url,
      env,
      ...(checkout === undefined ? {} : { checkout }),
    });
    try {
      await herald.start();
      const burst = await measure(at, doubles, { pid: herald.pid ?? 0, stop: herald.stop });
      const bare = await bareBurst(store, doubles);
      const ratio = burst.took / bare.took;
      report({ figure: `burst of ${at}`, value: burst.took, unit: 'ms', ratio, goal: goals.burst });
      report({
        figure: `CPU a message in a burst of ${at}`,
        value: burst.cpu,
        unit: 'ms',
        ratio: burst.cpu / bare.cpu,
        goal: null,
      });
    } finally {
      await herald.stop();
      await remove();
    }
  }, false);
}

if (peer !== undefined) {
  await within(async (doubles) => {
    const at = `${changes} changes of ${applications}, peer`;
    const { took, cpu } = await measure(at, doubles, await startPeer(peer, doubles));
    report({ figure: `burst of ${at}`, value: took, unit: 'ms', ratio: null, goal: null });
    report({ figure: `CPU a message in a burst of ${at}`, value: cpu, unit: 'ms', ratio: null, goal: null });
  }, true);
}

/** Starts the doubles; `isSlackCom`: the configuration names no address of Slack. */
async function within(run: (doubles: Doubles) => Promise<void>, isSlackCom: boolean): Promise<void> {
  const doubles = join(import.meta.dirname, '..', 'doubles');
  const kubernetes = startChild<KubernetesQuestions>(join(doubles, 'kubernetes.ts'));
  const slack = startChild<SlackQuestions>(join(doubles, 'slack.ts'));
  const directory = mkdtempSync(join(tmpdir(), 'herald-bench-'));
  try {
    const apiUrl = await slack.ask('start', { latency });
    const asked = isSlackCom ? null : apiUrl;
    const written = await kubernetes.ask('start', { applications, apiUrl: asked, token });
    const kubeconfig = join(directory, 'kubeconfig');
    writeFileSync(kubeconfig, written, { mode: 0o600 });
    await run({ kubernetes, slack, apiUrl, kubeconfig });
  } finally {
    await Promise.all([kubernetes.end(), slack.end()]);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Milliseconds until all of a burst is told, and of the processor for each message. */
async function measure(
  at: string,
  doubles: Doubles,
  running: Running,
): Promise<{ took: number; cpu: number }> {
  try {
    // The marker's.
    await doubles.slack.ask('arrived', { count: 1, patience });
    await untilIdle(running.pid);
    // What compiles, connects and learns channels is not what is measured.
    await deployed(doubles, running, Math.ceil(changes / 5), null);
    const burst = await deployed(doubles, running, changes, null);
    const steady = await deployed(doubles, running, seconds * perSecond, perSecond);
    const named = `${perSecond} changes a second, ${at.replace(/^\d+ changes of /, '')}`;
    const unit = 'ms';
    report({ figure: `p50 of ${named}`, value: steady.quantile(0.5), unit, ratio: null, goal: goals.p50 });
    report({ figure: `p99 of ${named}`, value: steady.quantile(0.99), unit, ratio: null, goal: goals.p99 });
    report({ figure: `CPU a message at ${named}`, value: steady.cpu, unit, ratio: null, goal: goals.cpu });
    report({
      figure: `resident at the end, ${at}`,
      value: memoryOf(running.pid),
      unit: 'MiB',
      ratio: null,
      goal: null,
    });
    return burst;
  } finally {
    await running.stop();
  }
}

async function deployed(
  { kubernetes, slack }: Doubles,
  { pid }: Running,
  count: number,
  pace: number | null,
) {
  await slack.ask('clear');
  const before = cpuOf(pid);
  const times = await kubernetes.ask('deploy', { count, perSecond: pace });
  const { arrivals, doubled } = await slack.ask('arrived', { count, patience });
  // What is settled after the answer belongs to it.
  await delay(latency + 300);
  const cpu = ((cpuOf(pid) - before) * 1_000) / count;
  if (arrivals.size < count || doubled > 0)
    throw new Error(`${arrivals.size} of ${count} changes were told, ${doubled} of them twice`);
  const took = Math.max(...arrivals.values()) - Math.min(...times.values());
  const latencies = [...times].map(([text, at]) => (arrivals.get(text) ?? 0) - at).sort((a, b) => a - b);
  const quantile = (part: number) => latencies[Math.min(count - 1, Math.floor(part * count))] ?? 0;
  process.stderr.write(
    `${count} changes ${pace ?? 'at once'}: made in ${(Math.max(...times.values()) - Math.min(...times.values())).toFixed(0)} ms, ` +
      `told in ${took.toFixed(0)} ms, CPU ${cpu.toFixed(2)} ms, p50 ${quantile(0.5).toFixed(1)} p99 ${quantile(0.99).toFixed(1)}\n`,
  );
  return { took, cpu, quantile };
}

async function bareBurst(store: string, { slack, apiUrl }: Doubles): Promise<{ took: number; cpu: number }> {
  const { url, remove } = await emptyStore(store);
  const bare = startChild<BareQuestions>(join(import.meta.dirname, '..', 'doubles', 'bare.ts'));
  try {
    await bare.ask('start', { url, apiUrl, token });
    const burst = async (count: number, name: string) => {
      await slack.ask('clear');
      const before = bare.cpu();
      const messages = Array.from({ length: count }, (_, index) => ({
        channel: `channel-${(index * 3) % 500}`,
        text: `app-${index} ${name}-${index}`,
      }));
      const began = await bare.ask('send', messages);
      const { arrivals } = await slack.ask('arrived', { count, patience });
      await delay(latency + 300);
      if (arrivals.size < count) throw new Error(`${arrivals.size} of ${count} were sent by bare BullMQ`);
      return { took: Math.max(...arrivals.values()) - began, cpu: ((bare.cpu() - before) * 1_000) / count };
    };
    await burst(Math.ceil(changes / 5), 'first');
    const { took, cpu } = await burst(changes, 'burst');
    process.stderr.write(`bare BullMQ: ${took.toFixed(0)} ms, CPU ${cpu.toFixed(2)} ms\n`);
    return { took, cpu };
  } finally {
    await bare.end();
    await remove();
  }
}

/** Until it has used less than a tenth of a processor for three seconds. */
async function untilIdle(pid: number): Promise<void> {
  for (let quiet = 0, before = cpuOf(pid); quiet < 3; ) {
    await delay(1_000);
    const now = cpuOf(pid);
    quiet = now - before < 0.1 ? quiet + 1 : 0;
    before = now;
  }
}
