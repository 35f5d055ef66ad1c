import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Program {
  /** Resolves when it says that it is ready; rejects with what it said where it ends before. */
  start(): Promise<void>;
  kill(): Promise<void>;
}

/** A program of this machine, which says what it does on its standard error. Not yet started. */
export function createProgram(command: string, args: readonly string[], ready: RegExp): Program {
  let child: ChildProcess | undefined;
  const killAtExit = () => void child?.kill('SIGKILL');

  return {
    async start() {
      const started = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      process.once('exit', killAtExit);
      let said = '';
      for await (const line of createInterface({ input: started.stderr })) {
        said += `${line}\n`;
        if (ready.test(line)) break;
      }
      if (!ready.test(said)) throw new Error(`${command} did not start: ${said}`);
      started.stderr.resume();
    },
    async kill() {
      process.off('exit', killAtExit);
      const running = child;
      child = undefined;
      if (running === undefined || running.exitCode !== null) return;
      running.kill('SIGKILL');
      await once(running, 'exit');
    },
  };
}
