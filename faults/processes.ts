import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.ts';

/** A Herald that may be ended at any moment and started again, with a log that goes on. */
export interface Process {
  readonly host: string;
  readonly url: string;
  readonly logFile: string;
  start(): void;
  /** Resolves when `/readyz` says so; false when it does not within the time. */
  ready(patience?: number): Promise<boolean>;
  /** Ends it and resolves when it is gone, with its exit code. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  readonly pid: number | undefined;
  /** Exits that nobody asked for. */
  readonly crashes: readonly string[];
}

export interface ProcessOptions {
  host: string;
  kubeconfig: string;
  queue: string;
  directory: string;
  env?: Record<string, string>;
}

const main = join(import.meta.dirname, '..', 'src', 'main.ts');
/** Starts take half the time when code that was compiled once is kept. */
const compileCache = join(tmpdir(), 'herald-compile-cache');

export async function createProcess(options: ProcessOptions): Promise<Process> {
  const { host, kubeconfig, queue, directory, env = {} } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(directory, `${host}.log`);
  const log = createWriteStream(logFile, { flags: 'a' });
  const crashes: string[] = [];
  let child: ChildProcess | undefined;
  let isAsked = false;

  const isRunning = (running: ChildProcess | undefined): running is ChildProcess =>
    running !== undefined && running.exitCode === null && running.signalCode === null;

  process.on('exit', () => child?.kill('SIGKILL'));
  return {
    host,
    url,
    logFile,
    crashes,
    get pid() {
      return child?.pid;
    },
    start() {
      isAsked = false;
      const flags = ['--kubeconfig', kubeconfig, '--queue', queue, '--metrics-port', `${port}`];
      const started = spawn(process.execPath, [main, 'run', ...flags], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, NODE_COMPILE_CACHE: compileCache, HOSTNAME: host, ...env },
      });
      child = started;
      started.stderr?.pipe(log, { end: false });
      started.once('exit', (code, signal) => {
        if (!isAsked) crashes.push(`${host} ended by itself with ${code ?? signal}`);
      });
    },
    async ready(patience = 60_000) {
      const end = performance.now() + patience;
      while (performance.now() < end && isRunning(child)) {
        const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(
          () => undefined,
        );
        await response?.body?.cancel();
        if (response?.ok) return true;
        await delay(50);
      }
      return false;
    },
    async end(signal) {
      isAsked = true;
      const running = child;
      if (!isRunning(running)) return running?.exitCode ?? null;
      const exited = once(running, 'exit');
      running.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
    signal: (name) => void child?.kill(name),
  };
}
