import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { JsonObject } from '../../src/model.ts';
import { onPath } from '../tools.ts';
import { chartFolder, documents } from './chart.ts';
import type { Manifest } from './kustomize.ts';

const version = 'v3.22.0';
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'herald-test-tools');
const built = join(cache, `helm-${version}`);
/** What it takes a cluster for that it cannot ask; its own builds take the one of their client. */
const kubernetes = ['Major=1', 'Minor=34']
  .map((variable) => `-X helm.sh/helm/v3/pkg/chartutil.k8sVersion${variable}`)
  .join(' ');
const run = promisify(execFile);

/** Why there is no Helm on this machine and none can be built; undefined where there is one. */
export const noHelm =
  onPath('helm') || existsSync(built) || onPath('go')
    ? undefined
    : 'skipped: neither helm nor go on this machine';

/** Helm's path. Where it is not installed, it is built from its Go module, once, into the user's cache. */
export async function findHelm(): Promise<string> {
  const installed = onPath('helm');
  if (installed !== undefined) return installed;
  return builtOnce(built, async (folder) => {
    await run('go', ['install', '-ldflags', kubernetes, `helm.sh/helm/v3/cmd/helm@${version}`], {
      env: { ...process.env, GOBIN: folder },
    });
    return join(folder, 'helm');
  });
}

/** Builds it in an empty folder, unless that was done before; answers where it is. */
async function builtOnce(path: string, build: (folder: string) => Promise<string>): Promise<string> {
  if (existsSync(path)) return path;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'build-'));
  try {
    // Whoever comes meanwhile finds all of it or nothing.
    await rename(await build(folder), path);
  } finally {
    await rm(folder, { recursive: true });
  }
  return path;
}

const types = 'v0.37.0';
const reader = `package main

import (
	"bufio"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if _, _, err := decoder.Decode(lines.Bytes(), nil, nil); err != nil && !runtime.IsNotRegisteredError(err) {
			fmt.Println(err)
		}
	}
}
`;

/**
 * Reads objects as Kubernetes' own types, strictly, and answers what is wrong with them, a line each. Kinds of others, of
 * which Kubernetes has no types, pass.
 */
export async function strictReader(): Promise<(manifests: readonly Manifest[]) => Promise<string[]>> {
  const path = await builtOnce(join(cache, `strict-reader-${types}`), async (folder) => {
    await writeFile(join(folder, 'main.go'), reader);
    await writeFile(
      join(folder, 'go.mod'),
      `module strict\n\ngo 1.26\n\nrequire k8s.io/client-go ${types}\n`,
    );
    await run('go', ['mod', 'tidy'], { cwd: folder });
    await run('go', ['build', '-o', 'strict', '.'], { cwd: folder });
    return join(folder, 'strict');
  });
  return async (manifests) => {
    const running = run(path, []);
    running.child.stdin?.end(manifests.map((it) => `${JSON.stringify(it)}\n`).join(''));
    return (await running).stdout.split('\n').filter(Boolean);
  };
}

/** Runs it in the folder of the chart. Rejects with what it says on stderr. */
export async function helm(path: string, args: string[], values: JsonObject = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'herald-helm-')));
  try {
    const file = join(folder, 'values.yaml');
    await writeFile(file, stringify(values));
    const options = { cwd: chartFolder, maxBuffer: 16 * 1024 * 1024 };
    return (await run(path, [...args, '--values', file], options)).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function helmTemplate(
  path: string,
  values: JsonObject = {},
  chart: string = '.',
): Promise<Manifest[]> {
  return documents(await helm(path, ['template', 'herald', chart, '--namespace', 'argocd'], values));
}
