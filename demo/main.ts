import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createHerald } from '../simulator/herald.ts';
import { createKubernetesSimulator, type KubernetesSimulator } from '../simulator/kubernetes.ts';
import { createSlackSimulator, type SlackCallRecord } from '../simulator/slack.ts';
import type { JsonObject } from '../src/model.ts';
import { demoConfiguration } from './configuration.ts';
import { scrape, summarise } from './metrics.ts';
import { startPageServer } from './page-server.ts';
import { applications, type Expected, named, type Step, story } from './story.ts';
import { createTerminal, oneLine } from './terminal.ts';

const usage = `npm run demo -- [--once] [--port PORT]

The whole bridge with a simulated cluster and a simulated Slack, on this machine only.
  --once       plays one round and ends: exit 0 only if every expected message arrived, once
  --port PORT  of the page (default: 8001, or a free one where that is taken)
`;

/** Milliseconds. */
const patience = 20_000;
const pauseToRead = 2_500;

interface TimelineEntry {
  at: number;
  kind: 'change' | 'message';
  text: string;
}

const flags = readFlags();
const terminal = createTerminal(process.stdout);
const directory = await mkdtemp(join(tmpdir(), 'herald-demo-'));
const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
const slack = createSlackSimulator({ channels: ['deploys', 'alerts', 'platform'].map((name) => ({ name })) });
const timeline: TimelineEntry[] = [];
let status = 'starting';
let figures = summarise([]);
let ending = false;
let refresh: NodeJS.Timeout | undefined;

const { kubeconfig } = await kubernetes.start();
await slack.start();
await writeFile(join(directory, 'kubeconfig'), kubeconfig, { mode: 0o600 });
const herald = await createHerald({
  kubeconfig: join(directory, 'kubeconfig'),
  queue: `sqlite:${join(directory, 'queue')}`,
  onLog(entry) {
    if (entry.level === 'warn' || entry.level === 'error') terminal.log(entry);
  },
  onExit(code) {
    terminal.failure(`Herald ended by itself with code ${code}`);
    void end(1);
  },
});
const page = await startPageServer(
  () => ({
    status,
    channels: slack.view(),
    timeline: timeline.slice(-60),
    metricsUrl: `${herald.url}/metrics`,
    ...figures,
  }),
  flags.ports,
);
slack.onCall((call) => {
  if (isPost(call)) tell('message', `#${channelOf(call)}  ${oneLine(call.form.text ?? '')}`);
});
process.once('SIGINT', () => void end(0));
process.once('SIGTERM', () => void end(0));

for (const object of demoConfiguration(slack, 'https://argocd.example.com')) kubernetes.cluster.apply(object);
terminal.title(`Herald demo: the page is ${page.url}, the metrics are ${herald.url}/metrics`);
await herald.start();
refresh = setInterval(() => void refreshFigures(), 1_000);

let failures = 0;
for (let round = 1; !ending; round += 1) {
  failures += await play(kubernetes, round);
  if (flags.once || ending) break;
  status = 'the next round starts in a moment';
  page.publish();
  await delay(10_000);
}
if (!ending) await end(failures === 0 ? 0 : 1);

async function play({ cluster }: KubernetesSimulator, round: number): Promise<number> {
  for (const object of applications(round)) {
    cluster.remove(named((object.metadata as JsonObject).name as string));
    cluster.apply(object);
  }
  const first = posts().length;
  let expected = 0;
  let missing = 0;
  for (const [index, step] of story().entries()) {
    if (ending) return missing;
    status = `round ${round}, step ${index + 1}`;
    tell('change', step.tells);
    const before = posts().length;
    await step.change(cluster, herald);
    expected += step.expects.length;
    missing += await arrivals(step, before);
    await refreshFigures();
    await delay(flags.once ? 0 : pauseToRead);
  }
  const told = posts().length - first;
  if (told !== expected) {
    terminal.failure(`${told} messages, ${expected} expected`);
    return missing + Math.abs(told - expected);
  }
  terminal.title(`${told} messages, each of the ${expected} expected ones once`);
  return missing;
}

/** How many of the step's messages did not come in time. */
async function arrivals(step: Step, before: number): Promise<number> {
  const arrived = ({ channel, contains }: Expected) =>
    posts()
      .slice(before)
      .some((call) => channelOf(call) === channel && JSON.stringify(call.form).includes(contains));
  await slack.until(() => step.expects.every(arrived), patience).catch(() => undefined);
  const missing = step.expects.filter((expected) => !arrived(expected));
  for (const { channel, contains } of missing) terminal.failure(`missing in #${channel}: ${contains}`);
  return missing.length;
}

/** Accepted messages in the order in which they came. */
function posts(): SlackCallRecord[] {
  return slack.calls.filter(isPost);
}

function isPost({ method, answer }: SlackCallRecord): boolean {
  return method === 'chat.postMessage' && answer?.ok === true;
}

function channelOf({ form }: SlackCallRecord): string {
  return slack.view().find(({ id, name }) => id === form.channel || name === form.channel)?.name ?? '';
}

function tell(kind: TimelineEntry['kind'], text: string): void {
  timeline.push({ at: Date.now(), kind, text });
  if (kind === 'change') terminal.change(text);
  else terminal.message(text);
  page.publish();
}

async function refreshFigures(): Promise<void> {
  const samples = await scrape(`${herald.url}/metrics`);
  if (samples) figures = summarise(samples);
  page.publish();
}

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  clearInterval(refresh);
  await herald.stop();
  await Promise.all([page.close(), slack.stop(), kubernetes.stop()]);
  await rm(directory, { recursive: true, force: true });
  process.exit(code);
}

function readFlags(): { once: boolean; ports: number[] } {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    if (values.port === undefined) return { once: values.once, ports: [8001, 0] };
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535) {
      throw new Error(`--port ${values.port} is no port: give 0 to 65535`);
    }
    return { once: values.once, ports: [port] };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}
