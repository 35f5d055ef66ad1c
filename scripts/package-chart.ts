import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';

/**
 * `node scripts/package-chart.ts IMAGE DIGEST FOLDER`: packs the chart into the folder, its values naming the image of a
 * release by its digest. `HELM` says where Helm is, if it is not on the PATH.
 */
const [image = '', digest = '', destination = ''] = process.argv.slice(2);
if (!/^\S+$/.test(image) || !/^sha256:[0-9a-f]{64}$/.test(digest) || destination === '') {
  console.error('usage: node scripts/package-chart.ts IMAGE sha256:… FOLDER');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'herald-chart-'));
try {
  const chart = join(folder, 'herald');
  const source = fileURLToPath(new URL('../config/chart', import.meta.url));
  cpSync(source, chart, { recursive: true, dereference: true });
  const file = join(chart, 'values.yaml');
  const values = parseDocument(readFileSync(file, 'utf8'));
  values.setIn(['image', 'repository'], image);
  values.setIn(['image', 'digest'], digest);
  writeFileSync(file, values.toString({ lineWidth: 0 }));
  execFileSync(process.env['HELM'] || 'helm', ['package', chart, '--destination', destination], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
} finally {
  rmSync(folder, { recursive: true });
}
