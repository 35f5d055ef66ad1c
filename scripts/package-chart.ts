import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';

/**
 * `node scripts/package-chart.ts IMAGE DIGEST FOLDER DOCS`: packs the chart into the folder, its values naming the image of
 * a release by its digest, and its runbooks by the address of the release's docs. `HELM` says where Helm is, if it is not on
 * the PATH.
 */
const [image = '', digest = '', destination = '', docs = ''] = process.argv.slice(2);
const isComplete = /^sha256:[0-9a-f]{64}$/.test(digest) && destination !== '' && URL.canParse(docs);
if (!/^\S+$/.test(image) || !isComplete) {
  console.error('usage: node scripts/package-chart.ts IMAGE sha256:… FOLDER https://…/docs');
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
  values.setIn(['metrics', 'rules', 'runbookUrl'], `${docs}/runbooks`);
  writeFileSync(file, values.toString({ lineWidth: 0 }));
  execFileSync(process.env['HELM'] || 'helm', ['package', chart, '--destination', destination], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
} finally {
  rmSync(folder, { recursive: true });
}
