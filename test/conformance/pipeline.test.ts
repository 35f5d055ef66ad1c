import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Fixtures, type PipelineVectors, runPipeline } from './run-pipeline.ts';

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

it('posts what argocd-notifications posts, but for the documented differences', async () => {
  const vectors = read('pipeline.json') as PipelineVectors;
  const report = await runPipeline(vectors, read('fixtures.json') as Fixtures);

  expect(report.failures).toEqual([]);
  expect(report.passed + report.documented.length).toBe(vectors.cases.length);
  expect(report.documented.length).toBeLessThanOrEqual(11);
});
