import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { readInvocation } from '../../src/cli/invocation.ts';
import { checkConfig } from '../../src/config/check.ts';
import type { JsonObject } from '../../src/model.ts';
import { argoHelmValues, renderChart, schema, withDefaults } from '../shipping/chart.ts';
import { find, hasKubectl, type Manifest, repository } from '../shipping/kustomize.ts';
import { blocksOf, pageOf, pages, version } from './pages.ts';

// What the pages on installing tell people to write and to run.

const files = (page: string, name: string) =>
  blocksOf(pageOf(page), 'yaml').flatMap((block) => (block.name === name ? [block.text] : []));

const valueFiles = pages.flatMap(({ path }) =>
  files(path, 'values.yaml').map((block) => [path, block] as const),
);

describe('values for the chart', () => {
  it('are some', () => expect(valueFiles.length).toBeGreaterThanOrEqual(5));

  it.each(valueFiles)('of %s are values that the chart has:\n%s', (_page, block) => {
    const values = parse(block) as JsonObject;
    expect(z.fromJSONSchema(schema as never).safeParse(withDefaults(values)).error?.issues).toBeUndefined();
    expect(renderChart(values).map(({ kind }) => kind)).toContain('Deployment');
  });

  it('to start with make a ConfigMap without a problem, whose trigger and template are used', () => {
    const manifests = renderChart(parse(files('docs/install.md', 'values.yaml')[0] ?? ''));
    const configMap = find(manifests, 'ConfigMap', 'argocd-notifications-cm');
    const secret = find(manifests, 'Secret', 'argocd-notifications-secret');
    const { problems, configs } = checkConfig({
      files: [configMap, secret].map((it) => ({ name: `${it.kind}.yaml`, text: JSON.stringify(it) })),
      now: Date.parse('2026-11-28T00:00:00Z'),
    });
    expect(problems).toEqual([]);
    expect(configs[0]?.subscriptions).toHaveLength(1);
  });

  it('in an Application of Argo CD are such, too', () => {
    const [application] = files('docs/migrating.md', 'application.yaml').map((block) => parse(block));
    const { valuesObject } = application.spec.source.helm;
    expect(renderChart(valuesObject).length).toBeGreaterThan(0);
    expect(application.spec.source.targetRevision).toBe(version);
  });
});

describe("values for argo-helm's chart", () => {
  const blocks = pages.flatMap(({ path }) => files(path, 'values.yaml of argo-helm'));

  it.each(blocks)('are of that chart:\n%s', (block) => {
    const { notifications, ...others } = parse(block) as { notifications: JsonObject };
    expect(others).toEqual({});
    for (const key of Object.keys(notifications)) expect(argoHelmValues).toHaveProperty(key);
  });
});

describe.skipIf(!hasKubectl)('kustomizations', () => {
  const built = async (block: string): Promise<Manifest[]> => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'herald-docs-')));
    try {
      const deployment = join(repository, 'test/shipping/argo-cd-deployment.yaml');
      cpSync(deployment, join(folder, 'argo-cd.yaml'));
      writeFileSync(join(folder, 'volume.yaml'), files('docs/migrating.md', 'volume.yaml')[0] ?? '');
      const own = block
        .replace(/https:\/\/raw\.githubusercontent\.com\/argoproj\/\S+/, 'argo-cd.yaml')
        .replaceAll(/- config\//g, `- ${relative(folder, repository)}/config/`);
      writeFileSync(join(folder, 'kustomization.yaml'), own);
      const { stdout } = await promisify(execFile)('kubectl', ['kustomize', folder], { maxBuffer: 1 << 24 });
      return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const controller = 'argocd-notifications-controller';
  const [swapped = '', scaled = ''] = files('docs/migrating.md', 'kustomization.yaml of Argo CD');

  it('installs Herald with its image', async () => {
    const manifests = await built(files('docs/install.md', 'kustomization.yaml')[0] ?? '');
    const { image } = find(manifests, 'Deployment', 'herald').spec.template.spec.containers[0];
    expect(image).toBe(`REGISTRY/herald:${version}`);
    find(manifests, 'PrometheusRule', 'herald');
  });

  it('puts the image into the place of the old controller, and leaves the rest of it', async () => {
    const manifests = await built(swapped);
    const pod = find(manifests, 'Deployment', controller).spec.template.spec;
    const [container] = pod.containers;
    expect(pod.securityContext).toEqual({ runAsNonRoot: true, fsGroup: 1000 });
    expect(pod.volumes.map(({ name }: Manifest) => name).toSorted()).toEqual(['queue', 'tls-certs']);
    expect(container.image).toBe(`REGISTRY/herald:${version}`);
    expect(container.volumeMounts).toHaveLength(2);
    expect(container.env.map(({ name }: Manifest) => name).toSorted()).toEqual([
      'ARGOCD_APPLICATION_NAMESPACES',
      'HERALD_QUEUE',
    ]);
    find(manifests, 'PersistentVolumeClaim', 'herald-queue');
    // The image's entry point gets these arguments.
    const line = parseCommandLine(readInvocation('/usr/local/bin/herald', container.args), {
      HERALD_QUEUE: 'sqlite:/data',
    });
    expect(line).toMatchObject({ command: 'run', options: { queue: 'sqlite:/data' } });
  });

  it('scales the old controller to zero', async () => {
    expect(find(await built(scaled), 'Deployment', controller).spec.replicas).toBe(0);
  });
});
