import { expect, test } from 'vitest';
import { application, series, unknown } from '../testing/fixtures.ts';
import { startPipeline } from '../testing/start-pipeline.ts';

/** As Argo CD's clients write an Application that nothing has compared yet. */
const empty = { health: {}, summary: {}, sync: { comparedTo: { source: { repoURL: '' } }, status: '' } };

test('conditions that fail for an Application without a status are no errors, and are as soon as it has one', async () => {
  const p = startPipeline();
  const subscriptions = { 'on-degraded': 'ops', 'on-synced': 'ops' };
  for (const status of [undefined, empty])
    p.see({ ...application('a', { subscriptions }), object: status === undefined ? {} : { status } });
  await p.done();
  expect(await series(p.metrics, 'herald_trigger_eval_errors_total')).toEqual([]);
  expect(p.lines.filter(({ msg }) => msg === 'Conditions could not be evaluated')).toEqual([]);
  p.see(application('a', { subscriptions, status: unknown }));
  await p.done();
  expect(await series(p.metrics, 'herald_trigger_eval_errors_total')).toHaveLength(2);
});
