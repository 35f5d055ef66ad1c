import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { expect, it } from 'vitest';
import { repository } from './kustomize.ts';

interface Package {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/**
 * `npm ci` refuses a lock file that lacks a package or breaks a peer range. npm itself writes such files: from a
 * node_modules that was made with other options, or on a machine that sees the packages of its own platform only.
 */
it('the lock file holds what every package in it asks for, on every platform', async () => {
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Package>;
  };
  const problems: string[] = [];
  for (const [path, it] of Object.entries(lock.packages)) {
    const { peerDependencies: peers = {}, peerDependenciesMeta: meta = {} } = it;
    const wanted = { ...it.dependencies, ...it.devDependencies, ...it.optionalDependencies };
    for (const [name, range] of Object.entries({ ...peers, ...wanted })) {
      const found = resolve(lock.packages, path, name);
      if (found === undefined) {
        if (name in wanted || !meta[name]?.optional)
          problems.push(`${path} asks for ${name}, which is missing`);
      } else if (!range.startsWith('npm:') && !satisfies(found.version ?? '', range)) {
        problems.push(`${path} asks for ${name} ${range}, and gets ${found.version}`);
      }
    }
  }
  expect(problems).toEqual([]);
});

/** The package that Node.js would find from another one's folder. */
function resolve(packages: Record<string, Package>, from: string, name: string): Package | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const found = packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (found !== undefined || folder === '') return found;
  }
}
