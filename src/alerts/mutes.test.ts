import { describe, expect, it } from 'vitest';
import { createMatcher, type Matcher } from './matcher.ts';
import { createInhibition, mutedBy, silencedBy } from './mutes.ts';
import { createRuleBook } from './rule-book.ts';
import type { InhibitRule } from './rules.ts';
import { noRules } from './rules.ts';
import { compileInhibit, compileMuteTimes, compileSilences } from './schema.ts';
import { utc } from './times.ts';

const equals = (label: string, value: string): Matcher => {
  const made = createMatcher(label, '=', [value]);
  if ('error' in made) throw new Error(made.error);
  return made;
};
const labels =
  (values: Record<string, string>) =>
  (label: string): string[] =>
    values[label] === undefined ? [] : [values[label]];

describe('a silence', () => {
  const silence = { id: 's', matchers: [equals('project', 'x')], from: 1_000, until: 2_000 };
  it.each([
    [999, false],
    [1_000, true],
    [2_000, true],
    [2_001, false],
  ])('at %i: %s', (now, held) => {
    expect(silencedBy([silence], labels({ project: 'x' }), now) !== undefined).toBe(held);
  });
  it('says until when, and is not for others', () => {
    expect(silencedBy([silence], labels({ project: 'x' }), 1_500)).toEqual({
      by: 'silence',
      id: 's',
      until: 2_001,
    });
    expect(silencedBy([silence], labels({}), 1_500)).toBeUndefined();
  });
});

it('a mute time says when it ends', () => {
  const rules = [
    { matchers: [equals('a', 'b')], intervals: [{ minutes: [{ start: 60, end: 120 }], zone: utc }] },
  ];
  expect(mutedBy(rules, labels({ a: 'b' }), 3_600_000)).toEqual({
    by: 'mute',
    id: 'muteTimes 1',
    until: 7_200_000,
  });
  expect(mutedBy(rules, labels({ a: 'b' }), 7_200_000)).toBeUndefined();
  expect(mutedBy(rules, labels({ a: 'c' }), 3_600_000)).toBeUndefined();
});

describe('inhibition', () => {
  const rule = (equal: string[] = []): InhibitRule => ({
    source: [equals('trigger', 'down')],
    target: [equals('severity', 'warning')],
    equal,
  });
  const source = labels({ trigger: 'down', cluster: 'a' });
  const target = labels({ severity: 'warning', cluster: 'a' });
  const both = labels({ trigger: 'down', severity: 'warning', cluster: 'a' });

  it('holds while a source fires, and for those that are equal only', () => {
    const inhibition = createInhibition([rule(['cluster'])]);
    expect(inhibition.by('t', target)).toBeUndefined();
    expect(inhibition.fires('s', source)).toEqual(inhibition.targets(target));
    expect(inhibition.fires('s', source)).toEqual([]);
    expect(inhibition.by('t', target)).toEqual({ by: 'inhibit', id: 'inhibit 1' });
    expect(inhibition.by('t', labels({ severity: 'warning', cluster: 'b' }))).toBeUndefined();
    expect(inhibition.ended('s')).toEqual(inhibition.targets(target));
    expect(inhibition.ended('s')).toEqual([]);
    expect(inhibition.by('t', target)).toBeUndefined();
  });

  it('takes labels that are missing for empty, and equal', () => {
    const inhibition = createInhibition([rule(['team'])]);
    inhibition.fires('s', labels({ trigger: 'down', team: '' }));
    expect(inhibition.by('t', target)).toBeDefined();
  });

  it('stays while one of several sources is left', () => {
    const inhibition = createInhibition([rule(['cluster'])]);
    inhibition.fires('s1', source);
    inhibition.fires('s2', source);
    inhibition.ended('s1');
    expect(inhibition.by('t', target)).toBeDefined();
    inhibition.ended('s2');
    expect(inhibition.by('t', target)).toBeUndefined();
  });

  it('what matches both sides inhibits neither itself nor another such alert, but plain targets', () => {
    const inhibition = createInhibition([rule()]);
    inhibition.fires('b1', both);
    expect(inhibition.by('b1', both)).toBeUndefined();
    inhibition.fires('b2', both);
    expect(inhibition.by('b1', both)).toBeUndefined();
    expect(inhibition.by('t', target)).toBeDefined();
    inhibition.fires('s', source);
    expect(inhibition.by('b1', both)).toBeDefined();
  });

  it('follows a source whose labels change', () => {
    const inhibition = createInhibition([rule(['cluster'])]);
    inhibition.fires('s', source);
    expect(inhibition.fires('s', labels({ trigger: 'down', cluster: 'b' }))).toHaveLength(2);
    expect(inhibition.by('t', target)).toBeUndefined();
    expect(inhibition.by('t', labels({ severity: 'warning', cluster: 'b' }))).toBeDefined();
  });

  it('knows what a source that comes later could hold back', () => {
    const inhibition = createInhibition([rule()]);
    expect(inhibition.targets(target)).toHaveLength(1);
    expect(inhibition.targets(source)).toEqual([]);
    expect(inhibition.targets(both)).toEqual([]);
  });
});

it('what holds back is named by its place in the key, also behind rules that are disabled', () => {
  const key = (text: string) => `- match: {}\n${text}`;
  const now = Date.parse('2026-11-28T12:00:00Z');
  const muteTimes = compileMuteTimes(
    'muteTimes',
    key('- match: {a: b}\n  times: [{weekdays: [saturday]}]'),
  ).rules;
  const inhibit = compileInhibit('inhibit', key('- source: {a: s}\n  target: {a: b}')).rules;
  const silences = compileSilences('silences', key('- match: {a: b}\n  until: 2026-12-01')).rules;
  const inhibition = createInhibition(inhibit);
  inhibition.fires('source', labels({ a: 's' }));
  const book = createRuleBook({ ...noRules, silences });
  expect([
    mutedBy(muteTimes, labels({ a: 'b' }), now)?.id,
    inhibition.by('target', labels({ a: 'b' }))?.id,
    silencedBy(book.silences, labels({ a: 'b' }), now)?.id,
  ]).toEqual(['muteTimes 2', 'inhibit 2', 'silences 2']);
});
