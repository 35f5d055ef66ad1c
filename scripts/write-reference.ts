/** `npm run docs:reference`: writes the pages of docs/reference/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { referencePages } from './reference/pages.ts';

mkdirSync(fileURLToPath(new URL('../docs/reference', import.meta.url)), { recursive: true });
for (const { path, text } of referencePages())
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
