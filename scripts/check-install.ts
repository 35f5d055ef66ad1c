import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../simulator/free-port.ts';
import { createKubernetesSimulator } from '../simulator/kubernetes.ts';
import { baseEnvironment, buildWithoutDocker, type Image } from './dockerfile.ts';

/**
 * Exercises the Dockerfile without Docker: builds it into an empty folder from what git tracks, expects it to be small,
 * makes it read-only, starts its command as the image's user and as one that nobody knows against a simulated API server,
 * and expects it to become healthy and ready, to be scraped, and to stop in time on SIGTERM. Exit 0 when all of that holds.
 */
const repository = fileURLToPath(new URL('..', import.meta.url));
/** The image has Node.js in its path; an installation without development dependencies has none of its own. */
const nodeFolder = dirname(process.execPath);
const startupLimit = 60_000;
const shutdownTimeout = 20_000;
const mostMegabytes = 80;

const folder = mkdtempSync(join(tmpdir(), 'herald-install-'));
chmodSync(folder, 0o755);
const simulator = createKubernetesSimulator({ namespace: 'argocd' });
try {
  const image = buildWithoutDocker({ context: repository, target: folder, nodeFolder });
  expectSmall(image);
  expectPackagesLoad(image);
  // As with a root file system that is read-only, whoever owns it; root alone may write all the same.
  execFileSync('chmod', ['-R', 'a-w', image.root]);
  // As argocd-notifications' manifests and its chart start it, in either field.
  await expectMistakeIsExplained(image, ['run', '--metrics-port=none']);
  await expectMistakeIsExplained(image, ['/usr/local/bin/argocd-notifications', '--metrics-port=none']);
  await expectMistakeIsExplained(image, ['--metrics-port=none'], '/usr/local/bin/argocd-notifications');
  const { kubeconfig } = await simulator.start();
  await expectServiceRuns(image, kubeconfig);
  // As OpenShift starts it.
  await expectServiceRuns({ ...image, user: '1000660000:0' }, kubeconfig);
  console.log('The installation works.');
} finally {
  await simulator.stop();
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
}

async function expectMistakeIsExplained(image: Image, args: string[], command?: string): Promise<void> {
  const { exited, stderr } = start(image, args, {}, command);
  const code = await exited;
  if (code !== 2) throw new Error(`a wrong flag ended with ${code}, not 2`);
  const lines = stderr().trim().split('\n');
  if (lines.length !== 1 || !lines[0]?.includes('--metrics-port')) {
    throw new Error(`a wrong flag was not explained in one line: ${stderr()}`);
  }
}

/** Compressed, as a registry has it: Alpine and its libstdc++ are beside it, and take 5 MB. */
function expectSmall(image: Image): void {
  const archive = execFileSync('tar', ['--create', '--gzip', '--directory', image.root, '.'], {
    maxBuffer: 512 * 1024 * 1024,
  });
  const megabytes = archive.length / 1e6 + 5;
  console.log(`the image takes ${megabytes.toFixed(1)} MB, compressed`);
  if (megabytes > mostMegabytes) throw new Error(`the image is larger than ${mostMegabytes} MB, compressed`);
}

/** Nothing was left out of the packages that they need. Those that are loaded on demand would otherwise tell at night. */
function expectPackagesLoad(image: Image): void {
  const at = join(image.root, image.workdir);
  const { dependencies } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const names = JSON.stringify(Object.keys(dependencies));
  const script = `await Promise.all(${names}.map((name) => import(name)))`;
  execFileSync(join(image.root, 'usr/local/bin/node'), ['--input-type=module', '--eval', script], {
    cwd: at,
  });
}

async function expectServiceRuns(image: Image, kubeconfig: string): Promise<void> {
  const data = join(folder, `data-${image.user.replace(':', '-')}`);
  mkdirSync(data);
  if (process.getuid?.() === 0) chownSync(data, userOf(image).uid, userOf(image).gid);
  const configFile = join(folder, 'kubeconfig');
  writeFileSync(configFile, kubeconfig, { mode: 0o644 });
  simulator.cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm', namespace: 'argocd' },
    data: {},
  });

  const port = await freePort();
  const before = Date.now();
  const flags = [`--kubeconfig=${configFile}`, '--namespace=argocd', `--metrics-port=${port}`];
  const controller = '/usr/local/bin/argocd-notifications';
  const { child, exited, stderr } = start(image, [controller, ...flags], { HOME: data });
  try {
    const url = `http://127.0.0.1:${port}`;
    await untilOk(`${url}/healthz`, exited);
    console.log(`/healthz answers after ${Date.now() - before} ms`);
    await untilOk(`${url}/readyz`, exited);
    console.log(`/readyz answers after ${Date.now() - before} ms`);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (!/^herald_build_info\{/m.test(metrics)) throw new Error('/metrics lacks herald_build_info');
    if (existsSync(join(image.root, image.workdir, 'node_modules/vitest'))) {
      throw new Error('a development dependency was installed');
    }

    const stopping = Date.now();
    child.kill('SIGTERM');
    const code = await within(shutdownTimeout + 5_000, exited, 'SIGTERM did not end it');
    if (code !== 0) throw new Error(`SIGTERM ended it with ${code}`);
    console.log(`SIGTERM ends it after ${Date.now() - stopping} ms`);
  } catch (error) {
    throw new Error(`the service does not run; its log:\n${stderr()}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * Runs the image's entry point, or another command of it, with other arguments than CMD, as its user where this process
 * may choose one.
 */
function start(image: Image, args: string[], env: Record<string, string>, command = image.command[0] ?? '') {
  const child = spawn(join(image.root, command), args, {
    cwd: join(image.root, image.workdir),
    env: { ...baseEnvironment(nodeFolder), ...image.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(process.getuid?.() === 0 ? userOf(image) : {}),
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, exited, stderr: () => log };
}

function userOf(image: Image): { uid: number; gid: number } {
  const [uid = 0, gid = 0] = image.user.split(':').map(Number);
  if (!(uid > 0 && gid >= 0))
    throw new Error(`USER ${image.user}: not the number of a user without privileges`);
  return { uid, gid };
}

async function untilOk(url: string, exited: Promise<number | string>): Promise<void> {
  const deadline = Date.now() + startupLimit;
  let ended: number | string | undefined;
  void exited.then((code) => {
    ended = code;
  });
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (ended !== undefined) throw new Error(`it ended with ${ended}`);
    if (Date.now() > deadline) {
      throw new Error(`${url} answered ${answer?.status ?? 'nothing'}: ${(await answer?.text()) ?? ''}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function within<T>(milliseconds: number, promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} within ${milliseconds} ms`)), milliseconds);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
