import { writeFileSync } from 'node:fs';
import { soak } from './soak.ts';

const r = await soak({
  applications: Number(process.argv[2] ?? 10000),
  rate: 50,
  minutes: Number(process.argv[3] ?? 60),
  store: 'redis',
  seed: 1,
});
console.log(r.text);
writeFileSync(process.argv[4] ?? '/tmp/soak.md', r.text);
