import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { shortened } from '../../demo/alert-rules.ts';

test('what a trigger of the catalogue says is kept, and its times are short', () => {
  const source = `- when: app.status.health.status == 'Degraded'
  for: 5m
  keepFiring: 2m
  severity: critical
  send: [a]
  resolved: [b]
`;
  expect(parse(shortened('on-x', source))).toEqual([
    {
      when: "app.status.health.status == 'Degraded'",
      for: '2s',
      keepFiring: '1s',
      severity: 'critical',
      send: ['a'],
      resolved: ['b'],
    },
  ]);
});

test('what the catalogue says wins over what the demo adds, and what has no times stays as it is written', () => {
  expect(parse(shortened('on-sync-failed', '- {when: "true", send: [a], repeat: 1h}'))).toEqual([
    { when: 'true', send: ['a'], repeat: '1h', resolved: true },
  ]);
  expect(shortened('on-created', '- when: "true" # always\n')).toBe('- when: "true" # always\n');
});
