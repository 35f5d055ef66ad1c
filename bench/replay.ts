/**
 * How long a day takes to be replayed: `node bench/replay.ts [APPLICATIONS] [HOURS] [SEED]`. The recording is made from the
 * seed and written to a file, as `herald record` writes it; what is measured is reading and replaying that.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../src/log.ts';
import { createRecordingFile } from '../src/replay/files.ts';
import { readRecordings } from '../src/replay/recordings.ts';
import { replay } from '../src/replay/replay.ts';
import { dayOfArgoCd } from './recording.ts';
import { configMap } from './replay-config.ts';

const [applications = 1_000, hours = 24, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const start = Date.UTC(2026, 10, 27, 7);
const folder = mkdtempSync(join(tmpdir(), 'herald-bench-'));
const path = join(folder, 'day.ndjson.gz');
console.log(`${applications} Applications, ${hours} hours, seed ${seed}`);
try {
  const file = await createRecordingFile(path);
  let lines = 0;
  for (const line of dayOfArgoCd({ seed, applications, hours, start })) {
    file.write(line);
    if ((lines += 1) % 10_000 === 0) await file.flush();
  }
  await file.close();
  console.log(`${lines} lines, ${(statSync(path).size / 1e6).toFixed(1)} MB compressed`);

  const config = {
    configMap,
    secret: undefined,
    secrets: new Map(),
    secretName: 'argocd-notifications-secret',
  };
  const log = createLog({ level: 'error', format: 'text' });
  const began = performance.now();
  const cpu = process.cpuUsage();
  const replayed = await replay(
    readRecordings([path], { onCut: () => undefined }),
    { config, ahead: 0 },
    { log },
  );
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1_000;
  const { messages = [], changes = 0, waiting = 0 } = replayed ?? {};
  const memory = process.memoryUsage.rss() / 1e6;
  console.log(
    `${changes} changes and ${messages.length} messages (${waiting} wait) in ${seconds.toFixed(1)} s, ` +
      `${((user + system) / 1e6).toFixed(1)} s of CPU, ${((seconds / changes) * 1e6).toFixed(0)} µs a change, ${memory.toFixed(0)} MB`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
