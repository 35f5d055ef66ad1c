import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { narrowedInhibit, shortened, shortenedGroups } from '../../demo/alert-rules.ts';

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
      for: '1s',
      keepFiring: '1s',
      severity: 'critical',
      send: ['a'],
      resolved: ['b'],
    },
  ]);
});

test('the demo adds a repetition, waits long enough to show what is pending, and leaves what has no times as it is written', () => {
  expect(parse(shortened('on-sync-failed', '- {when: "true", send: [a], keepFiring: 10m}'))).toEqual([
    { when: 'true', send: ['a'], keepFiring: '1s', repeat: '4h' },
  ]);
  expect(parse(shortened('on-health-degraded', '- {when: "true", send: [a], for: 5m}'))).toEqual([
    { when: 'true', send: ['a'], for: '3s' },
  ]);
  expect(shortened('on-created', '- when: "true" # always\n')).toBe('- when: "true" # always\n');
});

test('rules of a component are told together within seconds, and hold back one project alone', () => {
  expect(parse(shortenedGroups('- {match: {trigger: a}, groupWait: 2m}'))).toEqual([
    { match: { trigger: 'a' }, groupWait: '2s', groupInterval: '1s' },
  ]);
  expect(parse(narrowedInhibit('- {source: {trigger: a}, target: {trigger: b}, equal: [name]}'))).toEqual([
    { source: { trigger: 'a' }, target: { trigger: 'b', project: 'shop' }, equal: ['name'] },
  ]);
});
