import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Manifest, repository } from './kustomize.ts';

const folder = join(repository, '.github/workflows');
const workflows = readdirSync(folder).map((file): [string, Manifest] => [
  file,
  parse(readFileSync(join(folder, file), 'utf8')),
]);
const stepsOf = (workflow: Manifest): Manifest[] =>
  Object.values<Manifest>(workflow.jobs).flatMap(({ steps = [] }) => steps);

describe.each(workflows)('the workflow %s', (_file, workflow) => {
  it('may do no more than read where it does not say otherwise', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  it('names a version of each action', () => {
    const used = stepsOf(workflow).flatMap(({ uses }) => uses ?? []);
    for (const action of used) expect(action).toMatch(/^[\w./-]+@v\d+/);
  });

  it('runs what a shell can read, and what there is', () => {
    const scripts = stepsOf(workflow).flatMap(({ run }) => run ?? []) as string[];
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) {
      execFileSync('bash', ['-n'], { input: script });
      // What comes from outside comes by the environment, where it is no part of the script.
      expect(script).not.toContain('${{');
      for (const [path] of script.matchAll(/(?:scripts|config|\.ci)\/[\w./-]+/g)) {
        expect(() => execFileSync('test', ['-e', join(repository, path)]), path).not.toThrow();
      }
    }
  });
});

describe('the release', () => {
  const release = workflows.find(([file]) => file === 'release.yml')?.[1];
  const steps = stepsOf(release);
  const script = steps.map(({ run = '' }) => run).join('\n');

  it('tests first, as every change is tested', () => {
    expect(release.jobs.publish.needs).toBe('test');
    expect(release.jobs.test.uses).toBe('./.github/workflows/ci.yml');
    const ci = workflows.find(([file]) => file === 'ci.yml')?.[1];
    expect(stepsOf(ci).at(-1)).toEqual({ run: '.ci/run' });
    expect(ci.on).toHaveProperty('workflow_call');
  });

  it('signs the image and the chart, the bill of materials with the image, each by its digest', () => {
    const signed = [...script.matchAll(/cosign (?:sign|attest) .*"(\$\S+)"/g)].map(([, what]) => what);
    expect(signed).toEqual(['$IMAGE@$DIGEST', '$IMAGE@$DIGEST', '$CHARTS/herald@$digest']);
    expect(steps.find(({ id }) => id === 'image').with).toMatchObject({
      push: true,
      sbom: true,
      provenance: 'mode=max',
      platforms: 'linux/amd64,linux/arm64',
    });
  });

  it('says in the image and in the chart where its documentation is', () => {
    const names = steps.map(({ name, id }) => id ?? name);
    const docs = steps.findIndex(({ run = '' }) => run.includes('npm pkg set homepage="$docs/README.md"'));
    expect(docs).toBeGreaterThan(0);
    expect(docs).toBeLessThan(names.indexOf('image'));
    expect(script).toContain('node scripts/package-chart.ts "$IMAGE" "$DIGEST" . "$DOCS"');
  });

  it('names the image in the kustomization by its digest', () => {
    const kustomization = readFileSync(join(repository, 'config/base/kustomization.yaml'), 'utf8');
    const sed = /^\s*sed -i "(s#.*#)" config\/base\/kustomization\.yaml$/m.exec(script)?.[1] ?? '';
    const edited = execFileSync(
      'sed',
      [sed.replace('$IMAGE', 'ghcr.io/x/herald').replace('$DIGEST', 'sha256:1')],
      {
        input: kustomization,
        encoding: 'utf8',
      },
    );
    expect(parse(edited).images).toEqual([
      { name: 'herald', newName: 'ghcr.io/x/herald', digest: 'sha256:1' },
    ]);
  });
});
