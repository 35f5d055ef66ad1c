import { readFileSync, readdirSync } from 'node:fs';
import { checkConfig } from '../src/config/check.ts';
for (const dir of process.argv.slice(2)) for (const f of readdirSync(dir).filter(f=>f.endsWith('.yaml'))) {
  const r=checkConfig({files:[{name:f,text:readFileSync(dir+'/'+f,'utf8')}]});
  for (const p of r.problems) console.log(`${f}:${p.line}:${p.column}: ${p.key}: ${p.severity}: ${p.what} | ${p.fix}`);
}
