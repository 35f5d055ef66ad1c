import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { tools } from '../tools.ts';

/** An object as `kubectl kustomize` prints it; tests reach into it freely. */
export type Manifest = any;

export const repository = fileURLToPath(new URL('../..', import.meta.url));

export const hasKubectl = tools.kubectl !== undefined;

/** Those for `config` itself: all but incident-groups, which adds to the catalogue. */
export const allComponents = readdirSync(join(repository, 'config/components')).filter(
  (name) => name !== 'incident-groups',
);

/** Builds a folder below the repository. */
export async function kustomize(folder: string): Promise<Manifest[]> {
  const { stdout } = await promisify(execFile)('kubectl', ['kustomize', folder], {
    cwd: repository,
    maxBuffer: 16 * 1024 * 1024,
  });
  return parseAllDocuments(stdout).map((document) => {
    if (document.errors.length > 0) throw new Error(`${folder} is not YAML`, { cause: document.errors });
    return document.toJS();
  });
}

/** A folder of `config` and components, as a user's own kustomization combines them. */
export async function combined(
  components: readonly string[],
  { namespace, folder = '.' }: { namespace?: string; folder?: string } = {},
): Promise<Manifest[]> {
  const own = await realpath(await mkdtemp(join(tmpdir(), 'herald-kustomize-')));
  try {
    const up = relative(own, join(repository, 'config'));
    await writeFile(
      join(own, 'kustomization.yaml'),
      JSON.stringify({
        ...(namespace === undefined ? {} : { namespace }),
        resources: [join(up, folder)],
        components: components.map((name) => `${up}/components/${name}`),
      }),
    );
    return await kustomize(own);
  } finally {
    await rm(own, { recursive: true });
  }
}

export function find(manifests: Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((it) => it.kind === kind && it.metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} of ${kind} ${name}`);
  return found[0];
}
