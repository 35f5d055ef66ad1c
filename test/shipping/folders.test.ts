import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../../src');

interface Folder {
  path: string;
  /** Names of its files but tests, in the order of the alphabet. */
  files: string[];
}

/** All folders, at any depth, that hold files of the program. */
async function folders(): Promise<Folder[]> {
  const entries = await readdir(source, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name));
  return [...Map.groupBy(files, (file) => file.parentPath)]
    .filter(([path]) => path !== source)
    .map(([path, of]) => ({ path, files: of.map(({ name }) => name).sort() }));
}

/** The file that bears the folder's name, or else all of them: one of them says it. */
function candidates({ path, files }: Folder): string[] {
  const own = `${basename(path)}.ts`;
  return (files.includes(own) ? [own] : files).map((name) => join(path, name));
}

async function says(path: string): Promise<boolean> {
  const [comment] = /^\/\*\*[\s\S]*?\*\//.exec(await readFile(path, 'utf8')) ?? [''];
  return /may(?:\s|\*)+import/.test(comment);
}

test('a file of each folder of src/ begins with what is in the folder, and what it may import', async () => {
  const found = await folders();
  expect(found.map(({ path }) => relative(source, path))).toEqual(
    expect.arrayContaining(['alerts', 'services/slack', 'go/namespaces']),
  );
  const silent: string[] = [];
  for (const folder of found) {
    const said = await Promise.all(candidates(folder).map(says));
    if (!said.includes(true)) silent.push(relative(source, folder.path));
  }
  expect(silent).toEqual([]);
});
