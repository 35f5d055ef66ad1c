import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface StartedChild {
  pid: number;
  /** Everything printed so far. */
  lines: readonly string[];
  /** Resolves when so many lines were printed; rejects when the process ends before. */
  until(count: number): Promise<readonly string[]>;
  write(line: string): void;
  kill(): Promise<void>;
  ended: Promise<number | null>;
}

/** Starts child.ts with this Node. */
export function startChild(url: string, task: 'hold' | 'claim' | 'race' | 'hang'): StartedChild {
  const script = fileURLToPath(new URL('./child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, url, task], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting: { count: number; resolve(lines: readonly string[]): void; reject(error: Error): void }[] =
    [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    for (const each of waiting) if (lines.length >= each.count) each.resolve(lines);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then(() => {
    for (const each of waiting)
      each.reject(new Error(`The child ended after ${lines.length} lines: ${lines.at(-1)}`));
  });
  return {
    pid: child.pid ?? 0,
    lines,
    until: (count) =>
      new Promise((resolve, reject) => {
        if (lines.length >= count) resolve(lines);
        else waiting.push({ count, resolve, reject });
      }),
    write: (line) => void child.stdin.write(`${line}\n`),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
  };
}
