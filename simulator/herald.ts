import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** Herald itself, as a process of its own beside the simulated world: `src/main.ts run` as a cluster would start it. */
export interface Herald {
  /** Of /metrics, /healthz and /readyz, without a slash at its end. */
  readonly url: string;
  /** Resolves when `/readyz` says so. */
  start(): Promise<void>;
  /** SIGKILL: no chance to tidy up. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface HeraldOptions {
  kubeconfig: string;
  queue: string;
  /** Further flags of `herald run`. */
  flags?: string[];
  env?: Record<string, string>;
  /** Told of each line of the log. */
  onLog?(entry: Record<string, unknown>): void;
  /** Told when the process ends without having been asked to. */
  onExit?(code: number | null): void;
}

const main = join(import.meta.dirname, '..', 'src', 'main.ts');
const startTimeout = 60_000;

export async function createHerald(options: HeraldOptions): Promise<Herald> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let expected = false;

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const running = child;
    if (!running || hasEnded(running)) return running?.exitCode ?? null;
    expected = true;
    const exited = once(running, 'exit');
    running.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  return {
    url,
    async start() {
      expected = false;
      const { kubeconfig, queue, env } = options;
      const flags = ['--kubeconfig', kubeconfig, '--queue', queue, '--metrics-port', String(port)];
      const started = spawn(process.execPath, [main, 'run', ...flags, ...(options.flags ?? [])], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...env },
      });
      child = started;
      let lastLine = '';
      createInterface({ input: started.stderr }).on('line', (line) => {
        lastLine = line;
        options.onLog?.(parseLog(line));
      });
      started.once('exit', (code) => {
        if (!expected) options.onExit?.(code);
      });
      await ready(`${url}/readyz`, started, () => lastLine);
    },
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}

/** By itself or by a signal. */
function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function ready(url: string, child: ChildProcess, lastLine: () => string): Promise<void> {
  const deadline = Date.now() + startTimeout;
  while (Date.now() < deadline && !hasEnded(child)) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await delay(100);
  }
  if (hasEnded(child))
    throw new Error(`Herald ended with ${child.exitCode ?? child.signalCode}: ${lastLine()}`);
  throw new Error(`Herald did not become ready within ${startTimeout / 1000} s`);
}

function parseLog(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Not of the log: the runtime's own words about a crash.
    return { level: 'error', msg: line };
  }
}
