import { describe, expect, it } from 'vitest';
import { checkConfig } from './check.ts';

const now = Date.parse('2026-11-28T00:00:00Z');
const base = {
  'service.slack': 'token: x',
  'service.webhook.hook': 'url: https://example.com',
  'template.down': 'message: down\nslack:\n  attachments: "[]"\nwebhook:\n  hook: {method: POST, body: down}',
  'template.up': 'message: up',
  'trigger.on-down': "- when: 'true'\n  send: [down]\n  severity: critical\n  labels: {team: payments}",
  'trigger.on-sync': "- when: 'true'\n  send: [down]\n  severity: warning",
};

/** `line: what` of each problem of a key. */
function said(key: string, text: string): string[] {
  const data = { ...base, [key]: text };
  const file = JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'argocd-notifications-cm' }, data });
  const { problems } = checkConfig({ files: [{ name: 'cm.yaml', text: file }], now });
  expect(problems.filter((problem) => problem.key !== key)).toEqual([]);
  return problems.map(({ severity, what }) => `${severity}: ${what}`);
}
const trigger = (...lines: string[]) =>
  said(
    'trigger.on-new',
    [
      "- when: app.status.sync.status == 'OutOfSync'",
      '  send: [up]',
      ...lines.map((line) => `  ${line}`),
    ].join('\n'),
  );

describe('rules that can hardly be meant', () => {
  it.each([
    [
      'silences',
      '- match: {name: a}\n  until: 2026-11-27T12:00:00Z',
      ['warning: the silence is over since 2026-11-27T12:00:00.000Z'],
    ],
    ['silences', '- match: {name: a}\n  until: 2026-11-29', []],
    [
      'silences',
      '- match: {trigger: "=~down"}\n  until: 2026-11-29',
      ['warning: trigger=~"down" matches no trigger that there is'],
    ],
    ['silences', '- match: {trigger: "=~.*down"}\n  until: 2026-11-29', []],
    [
      'silences',
      '- match: {service: "=~pager.*"}\n  until: 2026-11-29',
      ['warning: service=~"pager.*" matches no service that there is'],
    ],
    [
      'muteTimes',
      "- match: {name: a}\n  times: [{daysOfMonth: ['31'], months: [february]}]",
      ['warning: the times will never come: no such day is left'],
    ],
    [
      'muteTimes',
      "- match: {name: a}\n  times: [{weekdays: [saturday]}, {years: ['2024:2025']}]",
      ['warning: number 2 of the times will never come: no such day is left'],
    ],
    [
      'muteTimes',
      "- match: {name: a}\n  times: [{daysOfMonth: ['29'], months: [february], weekdays: [monday]}]",
      [],
    ],
    ['muteTimes', "- match: {name: a}\n  times: [{years: ['2090'], months: [january]}]", []],
    [
      'muteTimes',
      "- match: {name: a}\n  times: [{weekdays: ['monday:sunday']}]",
      ['warning: the times hold for all of the coming year, so that nobody is ever told'],
    ],
    ['muteTimes', "- match: {name: a}\n  times: [{times: [{start: '22:00', end: '07:00'}]}]", []],
    [
      'inhibit',
      '- source: {severity: critical}\n  target: {severity: critical}',
      ['warning: whatever matches target matches source as well, so that nothing is inhibited'],
    ],
    [
      'inhibit',
      '- source: {severity: [critical, warning]}\n  target: {severity: warning, project: a}',
      ['warning: whatever matches target matches source as well, so that nothing is inhibited'],
    ],
    ['inhibit', '- source: {severity: critical}\n  target: {severity: warning}', []],
    [
      'groups',
      '- match: {severity: "=~warn.*|critical"}\n- match: {severity: warning, project: a}',
      ['warning: rule 1 takes all that rule 2 matches: the first one that matches counts'],
    ],
    ['groups', '- match: {severity: warning, project: a}\n- match: {severity: warning}', []],
    ['groups', '- match: {destination: {"!=": a}, project: x}\n- match: {destination: b, project: x}', []],
    [
      'groups',
      '- match: {project: {"!=": a}, name: x}\n- match: {project: b, name: x}',
      ['warning: rule 1 takes all that rule 2 matches: the first one that matches counts'],
    ],
  ])('%s: %j', (key, text, problems) => {
    expect(said(key, text)).toEqual(problems);
  });

  it('names the rule by its place, also behind one that is disabled', () => {
    const text = '- match: {}\n- match: {name: a}\n- match: {name: a}';
    expect(said('groups', text)).toContain(
      'warning: rule 2 takes all that rule 3 matches: the first one that matches counts',
    );
  });
});

describe('fields of conditions that can hardly be meant', () => {
  it.each([
    [['repeat: 30s'], ['warning: it is repeated more often than every minute']],
    [['repeat: 1m'], []],
    [
      ['for: 5m', 'oncePer: app.status.sync.revision'],
      [
        'warning: app.status.sync.revision may change while the condition holds, and each change begins the wait (for) anew',
      ],
    ],
    [
      ['for: 5m', 'oncePer: time.Now().Hour()'],
      ['warning: the time may change while the condition holds, and each change begins the wait (for) anew'],
    ],
    [['for: 5m', 'oncePer: app.metadata.uid'], []],
    [['for: 0s', 'oncePer: app.status.sync.revision'], []],
    [['oncePer: app.status.sync.revision'], []],
  ])('%j', (lines, problems) => {
    expect(trigger(...lines)).toEqual(problems);
  });

  it('a oncePer that changes with what the condition compares is none of them', () => {
    const text = (oncePer: string) =>
      `- when: app.status.operationState.phase == 'Failed'\n  send: [up]\n  for: 5m\n  oncePer: ${oncePer}`;
    expect(said('trigger.on-new', text('app.status.operationState.startedAt'))).toEqual([]);
    expect(said('trigger.on-new', text('app.status.health.status'))).toHaveLength(1);
  });
});

describe('ends', () => {
  const ends = (resolved: string) =>
    said('trigger.on-new', `- when: 'true'\n  send: [down]\n  resolved: ${resolved}`);

  it('without a section that the beginning has, for a service that there is', () => {
    expect(ends('[up]')).toEqual([
      'warning: the end has no section slack, and the beginning has one',
      'warning: the end has no section webhook.hook, and the beginning has one',
    ]);
  });

  it('by default, of a webhook', () => {
    expect(ends('true')).toEqual(['warning: the end has no section webhook.hook, and the beginning has one']);
  });

  it.each(['[down]', '[up, down]', 'false'])('nothing is said of %s', (resolved) => {
    expect(ends(resolved).filter((what) => !what.includes('both fill'))).toEqual([]);
  });

  it('of which one template hides another', () => {
    expect(ends('[down, up]')).toEqual([
      'warning: down and up of one resolved both fill message, and only that of up is sent',
    ]);
  });
});
