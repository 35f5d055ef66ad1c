import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { compileCache } from '../../simulator/herald.ts';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { processIo } from '../../src/cli/process-io.ts';
import { runCommand } from '../../src/cli/run-command.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

const io = processIo();

interface HeraldOptions {
  home?: string;
  stdin?: string;
  now?: () => number;
  /** Stands for SIGINT. */
  interrupted?: AbortSignal;
  onStderr?(text: string): void;
}

/** Runs a command of `herald` other than `run` in this process, on the files, cluster and store that it names. */
export async function herald(argv: readonly string[], options: HeraldOptions = {}): Promise<Finished> {
  const line = parseCommandLine(argv, { HOME: options.home ?? temporaryFolder() });
  if ('exit' in line) return { code: line.exit, stdout: line.stdout, stderr: line.stderr };
  if (line.command === 'run') throw new Error('The bridge is a process of its own: heraldProcess');
  const output = { stdout: '', stderr: '' };
  const { stdin, now = io.now, interrupted } = options;
  const code = await runCommand(line, {
    ...io,
    now,
    ...(interrupted ? { interrupted: () => interrupted } : {}),
    ...(stdin === undefined ? {} : { readStdin: () => Promise.resolve(stdin) }),
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
      options.onStderr?.(text);
    },
  });
  return { code, ...output };
}

/** Runs `herald` as a process of its own, without the environment's own kubeconfig or home. */
export function heraldProcess(
  argv: readonly string[],
  options: { stdin?: string; home?: string } = {},
): Promise<Finished> {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [main, ...argv], {
    env: { PATH, HOME: options.home ?? temporaryFolder(), NODE_COMPILE_CACHE: compileCache },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function temporaryFile(name: string, text: string): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}
