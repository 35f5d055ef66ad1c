import { describe, expect, it } from 'vitest';
import { compileTrigger } from './schema.ts';

const compile = (...fields: string[]) =>
  compileTrigger('t', ["- when: 'true'", '  send: [x]', ...fields.map((field) => `  ${field}`)].join('\n'));
const conditionOf = (...fields: string[]) => compile(...fields).trigger?.conditions[0];
const minute = 60_000;

describe('the life that a condition gives its alerts', () => {
  it.each([
    [['for: 5m'], { for: 5 * minute, keepFiring: 0 }],
    [['for: 0'], { for: 0, keepFiring: 0 }],
    [['keepFiring: 1m30s'], { for: 0, keepFiring: 90_000 }],
    [['keep_firing_for: 2m'], { for: 0, keepFiring: 2 * minute }],
    [['repeat: 7d'], { for: 0, keepFiring: 0, repeat: 7 * 24 * 60 * minute }],
    [['repeat_interval: 1d12h'], { for: 0, keepFiring: 0, repeat: 36 * 60 * minute }],
    [['resolved: [a, b]'], { for: 0, keepFiring: 0, resolved: ['a', 'b'] }],
    [['resolved: a'], { for: 0, keepFiring: 0, resolved: ['a'] }],
    [['resolved: true'], { for: 0, keepFiring: 0, resolved: [] }],
    [['send_resolved: true'], { for: 0, keepFiring: 0, resolved: [] }],
    [
      ['for: 5m', 'keepFiring: 2m', 'repeat: 4h', 'resolved: [r]'],
      { for: 5 * minute, keepFiring: 2 * minute, repeat: 240 * minute, resolved: ['r'] },
    ],
  ])('%j', (fields, lifecycle) => {
    expect(compile(...fields).problems).toEqual([]);
    expect(conditionOf(...fields)?.lifecycle).toEqual(lifecycle);
  });

  it.each([
    [[]],
    [['resolved: false']],
    [['resolved:', 'for:', 'repeat: ""']],
    [['severity: critical', 'labels: {team: a}']],
  ])('%j is none', (fields) => {
    expect(compile(...fields).problems).toEqual([]);
    expect(conditionOf(...fields)).not.toHaveProperty('lifecycle');
  });

  it.each([
    ['for: 5 minutes', '3:8 for: "5 minutes" is no duration'],
    ['for: 300', '3:8 for: "300" is no duration'],
    ['for: -5m', '3:8 for: "-5m" is no duration'],
    ['for: 1m1h', '3:8 for: "1m1h" is no duration'],
    ['for: [5m]', '3:8 for must be a string, not a list'],
    ['keepFiring: soon', '3:15 keepFiring: "soon" is no duration'],
    ['keep_firing_for: soon', '3:20 keep_firing_for: "soon" is no duration'],
    ['repeat: 500ms', '3:11 repeat is shorter than a second'],
    ['repeat: 0', '3:11 repeat is shorter than a second'],
    ['resolved: {a: b}', '3:13 resolved names no templates'],
    ['resolved: 5', '3:13 resolved names no templates'],
    ['resolved: [[a]]', '3:14 the value must be a string, not a list'],
    ['labels: [team]', '3:11 labels must be a mapping, not a list'],
    ['labels: {team: {a: b}}', '3:18 team must be a string, not a mapping'],
    ['labels: {project: a}', '3:21 every alert has a label project of its own'],
    ['labels: {severity: a}', '3:22 every alert has a label severity of its own'],
  ])('%s disables the key, and says why', (field, problem) => {
    const { trigger, problems } = compile(field);
    expect(trigger).toBeUndefined();
    expect(problems.map(({ line, column, what }) => `${line}:${column} ${what}`)).toEqual([problem]);
    expect(problems[0]).toMatchObject({
      key: 'trigger.t',
      severity: 'error',
      fix: expect.stringMatching(/\.$/),
    });
  });

  it('an empty list of templates is the default message, with a warning', () => {
    const { problems } = compile('resolved: []');
    expect(conditionOf('resolved: []')?.lifecycle?.resolved).toEqual([]);
    expect(problems).toMatchObject([{ severity: 'warning', line: 3 }]);
  });

  it('labels are texts, whatever YAML takes them for', () => {
    expect(
      conditionOf('labels: {team: payments, tier: 1, on: yes, "app.kubernetes.io/part-of": x, none: }'),
    ).toMatchObject({
      labels: { team: 'payments', tier: '1', true: 'true', 'app.kubernetes.io/part-of': 'x', none: '' },
    });
  });

  it('names a field that is nearly one of them', () => {
    const { problems } = compile('keepFirng: 5m');
    expect(problems).toMatchObject([
      { severity: 'warning', line: 3, fix: expect.stringContaining('Did you mean "keepFiring"?') },
    ]);
  });
});
