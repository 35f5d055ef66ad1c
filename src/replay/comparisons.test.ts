import { expect, it } from 'vitest';
import { parseConfig } from '../config/parse-config.ts';
import { triggersOfComparisons } from './comparisons.ts';

it.each<[when: string, may: boolean]>([
  ["app.status.health.status == 'Degraded'", false],
  ["app?.status?.sync?.status in ['Unknown']", false],
  ["app.status.operationState != nil and app.status.operationState.phase == 'Failed'", false],
  ["app.metadata.name == 'a' and app.spec.project != 'b'", false],
  ["app.status.reconciledAt != ''", true],
  ["app['status'].reconciledAt != ''", true],
  ["app.status['reconciled' + 'At'] != ''", true],
  ['len(app.status) > 3', true],
  ['len(string(app)) > 3', true],
  ["app.metadata.resourceVersion == '3'", true],
  ['len(app.metadata) > 3', true],
  ['time.Now().Sub(time.Parse(app.status.health.lastTransitionTime)).Minutes() > 3', true],
  ["changes(app.status.sync.revision, '10m') > 3", true],
  ["let s = app.status; s.reconciledAt != ''", true],
])('%s', (when, may) => {
  const config = parseConfig({
    configMap: { 'trigger.t': `- when: ${JSON.stringify(when)}\n  send: []` },
    secret: undefined,
  });
  expect([...triggersOfComparisons(config)]).toEqual(may ? ['t'] : []);
});
