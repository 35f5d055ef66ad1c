import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../../src');

/** The file that is read first: the one with the folder's name, or else the first in the order of the alphabet. */
async function firstFile(folder: string): Promise<string> {
  const names = (await readdir(join(source, folder))).filter((name) => /(?<!\.test)\.ts$/.test(name)).sort();
  const first = names.includes(`${folder}.ts`) ? `${folder}.ts` : names[0];
  return join(source, folder, first ?? '');
}

test('the first file of each folder of src/ begins with what is in the folder, and what it may import', async () => {
  const entries = await readdir(source, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders).toContain('alerts');
  const silent: string[] = [];
  for (const folder of folders) {
    const path = await firstFile(folder);
    const [comment] = /^\/\*\*[\s\S]*?\*\//.exec(await readFile(path, 'utf8')) ?? [''];
    if (!/may(?:\s|\*)+import/.test(comment)) silent.push(path.slice(source.length + 1));
  }
  expect(silent).toEqual([]);
});
