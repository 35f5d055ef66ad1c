import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createHerald, type Herald } from '../simulator/herald.ts';
import { createKubernetesSimulator, type KubernetesSimulator } from '../simulator/kubernetes.ts';
import { createSlackSimulator, type SlackCallRecord } from '../simulator/slack.ts';
import { createAlertReader, type ShownAlert } from './alerts.ts';
import { populate } from './applications.ts';
import { demoConfiguration } from './configuration.ts';
import { createLifetime } from './lifetime.ts';
import { scrape, summarise } from './metrics.ts';
import { type PageServer, startPageServer } from './page-server.ts';
import { createRepository } from './repository.ts';
import type { Bridge, Expected, Step } from './story/step.ts';
import { story } from './story/story.ts';
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
const lifetime = createLifetime((code) => process.exit(code));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => void lifetime.end(0));
const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
const slack = createSlackSimulator({ channels: ['deploys', 'alerts', 'platform'].map((name) => ({ name })) });
const repository = createRepository();
const timeline: TimelineEntry[] = [];
let status = 'starting';
/** What fires is known only of a Herald that is ready. */
let bridgeState: 'starts' | 'runs' | 'restarts' = 'starts';
let figures = summarise([]);
let alerts: ShownAlert[] = [];
let page: PageServer | undefined;
let herald: Herald | undefined;
let reader: ReturnType<typeof createAlertReader> | undefined;

try {
  await demo();
} catch (error) {
  // What was under way when the demo ended has failed, of course.
  if (!lifetime.isEnding) {
    terminal.failure((error as Error).message);
    await lifetime.end(1);
  }
}

async function demo(): Promise<void> {
  page = await startPage();
  const directory = mkdtempSync(join(tmpdir(), 'herald-demo-'));
  lifetime.undo(() => rmSync(directory, { recursive: true, force: true }));
  const { kubeconfig } = await kubernetes.start();
  await slack.start();
  await repository.server.start();
  lifetime.check();
  await writeFile(join(directory, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  herald = createHerald({
    kubeconfig: join(directory, 'kubeconfig'),
    queue: `sqlite:${join(directory, 'queue')}`,
    flags: ['--argocd-repo-server', `127.0.0.1:${repository.server.port}`, '--argocd-repo-server-plaintext'],
    onLog(entry) {
      if (entry.level === 'warn' || entry.level === 'error') terminal.log(entry);
    },
    onExit(code) {
      if (lifetime.isEnding) return;
      terminal.failure(`Herald ended by itself with code ${code}`);
      void lifetime.end(1);
    },
  });
  const { start, stop, kill } = herald;
  lifetime.undo(stop);
  reader = createAlertReader(`sqlite:${join(directory, 'queue')}`);
  slack.onCall((call) => {
    if (isPost(call)) tell('message', `#${channelOf(call)}  ${oneLine(call.form.text ?? '')}`);
    else if (isEdit(call)) tell('message', `#${channelOf(call)}  (edited) ${oneLine(call.form.text ?? '')}`);
  });
  const { acknowledge } = reader;
  const bridge: Bridge = {
    acknowledge,
    async start() {
      lifetime.check();
      await start();
      bridgeState = 'runs';
    },
    async kill() {
      bridgeState = 'restarts';
      page?.publish();
      await kill();
    },
  };

  for (const object of demoConfiguration(slack, 'https://argocd.example.com'))
    kubernetes.cluster.apply(object);
  terminal.title(`Herald demo: the page is ${page.url}, and links to the metrics`);
  await bridge.start();
  setInterval(() => void refreshFigures(), 1_000);

  let failures = 0;
  for (let round = 1; ; round += 1) {
    failures += await play(kubernetes, bridge, round);
    if (flags.once) break;
    status = 'the next round starts in a moment';
    page.publish();
    await delay(10_000);
  }
  await lifetime.end(failures === 0 ? 0 : 1);
}

async function startPage(): Promise<PageServer> {
  try {
    return await startPageServer(
      () => ({
        status,
        bridge: bridgeState,
        channels: slack.view(),
        timeline: timeline.slice(-60),
        metricsUrl: `${herald?.url ?? ''}/metrics`,
        ...figures,
        alerts,
      }),
      flags.ports,
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`--port ${flags.ports[0]} is taken: give another one, or 0 for any that is free`, {
      cause: error,
    });
  }
}

async function play({ cluster }: KubernetesSimulator, bridge: Bridge, round: number): Promise<number> {
  populate(cluster, repository.commit);
  const first = posts().length;
  let expected = 0;
  let missing = 0;
  for (const [index, step] of story(repository.commit).entries()) {
    lifetime.check();
    status = `round ${round}, step ${index + 1}`;
    tell('change', step.tells);
    const before = slack.calls.length;
    await step.change(cluster, bridge);
    expected += step.expects.filter(({ isEdit: edits }) => !edits).length;
    missing += (await arrivals(step, before)) + (await shown(step));
    await refreshFigures();
    await delay(flags.once || step.isBrief ? 0 : pauseToRead);
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
  const arrived = ({ channel, contains, isEdit: edits }: Expected) =>
    slack.calls
      .slice(before)
      .filter(edits ? isEdit : isPost)
      .some((call) => channelOf(call) === channel && JSON.stringify(call.form).includes(contains));
  await slack.until(() => step.expects.every(arrived), patience).catch(() => undefined);
  const missing = step.expects.filter((expected) => !arrived(expected));
  for (const { channel, contains } of missing) terminal.failure(`missing in #${channel}: ${contains}`);
  return missing.length;
}

/** How many of the alerts that the step shows are not so in time. */
async function shown({ shows = [] }: Step): Promise<number> {
  const isShown = (wanted: string) => {
    const [name = '', state = ''] = wanted.split(' ');
    const found = alerts.filter((alert) => alert.name === name);
    return state === 'none' ? found.length === 0 : found.some((alert) => alert.state === state);
  };
  for (const end = Date.now() + patience; !shows.every(isShown) && Date.now() < end; await delay(200))
    await refreshFigures();
  const missing = shows.filter((wanted) => !isShown(wanted));
  for (const wanted of missing) terminal.failure(`herald alerts does not show: ${wanted}`);
  if (missing.length === 0 && shows.length > 0) terminal.change(`herald alerts: ${shows.join(', ')}`);
  return missing.length;
}

/** Accepted messages in the order in which they came. */
function posts(): SlackCallRecord[] {
  return slack.calls.filter(isPost);
}

function isPost({ method, answer }: SlackCallRecord): boolean {
  return method === 'chat.postMessage' && answer?.ok === true;
}

function isEdit({ method, answer }: SlackCallRecord): boolean {
  return method === 'chat.update' && answer?.ok === true;
}

function channelOf({ form }: SlackCallRecord): string {
  return slack.view().find(({ id, name }) => id === form.channel || name === form.channel)?.name ?? '';
}

function tell(kind: TimelineEntry['kind'], text: string): void {
  timeline.push({ at: Date.now(), kind, text });
  if (kind === 'change') terminal.change(text);
  else terminal.message(text);
  page?.publish();
}

async function refreshFigures(): Promise<void> {
  const samples = await scrape(`${herald?.url}/metrics`);
  if (samples && bridgeState === 'runs') figures = summarise(samples);
  alerts = (await reader?.read()) ?? alerts;
  page?.publish();
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
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
