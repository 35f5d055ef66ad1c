import { describe, expect, it } from 'vitest';
import { mostMatchers, printMatcher } from '../alerts/matcher.ts';
import { mostPatterns, mostRules } from '../alerts/schema.ts';
import { type ConfigInput, parseConfig } from './parse-config.ts';

const base = {
  'service.slack': 'token: x',
  'template.down': 'message: down',
  'trigger.on-down': "- when: 'true'\n  send: [down]\n  severity: critical\n  labels: {team: payments}",
};
const parse = (keys: Record<string, string>, more: Partial<ConfigInput> = {}) =>
  parseConfig({ configMap: { ...base, ...keys }, secret: undefined, ...more });
const told = (keys: Record<string, string>) =>
  parse(keys).problems.map(
    ({ key, severity, line, column, what }) => `${severity} ${key} ${line}:${column} ${what}`,
  );

const rules = {
  silences: '- match: {project: sandbox}\n  until: 2026-12-01T00:00:00Z\n  comment: migration',
  muteTimes:
    "- match: {severity: critical}\n  timeZone: Asia/Seoul\n  times: [{weekdays: ['saturday', 'sunday']}]",
  inhibit: '- source: {trigger: on-down}\n  target: {severity: critical}\n  equal: [destination]',
  groups: '- match: {trigger: on-down}\n  groupBy: [trigger, project]\n  send: [down]',
};

describe('the keys of rules', () => {
  it('are rules of the configuration', () => {
    const config = parse(rules);
    expect(config.problems).toEqual([]);
    expect(config.rules.silences).toMatchObject([
      { entry: 1, until: Date.parse('2026-12-01T00:00:00Z'), comment: 'migration' },
    ]);
    expect(config.rules.silences[0]?.matchers.map(printMatcher)).toEqual(['project="sandbox"']);
    expect(config.rules.muteTimes).toHaveLength(1);
    expect(config.rules.inhibit).toMatchObject([{ equal: ['destination'] }]);
    expect(config.rules.groups).toMatchObject([{ groupBy: ['trigger', 'project'], send: ['down'] }]);
  });

  it('are empty where they are absent', () => {
    expect(parse({}).rules).toEqual({ silences: [], muteTimes: [], inhibit: [], groups: [] });
  });

  it('a bad rule disables only itself, at first and later', () => {
    const bad = `${rules.silences}\n- match: {}\n  until: 2026-12-01\n- match: {name: a}\n  until: 2026-12-02`;
    for (const previous of [undefined, parse(rules)]) {
      const config = parse({ ...rules, silences: bad }, previous ? { previous } : {});
      expect(config.rules.silences.map(({ entry }) => entry)).toEqual([1, 3]);
      expect(config.problems).toMatchObject([
        { key: 'silences', severity: 'error', line: 4, what: 'there are no matchers' },
      ]);
      expect(config.rules.groups).toHaveLength(1);
    }
  });

  it('of a text that is no list of rules the last good version stays', () => {
    for (const text of ['- match: {', 'match: {a: b}', `# ${'x'.repeat(100_000)}`]) {
      const config = parse({ silences: text }, { previous: parse(rules) });
      expect(config.rules.silences).toHaveLength(1);
      expect(config.problems).toMatchObject([{ key: 'silences', severity: 'error' }]);
    }
    expect(parse({}, { previous: parse(rules) }).rules.silences).toEqual([]);
  });

  it('unchanged rules are the same objects', () => {
    const before = parse(rules);
    expect(parse(rules, { previous: before }).rules.inhibit).toBe(before.rules.inhibit);
  });

  it('rules beyond the bounds are not read', () => {
    const many = parse({ silences: '- {match: {name: a}, until: 2026-12-01}\n'.repeat(mostRules + 1) });
    expect(many.rules.silences).toHaveLength(mostRules);
    expect(many.problems).toMatchObject([{ severity: 'error', line: mostRules + 1 }]);
    const large = parse({ silences: "- {match: {name: '=~x{999}y{999}'}, until: 2026-12-01}\n".repeat(100) });
    const read = large.rules.silences.length;
    expect(read).toBe(Math.ceil(mostPatterns / 1_998));
    expect(large.problems).toMatchObject([{ severity: 'error', line: read + 1 }]);
    const matchers = Array.from({ length: mostMatchers + 1 }, (_, i) => `a${i}: b`).join(', ');
    const wide = parse({ silences: `- {match: {${matchers}}, until: 2026-12-01}` });
    expect(wide.rules.silences).toEqual([]);
    expect(wide.problems).toMatchObject([{ what: `there are more than ${mostMatchers} matchers` }]);
    const text = matchers.replaceAll(': ', '=').replaceAll(', ', ',');
    expect(parse({ silences: `- {match: '${text}', until: 2026-12-01}` }).rules.silences).toEqual([]);
  });

  it('a bad lifecycle field leaves the last good version of the trigger in force', () => {
    const previous = parse({});
    const text = base['trigger.on-down'].replace('severity', 'for: five\n  severity');
    const config = parse({ 'trigger.on-down': text }, { previous });
    expect(config.triggers.get('on-down')).toBe(previous.triggers.get('on-down'));
    expect(config.problems).toMatchObject([
      {
        key: 'trigger.on-down',
        line: 3,
        what: expect.stringContaining('the previous version stays in force'),
      },
    ]);
    expect(parse({ 'trigger.on-down': text }).triggers.size).toBe(0);
  });
});

describe('what rules name and nothing has', () => {
  it.each([
    [
      'groups',
      '- match: {trigger: on-down}\n  send: [donw]',
      'error groups 2:10 the template "donw" is not defined, so the group cannot be told',
    ],
    ['groups', '- match: {trigger: on-donw}', 'warning groups 1:20 the trigger "on-donw" is not defined'],
    [
      'groups',
      '- match: {trigger: [on-down, on-donw]}',
      'warning groups 1:30 the trigger "on-donw" is not defined',
    ],
    ['groups', '- match: {service: slak}', 'warning groups 1:20 the service "slak" is not configured'],
    [
      'groups',
      '- matchers: [severity="critcal"]',
      'warning groups 1:14 the severity "critcal" is that of no condition',
    ],
    [
      'groups',
      '- match: {sevirity: x}',
      'warning groups 1:11 no condition has the label "sevirity", so only Applications could',
    ],
    [
      'groups',
      '- match: {trigger: on-down}\n  groupBy: [trigger, projct]',
      'warning groups 2:22 no condition has the label "projct", so only Applications could',
    ],
    [
      'groups',
      '- match: {trigger: on-down}\n  group_by: [alertname]',
      'warning groups 2:14 no condition has the label "alertname", so only Applications could',
    ],
    [
      'groups',
      '- match: {trigger: on-down}\n  groupBy: [teams]',
      'warning groups 2:13 no condition has the label "teams", so only Applications could',
    ],
    [
      'inhibit',
      '- source: {name: a}\n  target: {name: b}\n  equal: [recipient]',
      'warning inhibit 3:11 a source of inhibition has no recipient, since it inhibits whoever is told of it',
    ],
    [
      'inhibit',
      '- source: {service: slack}\n  target: {name: b}',
      'warning inhibit 1:12 a source of inhibition has no service, since it inhibits whoever is told of it',
    ],
    [
      'silences',
      '- match: {name: a}\n  until: 2026-12-01\n- match: severty=critical\n  until: 2026-12-01',
      'warning silences 3:10 no condition has the label "severty", so only Applications could',
    ],
  ])('%s: %j', (key, text, problem) => {
    expect(told({ [key]: text })).toEqual([problem]);
  });

  it.each([
    [
      'groups',
      '- match: {team: payments, "app.kubernetes.io/part-of": x, cluster: y}\n  groupBy: [destinationServer, tier, "..."]',
    ],
    [
      'silences',
      '- match: {trigger: "=~on-.*", severity: "!=nothing", service: {"!=": slak}}\n  until: 2026-12-01',
    ],
    ['inhibit', '- source: {name: a}\n  target: {recipient: general}\n  equal: [destinationName]'],
  ])('%s: nothing is said of %j', (key, text) => {
    expect(told({ [key]: text })).toEqual([]);
  });

  it('says once what stands several times, with the fix', () => {
    const { problems } = parse({ groups: '- match: {sevirity: a}\n- match: {sevirity: b}' });
    expect(problems).toMatchObject([{ line: 1, fix: expect.stringContaining('Did you mean "severity"?') }]);
  });

  it.each([
    [
      'resolved: [gone]',
      'error trigger.on-up 3:14 the template "gone" is not defined, so no end can be sent',
    ],
    ['resolved: gone', 'error trigger.on-up 3:13 the template "gone" is not defined, so no end can be sent'],
    [
      'send_resolved: [down, gone]',
      'error trigger.on-up 3:25 the template "gone" is not defined, so no end can be sent',
    ],
  ])('a template of an end: %s', (field, problem) => {
    expect(told({ 'trigger.on-up': `- when: 'true'\n  send: [down]\n  ${field}` })).toEqual([problem]);
  });
});
