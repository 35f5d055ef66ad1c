import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../simulator/free-port.ts';
import { tools } from '../tools.ts';
import { createProgram, type Program } from './program.ts';

export interface NatsServer extends Program {
  port: number;
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
  const file = join(folder, 'nats.conf');
  writeFileSync(file, `listen: "127.0.0.1:${port}"\n${own}\n`);
  const program = createProgram(tools['nats-server'] ?? 'nats-server', ['-c', file], /Server is ready/);
  return {
    ...program,
    port,
    async dispose() {
      await program.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
