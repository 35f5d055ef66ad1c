/*
 * The path of a message under load, on each store: a burst of changes until all are told, beside bare BullMQ that sends
 * the same requests; then 20 changes a second. Slack answers in 200 ms. With `--peer` the same of another controller,
 * for which there is no bare loop.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../child.ts';
import type { BareQuestions } from '../doubles/bare.ts';
import { type Doubles, latency, patience, startDoubles } from '../doubles/start.ts';
import { report } from '../figure.ts';
import { flags } from '../flags.ts';
import { createInstallation } from '../installation.ts';
import { startPeer } from '../peer.ts';
import { cpuOf, memoryOf, untilIdle } from '../process-figures.ts';
import { emptyStore } from '../stores.ts';

const { applications, changes, seconds, store: stores, peer, checkout, profile } = flags();
const perSecond = 20;
const goals = { burst: 1.5, p50: 8, p99: 30, cpu: 3 };

interface Running {
  readonly pid: number | undefined;
  stop(): Promise<unknown>;
}

for (const store of stores) {
  const at = `${changes} changes of ${applications}, ${store}`;
  const installation = await createInstallation({ applications, store, checkout, profile });
  try {
    await installation.start();
    const burst = await measure(at, installation.doubles, installation.herald);
    const bare = await bareBurst(store, installation.doubles);
    reportBurst(at, burst, bare);
  } finally {
    await installation.stop();
  }
}

if (peer !== undefined) {
  const at = `${changes} changes of ${applications}, peer`;
  const doubles = await startDoubles({ applications, isSlackCom: true });
  try {
    reportBurst(at, await measure(at, doubles, await startPeer(peer, doubles)));
  } finally {
    await doubles.stop();
  }
}

interface Burst {
  /** Milliseconds until all of it is told. */
  took: number;
  /** Milliseconds of the processor for each message. */
  cpu: number;
}

function reportBurst(at: string, burst: Burst, bare?: Burst): void {
  const unit = 'ms';
  const ratio = bare ? burst.took / bare.took : null;
  report({ figure: `burst of ${at}`, value: burst.took, unit, ratio, goal: bare ? goals.burst : null });
  report({
    figure: `CPU a message in a burst of ${at}`,
    value: burst.cpu,
    unit,
    ratio: bare ? burst.cpu / bare.cpu : null,
    goal: null,
  });
}

async function measure(at: string, doubles: Doubles, running: Running): Promise<Burst> {
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
  const began = Math.min(...times.values());
  const took = Math.max(...arrivals.values()) - began;
  const latencies = [...times].map(([text, at]) => (arrivals.get(text) ?? 0) - at).sort((a, b) => a - b);
  const quantile = (part: number) => latencies[Math.min(count - 1, Math.floor(part * count))] ?? 0;
  process.stderr.write(
    `${count} changes ${pace ?? 'at once'}: made in ${(Math.max(...times.values()) - began).toFixed(0)} ms, ` +
      `told in ${took.toFixed(0)} ms, CPU ${cpu.toFixed(2)} ms, p50 ${quantile(0.5).toFixed(1)} p99 ${quantile(0.99).toFixed(1)}\n`,
  );
  return { took, cpu, quantile };
}

async function bareBurst(store: string, { slack, apiUrl, token }: Doubles): Promise<Burst> {
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
