/*
 * What a large installation costs: 10,000 Applications of 17 KB with three subscriptions each, and Slack. `after start`: when
 * all of them have been evaluated, and 20 s later.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { report } from '../figure.ts';
import { flags } from '../flags.ts';
import { createInstallation } from '../installation.ts';
import { cpuOf, memoryOf } from '../process-figures.ts';

const { applications, store: stores, checkout, profile } = flags();

for (const store of stores) {
  const installation = await createInstallation({ applications, store, checkout, profile });
  const { herald } = installation;
  const row = (figure: string, value: number, unit: string, goal: number | null) =>
    report({ figure: `start of ${applications}, ${store}: ${figure}`, value, unit, ratio: null, goal });
  try {
    const began = performance.now();
    row('to the first message', await installation.start(), 'ms', 2_000);
    row('processor until then', cpuOf(herald.pid) * 1_000, 'ms', null);
    await installation.ready();
    row('until ready', performance.now() - began, 'ms', null);
    row('processor until ready', cpuOf(herald.pid) * 1_000, 'ms', null);
    row('resident after start', memoryOf(herald.pid), 'MiB', 300);
    await delay(20_000);
    row('resident 20 s later', memoryOf(herald.pid), 'MiB', 300);
  } finally {
    await installation.stop();
  }
}
