import { expect, test } from 'vitest';
import { sampleApplication } from '../config/sample-application.ts';
import { sampleApplicationSet } from '../config/sample-application-set.ts';
import type { JsonObject } from '../model.ts';
import { compileTrigger, conditionVars } from './schema.ts';

const compiled = (...conditions: object[]) => compileTrigger('on-it', JSON.stringify(conditions));
const setError = "any(applicationset.status.conditions, .type == 'ErrorOccurred')";

test.each([
  ['applicationset alone', [{ when: setError }], 'ApplicationSet'],
  ['its name alone', [{ when: 'applicationset != nil' }], 'ApplicationSet'],
  ['in oncePer', [{ when: 'true', oncePer: 'applicationset.metadata.uid' }], 'ApplicationSet'],
  ['in one of two', [{ when: 'true' }, { when: setError }], 'ApplicationSet'],
  ['app', [{ when: "app.status.health.status == 'Degraded'" }], undefined],
  ['neither', [{ when: 'true' }], undefined],
  ['a text', [{ when: "app.metadata.name == 'applicationset'" }], undefined],
  ['a field', [{ when: 'app.metadata.labels.applicationset != nil' }], undefined],
])('what reads %s', (_, conditions, kind) => {
  const { trigger, problems } = compiled(...conditions.map((condition) => ({ send: ['t'], ...condition })));
  expect([problems, trigger?.kind]).toEqual([[], kind]);
});

test.each([
  ['one condition', [{ when: `${setError} and app.status != nil`, send: ['t'] }]],
  ['when and oncePer', [{ when: setError, oncePer: 'app.metadata.uid', send: ['t'] }]],
  [
    'two conditions',
    [
      { when: setError, send: ['t'] },
      { when: 'app.status != nil', send: ['t'] },
    ],
  ],
])('an error where both are read: %s', (_, conditions) => {
  const { trigger, problems } = compiled(...conditions);
  expect(trigger).toBeUndefined();
  expect(problems).toEqual([
    {
      key: 'trigger.on-it',
      severity: 'error',
      line: expect.any(Number),
      column: expect.any(Number),
      what: 'it reads app, but the trigger also reads applicationset: a trigger is evaluated for Applications or for ApplicationSets',
      fix: 'Read applicationset alone, whose Applications are in applicationset.status.resources; or make two triggers of it.',
    },
  ]);
});

test('what a condition sees of the other kind is nil, as in argocd-notifications', () => {
  const results = (object: JsonObject, when: string) =>
    compiled({ when, send: ['t'] }).trigger?.conditions[0]?.evaluate(
      conditionVars({ app: object, context: {}, now: 0 }),
    );
  expect(results(sampleApplicationSet, 'app == nil')).toMatchObject({ status: 'matched' });
  expect(results(sampleApplication, 'applicationset == nil')).toMatchObject({ status: 'matched' });
  expect(results(sampleApplication, 'applicationset.status != nil')).toEqual({
    status: 'failed',
    error: expect.stringContaining('applicationset is nil: it has no status'),
  });
});

test.each([
  [setError, '2026-01-06T10:01:00Z'],
  ["any(applicationset.status?.conditions ?? [], .type == 'ErrorOccurred')", '2026-01-06T10:01:00Z'],
  ['len(applicationset.deletedApplications) > 0', '2026-01-06T10:00:30Z'],
  ['len(applicationset.status.applicationStatus) > 0', '2026-01-06T10:01:00Z'],
  ["applicationset.status.health.status == 'Degraded'", '2026-01-06T10:01:00Z'],
  ['len(applicationset.status.resources) > 0', undefined],
  ['applicationset.metadata.name != "" and time.Now().Hour() > 0', undefined],
])('since when %s', (when, time) => {
  const condition = compiled({ when, send: ['t'] }).trigger?.conditions[0];
  expect(condition?.since?.(sampleApplicationSet)).toBe(time && Date.parse(time));
});
