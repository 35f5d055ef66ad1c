/** The world of somebody who follows a page: a cluster with kubectl, a Slack, a checkout, and Herald's pod once it is applied. */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createHerald, type Herald } from '../../simulator/herald.ts';
import { createKubernetesSimulator, type KubernetesSimulator } from '../../simulator/kubernetes.ts';
import { createSlackSimulator, type SlackSimulator } from '../../simulator/slack.ts';
import { objectsAt, textAt } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { startSlackCom } from '../bridge/slack-com.ts';
import { repository } from '../shipping/kustomize.ts';
import type { Block } from './pages.ts';
import { type Command, commandsIn, heraldArguments } from './shell.ts';

export interface Ran {
  command: Command;
  code: number;
  stdout: string;
  stderr: string;
}

export interface FirstHour {
  kubernetes: KubernetesSimulator;
  slack: SlackSimulator;
  /** Saves a file, or runs each command of a block, in the checkout; answers what was run. */
  follow(block: Block): Promise<Ran[]>;
  /** Runs `herald` in the pod. */
  inPod(args: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

/** What a machine for tests has not: the nodes of a cluster, and the internet. */
const elsewhere: ReadonlySet<string> = new Set(['docker', 'kind']);
/** Takes minutes, and has been done: its packages stand in the checkout. */
const isInstalling = (command: Command) => command.join(' ') === 'npm ci';

export async function createFirstHour(): Promise<FirstHour> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-first-hour-'));
  const checkout = join(folder, 'herald');
  cleanCopy(checkout);
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
  const { kubeconfig } = await kubernetes.start();
  const kubeconfigPath = join(folder, 'kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfig);
  const slack = createSlackSimulator({ token: 'xoxb-TOKEN', channels: [{ name: 'deploys' }] });
  await slack.start();
  const slackCom = await startSlackCom(slack.apiUrl);
  const volume = join(folder, 'data');
  mkdirSync(volume);
  const { PATH = '' } = process.env;
  const ofPeople = {
    PATH: `${join(repository, 'node_modules/.bin')}:${PATH}`,
    HOME: folder,
    KUBECONFIG: kubeconfigPath,
  };
  const ofPod = {
    PATH,
    HOME: folder,
    KUBECONFIG: kubeconfigPath,
    HERALD_QUEUE: `sqlite:${volume}`,
    ...slackCom.env,
  };
  let pod: { herald: Herald; ready: Promise<void> } | undefined;

  /** As the node does, once there is a Deployment of it: starts the container, and says when it is ready. */
  function startPod(): void {
    const name = { kind: 'Deployment', namespace: 'argocd', name: 'herald' };
    const deployment = kubernetes.cluster.get(name);
    if (pod || !deployment) return;
    const [container = {}] = objectsAt(deployment, 'spec', 'template', 'spec', 'containers');
    const isQueue = (variable: JsonObject) => variable.name === 'HERALD_QUEUE';
    const queue = textAt(objectsAt(container, 'env').find(isQueue), 'value');
    // The volume is elsewhere, and no other variable has a value of its own.
    const herald = createHerald({
      kubeconfig: kubeconfigPath,
      queue: queue.replace('/data', volume),
      checkout,
      flags: (container.args as string[]).slice(1),
      env: ofPod,
    });
    const { generation = 1 } = (deployment.metadata ?? {}) as { generation?: number };
    const ready = herald.start().then(() => {
      const one = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
      kubernetes.cluster.patch(name, { status: { observedGeneration: generation, ...one } });
    });
    pod = { herald, ready };
  }

  async function inPod(args: readonly string[]): Promise<Ran> {
    return ran(process.execPath, [join(checkout, 'src/main.ts'), ...args], { env: ofPod, cwd: checkout });
  }

  async function run(command: Command): Promise<Ran> {
    const [program = '', ...args] = command;
    if (elsewhere.has(program) || isInstalling(command)) return { command, code: 0, stdout: '', stderr: '' };
    if (program === 'kubectl') {
      const inside = heraldArguments(command);
      if (inside) return { ...(await inPod(inside)), command };
      // Argo CD's manifests are on the internet.
      if (args.some((arg) => arg.includes('argoproj/argo-cd'))) return installArgoCd(kubernetes, command);
    }
    const isCreation = program === 'kubectl' && args.includes('create');
    // kubectl sends what it makes itself as protobuf, which the double does not read: so it only makes it.
    const made = isCreation ? ['--dry-run=client', '-o', 'json'] : [];
    const found = await ran(program, [...args, ...made], { env: ofPeople, cwd: checkout });
    if (isCreation && found.code === 0) kubernetes.cluster.apply(JSON.parse(found.stdout) as JsonObject);
    startPod();
    return { ...found, command };
  }

  return {
    kubernetes,
    slack,
    inPod,
    async follow(block) {
      if (block.language === 'yaml') {
        writeFileSync(join(checkout, block.name), block.text);
        return [];
      }
      const all: Ran[] = [];
      for (const command of commandsIn(block.text)) all.push(await run(command));
      return all;
    },
    async close() {
      await pod?.ready.catch(() => undefined);
      await pod?.herald.stop();
      await slackCom.close();
      await Promise.all([slack.stop(), kubernetes.stop()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** What is committed or about to be, and the packages. */
function cleanCopy(to: string): void {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  for (const file of listed.split('\n').filter((each) => /^(?:bin|config|src)\/|^package/.test(each))) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(repository, file), join(to, file));
  }
  symlinkSync(join(repository, 'node_modules'), join(to, 'node_modules'));
}

/** As much of its manifests as Herald, and who follows the page, get to see. */
function installArgoCd({ cluster }: KubernetesSimulator, command: Command): Ran {
  const objects: [apiVersion: string, kind: string, name: string, rest?: JsonObject][] = [
    ['v1', 'ConfigMap', 'argocd-cm'],
    ['v1', 'ConfigMap', 'argocd-cmd-params-cm'],
    ['v1', 'ConfigMap', 'argocd-notifications-cm'],
    ['v1', 'Secret', 'argocd-notifications-secret'],
    ['apps/v1', 'Deployment', 'argocd-notifications-controller', { spec: { replicas: 1 } }],
    ['argoproj.io/v1alpha1', 'AppProject', 'default', { spec: {} }],
  ];
  for (const [apiVersion, kind, name, rest] of objects)
    cluster.apply({ apiVersion, kind, metadata: { name, namespace: 'argocd' }, ...rest });
  return { command, code: 0, stdout: '', stderr: '' };
}

function ran(
  program: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd: string },
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { ...options, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ command: [program, ...args], code, stdout, stderr: stderr || (error?.message ?? '') });
    });
    child.stdin?.end();
  });
}
