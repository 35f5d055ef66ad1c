/*
 * Loaded into Herald (`node --import`) for the soak: at SIGUSR2 it collects garbage and appends what is left, as one
 * line of JSON, to the file in HERALD_PROBE_FILE.
 */
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const file = process.env['HERALD_PROBE_FILE'];

process.on('SIGUSR2', () => {
  if (file === undefined) return;
  for (let round = 0; round < 3; round += 1) collect();
  const { heapUsed, rss, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  appendFileSync(file, `${JSON.stringify({ heapUsed, rss, external, resources })}\n`);
});
