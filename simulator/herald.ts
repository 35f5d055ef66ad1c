import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Herald itself, as a process of its own beside the simulated world: `bin/herald.cjs run` as a cluster would start it. */
export interface Herald {
  /** Of /metrics, /healthz and /readyz of the process started last, without a slash at its end; empty before it serves them. */
  readonly url: string;
  /** Of the process started last. */
  readonly pid: number | undefined;
  /** Resolves when `/readyz` says so; rejects when the process ends before. */
  start(): Promise<void>;
  /** SIGKILL: no chance to tidy up. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface HeraldOptions {
  kubeconfig: string;
  queue: string;
  /** Where Herald's sources are. @defaultValue this repository */
  checkout?: string;
  /** Further flags of `herald run`. */
  flags?: string[];
  env?: Record<string, string>;
  /** Told of each line of the log. */
  onLog?(entry: Record<string, unknown>): void;
  /** Told when the process ends without having been asked to. */
  onExit?(code: number | null): void;
}

const repository = join(import.meta.dirname, '..');
/** For `NODE_COMPILE_CACHE`: starts take half the time when code that was compiled once is kept. */
export const compileCache = join(tmpdir(), 'herald-compile-cache');

export function createHerald(options: HeraldOptions): Herald {
  let url = '';
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
    get url() {
      return url;
    },
    get pid() {
      return child?.pid;
    },
    async start() {
      expected = false;
      url = '';
      const { kubeconfig, queue, env, checkout = repository } = options;
      const program = join(checkout, 'bin', 'herald.cjs');
      const flags = ['--kubeconfig', kubeconfig, '--queue', queue, '--metrics-port', '0'];
      const started = spawn(process.execPath, [program, 'run', ...flags, ...(options.flags ?? [])], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
      });
      child = started;
      let lastLine = '';
      createInterface({ input: started.stderr }).on('line', (line) => {
        lastLine = line;
        const entry = parseLog(line);
        const { msg, port } = entry;
        if (String(msg).startsWith('Serving /metrics')) url = `http://127.0.0.1:${String(port)}`;
        options.onLog?.(entry);
      });
      started.once('exit', (code) => {
        if (!expected) options.onExit?.(code);
      });
      await ready(
        started,
        () => url,
        () => lastLine,
      );
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

async function ready(child: ChildProcess, url: () => string, lastLine: () => string): Promise<void> {
  while (!hasEnded(child)) {
    const response = url() === '' ? undefined : await fetch(`${url()}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await delay(50);
  }
  throw new Error(`Herald ended with ${child.exitCode ?? child.signalCode}: ${lastLine()}`);
}

function parseLog(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Not of the log: the runtime's own words about a crash.
    return { level: 'error', msg: line };
  }
}
