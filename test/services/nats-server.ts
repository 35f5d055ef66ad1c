import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../simulator/free-port.ts';
import { tools } from '../tools.ts';

export interface NatsServer {
  port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
  dispose(): Promise<void>;
}

/** A real nats-server on a free port of loopback, with what is to stand in its configuration beside. Not yet started. */
export async function createNatsServer(
  configuration = '',
  files: Record<string, string> = {},
): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-nats-'));
  const port = await freePort();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const own = configuration.replaceAll('$folder', folder);
  writeFileSync(join(folder, 'nats.conf'), `listen: "127.0.0.1:${port}"\n${own}\n`);
  let child: ChildProcess | undefined;
  const kill = () => void child?.kill('SIGKILL');
  process.on('exit', kill);

  async function stop(): Promise<void> {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  return {
    port,
    async start() {
      const started = spawn(tools['nats-server'] ?? 'nats-server', ['-c', join(folder, 'nats.conf')], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = started;
      let said = '';
      for await (const line of createInterface({ input: started.stderr })) {
        said += `${line}\n`;
        if (line.includes('Server is ready')) break;
      }
      if (!said.includes('Server is ready')) throw new Error(`nats-server did not start: ${said}`);
      started.stderr.resume();
    },
    stop,
    async dispose() {
      process.off('exit', kill);
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
