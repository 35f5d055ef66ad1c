import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filledMetrics } from '../shipping/filled-metrics.ts';
import { repository } from '../shipping/kustomize.ts';

/** `type{labels}` by name, of Herald's and argocd-notifications' metrics. */
function described(exposition: string): Record<string, string> {
  const types = [...exposition.matchAll(/^# TYPE ((?:herald|argocd)_\w+) (\w+)$/gm)];
  return Object.fromEntries(
    types.map(([, name, type]) => {
      const sample = exposition.match(new RegExp(`^${name}(?:_sum)?(?:\\{(.*)\\})? `, 'm'));
      if (sample === null) throw new Error(`${name} has no sample`);
      const labels = [...(sample[1] ?? '').matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label);
      return [name, `${type}{${labels.join(',')}}`];
    }),
  );
}

it('docs/metrics.md describes every metric, with its type and labels', async () => {
  const page = await readFile(join(repository, 'docs/metrics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|(.*?)\| .+ \|$/gm)];
  const documented = Object.fromEntries(
    rows.map(([, name, type, labels]) => [name, `${type}{${labels?.replaceAll(/[` ]/g, '')}}`]),
  );
  expect(documented).toEqual(described(await filledMetrics().expose()));
});
