import { describe, expect, it } from 'vitest';
import { printMatcher } from './matcher.ts';
import { compileGroups, compileInhibit, compileMuteTimes, compileSilences } from './schema.ts';
import { isWithin } from './times.ts';

const whatOf = (problems: readonly { severity: string; line?: number; what: string }[]) =>
  problems.map(({ severity, line, what }) => `${severity} ${line}: ${what}`);

describe('silences', () => {
  it('are read as people write them', () => {
    const { rules, problems } = compileSilences(
      'silences',
      [
        '- match: {project: sandbox, severity: [warning, none], trigger: "=~on-sync.*", name: {"!=": api}}',
        '  until: 2026-12-01T00:00:00Z',
        '  comment: migration of the sandbox cluster',
        '- matchers: [severity=~"warn.*", \'project!="x"\']',
        '  from: 2026-11-01',
        '  until: "2026-12-01T09:00:00+09:00"',
      ].join('\n'),
    );
    expect(problems).toEqual([]);
    expect(rules.map(({ matchers, ...rest }) => ({ matchers: matchers.map(printMatcher), ...rest }))).toEqual(
      [
        {
          matchers: ['project="sandbox"', 'severity=~"warning|none"', 'trigger=~"on-sync.*"', 'name!="api"'],
          entry: 1,
          until: Date.parse('2026-12-01T00:00:00Z'),
          comment: 'migration of the sandbox cluster',
        },
        {
          matchers: ['severity=~"warn.*"', 'project!="x"'],
          entry: 2,
          from: Date.parse('2026-11-01T00:00:00Z'),
          until: Date.parse('2026-12-01T00:00:00Z'),
          comment: '',
        },
      ],
    );
  });

  it.each([
    ['- until: 2026-12-01T00:00:00Z', 'error 1: there are no matchers'],
    [
      '- match: {severity: "=~.*"}\n  until: 2026-12-01T00:00:00Z',
      'error 1: the matchers hold for everything',
    ],
    ['- match: {a: b}', 'error 1: until is missing'],
    ['- match: {a: b}\n  until: tomorrow', 'error 2: until is no time'],
    ['- match: {a: b}\n  until: 2026-02-30T99:00:00Z', 'error 2: until is no time'],
    [
      '- match: {a: b}\n  from: 2026-12-02\n  until: 2026-12-01',
      'error 3: the silence ends before it begins',
    ],
    [
      '- match: {a: "=~("}\n  until: 2026-12-01',
      expect.stringContaining('error 1: a: bad regular expression'),
    ],
    ['- match: severity=\n    "a\n  until: 2026-12-01', expect.stringMatching(/^error/)],
  ])('%j disables only itself', (text, problem) => {
    const { rules, problems } = compileSilences(
      'silences',
      `${text}\n- match: {a: b}\n  until: 2026-12-01\n`,
    );
    expect(whatOf(problems)).toContainEqual(problem);
    expect(rules.length).toBe(problems.some(({ what }) => what.includes('YAML')) ? 0 : 1);
  });

  it('warn of fields that nobody reads', () => {
    const { rules, problems } = compileSilences(
      'silences',
      '- match: {a: b}\n  until: 2026-12-01\n  untill: x\n',
    );
    expect(whatOf(problems)).toEqual(['warning 3: unknown field "untill", which is ignored']);
    expect(rules).toHaveLength(1);
  });
});

describe('muteTimes', () => {
  const compile = (text: string) => compileMuteTimes('muteTimes', text);

  it('have the spelling of Alertmanager, too', () => {
    const ours = compile(
      [
        '- match: {severity: warning}',
        '  timeZone: Asia/Seoul',
        "  times: [{weekdays: ['saturday', 'sunday'], daysOfMonth: '1:7'}, {times: [{start: '22:00', end: '07:00'}]}]",
      ].join('\n'),
    );
    const theirs = compile(
      [
        "- matchers: ['severity=warning']",
        '  time_intervals:',
        "  - {weekdays: ['saturday:sunday'], days_of_month: ['1:7'], location: Asia/Seoul}",
        "  - {times: [{start_time: 22:00, end_time: '07:00'}], location: Asia/Seoul}",
      ].join('\n'),
    );
    expect([...ours.problems, ...theirs.problems]).toEqual([]);
    for (let hour = 0; hour < 24 * 40; hour += 1) {
      const now = Date.parse('2026-11-01T00:30:00Z') + hour * 3_600_000;
      const [one, other] = [ours, theirs].map(({ rules }) => isWithin(rules[0]?.intervals ?? [], now));
      expect(one).toBe(other);
    }
  });

  it('a range of weekdays may go around the end of the week', () => {
    const { rules } = compile("- match: {a: b}\n  times: [{weekdays: ['friday:monday']}]");
    const held = [26, 27, 28, 29, 30].map((day) =>
      isWithin(rules[0]?.intervals ?? [], Date.UTC(2026, 10, day)),
    );
    expect(held).toEqual([false, true, true, true, true]);
  });

  it.each([
    ['times: [{weekdays: [funday]}]', 'error 2: "funday" is no member of weekdays'],
    ["times: [{times: [{start: '25:00', end: '26:00'}]}]", 'error 2: start is no time of day'],
    ["times: [{times: [{start: '09:00', end: '09:00'}]}]", 'error 2: the range ends when it begins'],
    ["times: [{times: [{start: '24:00', end: '09:00'}]}]", 'error 2: start is no time of day'],
    ['times: [{daysOfMonth: [0]}]', 'error 2: "0" is no member of daysOfMonth'],
    ["times: [{daysOfMonth: ['-1:5']}]", 'error 2: "-1:5" is no member of daysOfMonth'],
    ["times: [{years: ['2028:2026']}]", 'error 2: "2028:2026" is no member of years'],
    ['times: [{months: [13]}]', 'error 2: "13" is no member of months'],
    ['times: [{}]', 'error 2: the interval is empty'],
    ['times: []', 'error 2: there are no times'],
    ['{}', 'error 1: there are no times'],
    ['timeZone: Mars/Olympus\n  times: [{years: [2026]}]', 'error 2: there is no time zone "Mars/Olympus"'],
  ])('%s is told', (text, problem) => {
    const body = text === '{}' ? '' : `\n  ${text}`;
    const { rules, problems } = compile(`- match: {a: b}${body}`);
    expect(rules).toEqual([]);
    expect(whatOf(problems)).toContain(problem);
  });
});

describe('inhibit and groups', () => {
  it('an inhibition has both sides', () => {
    const text =
      '- source: {trigger: a}\n  target: {severity: warning}\n  equal: [destination]\n- source: {trigger: a}';
    const { rules, problems } = compileInhibit('inhibit', text);
    expect(rules).toMatchObject([{ equal: ['destination'] }]);
    expect(whatOf(problems)).toEqual(['error 4: there are no matchers']);
  });

  it('groups have the defaults of Alertmanager', () => {
    const { rules, problems } = compileGroups(
      'groups',
      "- match: {trigger: a}\n- match: {trigger: b}\n  groupBy: ['...']\n  group_wait: 1m30s\n  groupInterval: 1d\n  send: [digest]\n  maxPerMinute: 5\n- match: {trigger: c}\n  groupWait: 90\n  maxPerMinute: 0",
    );
    expect(rules.map((rule) => ({ ...rule, matchers: undefined }))).toEqual([
      { entry: 1, matchers: undefined, groupBy: [], groupWait: 30_000, groupInterval: 300_000, send: [] },
      {
        entry: 2,
        matchers: undefined,
        groupBy: 'all',
        groupWait: 90_000,
        groupInterval: 86_400_000,
        send: ['digest'],
        maxPerMinute: 5,
      },
    ]);
    expect(whatOf(problems)).toEqual([
      'error 9: groupWait: "90" is no duration',
      'error 10: maxPerMinute is no whole number above 0',
    ]);
  });
});
