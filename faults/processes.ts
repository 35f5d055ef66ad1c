import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../simulator/free-port.ts';
import { compileCache } from '../simulator/herald.ts';

/** A Herald that may be ended at any moment and started again, with a log that goes on. */
export interface Process {
  /** As the product names the replica. */
  readonly host: string;
  readonly url: string;
  readonly logFile: string;
  start(): void;
  /** Of the process that was started last. */
  pid(): number | undefined;
  isRunning(): boolean;
  /** Resolves when `/readyz` says so; false when it does not within the time, or the process ends. */
  ready(patience?: number): Promise<boolean>;
  /** Ends it and resolves when it is gone, with its exit code. The signal is sent before this returns. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** Exits that nobody asked for. */
  readonly exits: readonly string[];
  /** What the log holds of bugs: fatal lines and the runtime's own words, shortened. */
  crashes(): Promise<string[]>;
}

export interface ProcessOptions {
  /** The tree that Herald is run from. */
  root: string;
  host: string;
  kubeconfig: string;
  queue: string;
  directory: string;
  env?: Record<string, string>;
}

/** Milliseconds after SIGTERM in which Herald has to be gone; it takes 20 s for its deliveries. */
const mostShutdown = 40_000;

export async function createProcess(options: ProcessOptions): Promise<Process> {
  const { root, host, kubeconfig, queue, directory, env = {} } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(directory, `${host}.log`);
  const log = createWriteStream(logFile, { flags: 'a' });
  const exits: string[] = [];
  let child: ChildProcess | undefined;
  let isAsked = false;

  const isAlive = (running: ChildProcess): boolean =>
    running.exitCode === null && running.signalCode === null;

  // A run that is interrupted must not leave processes behind.
  process.on('exit', () => child?.kill('SIGKILL'));
  return {
    host,
    url,
    logFile,
    exits,
    start() {
      isAsked = false;
      const flags = ['--kubeconfig', kubeconfig, '--queue', queue, '--metrics-port', `${port}`];
      const started = spawn(process.execPath, [join(root, 'src', 'main.ts'), 'run', ...flags], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, NODE_COMPILE_CACHE: compileCache, HOSTNAME: host, ...env },
      });
      child = started;
      started.stderr?.pipe(log, { end: false });
      started.once('exit', (code, signal) => {
        if (!isAsked) exits.push(`${host} ended by itself with ${code ?? signal}`);
      });
    },
    pid: () => child?.pid,
    isRunning: () => child !== undefined && isAlive(child),
    async ready(patience = 60_000) {
      const end = performance.now() + patience;
      while (performance.now() < end && child && isAlive(child)) {
        const answered = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(
          () => undefined,
        );
        await answered?.body?.cancel();
        if (answered?.ok) return true;
        await delay(50);
      }
      return false;
    },
    async end(signal) {
      const running = child;
      if (!running || !isAlive(running)) return running?.exitCode ?? null;
      isAsked = true;
      const exited = once(running, 'exit');
      running.kill(signal);
      const timer = setTimeout(() => {
        exits.push(`${host} did not end within ${mostShutdown / 1_000} s of ${signal}`);
        running.kill('SIGKILL');
      }, mostShutdown);
      const [code] = (await exited) as [number | null];
      clearTimeout(timer);
      return code;
    },
    signal: (name) => void child?.kill(name),
    async crashes() {
      log.end();
      await finished(log);
      return existsSync(logFile) ? await crashesIn(logFile) : [];
    },
  };
}

async function crashesIn(file: string): Promise<string[]> {
  const found: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const what = crashIn(line);
    if (what !== undefined && found.length < 20) found.push(what.slice(0, 300));
  }
  return found;
}

function crashIn(line: string): string | undefined {
  if (line.startsWith('{')) {
    // A killed process may leave half a line behind.
    const isBug = line.includes('"level":"fatal"') || line.includes('please report this');
    return isBug ? line : undefined;
  }
  return /^(?:\w*Error\b|Uncaught|.*unhandled|node:internal.*throw|FATAL)/i.test(line) ? line : undefined;
}
