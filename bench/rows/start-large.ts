/*
 * What a large installation costs: 10,000 Applications of 17 KB with three subscriptions each, and Slack. `after start`: when
 * all of them have been evaluated, and 20 s later.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { report } from '../figure.ts';
import { flags } from '../flags.ts';
import { createInstallation } from '../installation.ts';

const { applications, store: stores, checkout, profile } = flags();

for (const store of stores) {
  const installation = await createInstallation({ applications, store, checkout, profile });
  const began = performance.now();
  const told = await installation.start();
  const cpuTold = installation.cpu();
  await installation.ready();
  const ready = performance.now() - began;
  const cpu = installation.cpu();
  const after = installation.memory();
  await delay(20_000);
  const later = installation.memory();
  await installation.stop();
  const row = (figure: string, value: number, unit: string, goal: number | null) =>
    report({ figure: `start of ${applications}, ${store}: ${figure}`, value, unit, ratio: null, goal });
  row('to the first message', told, 'ms', 2_000);
  row('processor until then', cpuTold * 1_000, 'ms', null);
  row('until ready', ready, 'ms', null);
  row('processor until ready', cpu * 1_000, 'ms', null);
  row('resident after start', after, 'MiB', 300);
  row('resident 20 s later', later, 'MiB', 300);
}
process.exit(0);
