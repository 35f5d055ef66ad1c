import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildDashboard } from './dashboard/dashboard.ts';

/** `node scripts/write-dashboard.ts` writes `config/grafana/herald.json` of what the panels in `dashboard/` say. */
const file = fileURLToPath(new URL('../config/grafana/herald.json', import.meta.url));
writeFileSync(file, `${JSON.stringify(buildDashboard(), null, 2)}\n`);
