/*
 * What a small installation costs: 100 Applications, the queue on SQLite, Slack. The memory is taken once the start is over.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { report } from '../figure.ts';
import { flags } from '../flags.ts';
import { createInstallation } from '../installation.ts';
import { cpuOf, memoryOf } from '../process-figures.ts';

const { checkout, profile } = flags();
/** What is garbage of the start is gone by then, as far as it ever goes. */
const settling = 5_000;

const row = (figure: string, value: number, unit: string, ratio: number | null, goal: number | null) =>
  report({ figure: `start of 100, sqlite: ${figure}`, value, unit, ratio, goal });
const installation = await createInstallation({ applications: 100, store: 'sqlite', checkout, profile });
try {
  row('to the first message', await installation.start(), 'ms', null, 800);
  row('processor until then', cpuOf(installation.herald.pid) * 1_000, 'ms', null, null);
  await delay(settling);
  const memory = memoryOf(installation.herald.pid);
  const empty = await emptyProcess();
  row('resident', memory, 'MiB', memory / empty, null);
  row('above an empty Node.js', memory - empty, 'MiB', null, 90);
} finally {
  await installation.stop();
}

/** MiB of a Node.js that has loaded nothing. */
async function emptyProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("."); setInterval(() => {}, 1e6)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const resident = memoryOf(child.pid);
  child.kill();
  await once(child, 'exit');
  return resident;
}
