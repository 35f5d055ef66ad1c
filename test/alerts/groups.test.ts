import { describe, expect, it } from 'vitest';
import { alertsOf, bad, gone, nothing, play, restart, type Step, type Story, well } from './timeline.ts';

const degraded = "app.status.health.status == 'Degraded'";
const trigger = (more = 'resolved: [m]', when = degraded) => ({
  'trigger.on-degraded': `
- when: ${when}
  send: [m]
  severity: warning
  ${more}`,
});
const group = (rule = '') => ({
  groups: `[{match: {trigger: on-degraded}, groupBy: [trigger, project], groupWait: 30s, groupInterval: 5m${rule}}]`,
});
const config = { ...trigger(), ...group() };
const eachAlone = "[{match: {trigger: on-degraded}, groupBy: ['...'], groupWait: 10s, groupInterval: 10s}]";
const down: Step = (world) => world.stop();
const up: Step = (world) => world.start();
const configure =
  (data: Record<string, string>): Step =>
  (world) =>
    world.configure(data);
const silence: Step = (world) =>
  world.silence('s', { matchers: [['name="a"']], endsAt: world.clock.now() + 3_600_000 });

type Case = [what: string, story: Story, told: string[]];

describe('what waits for its group is known, as `herald alerts` shows it', () => {
  const start = Date.UTC(2026, 0, 1);
  const dueOf = async (story: Story, data: Record<string, string> = config) => {
    const alerts = await alertsOf((await play(data, story)).world);
    return Object.fromEntries(
      alerts.map(({ application, dueAt = 0 }) => [application.name, (dueAt - start) / 1_000]),
    );
  };

  it('until groupWait is over', async () => {
    expect(await dueOf([['10s', bad('a')]])).toEqual({ a: 40 });
  });

  it('that of the first counts for all', async () => {
    expect(
      await dueOf([
        ['0s', bad('a')],
        ['10s', bad('b')],
      ]),
    ).toEqual({ a: 30, b: 30 });
  });

  it('and after the first message groupInterval', async () => {
    expect(
      await dueOf([
        ['0s', bad('a')],
        ['1m', bad('b')],
      ]),
    ).toMatchObject({ b: 330 });
  });

  it('and after `for` groupWait, too', async () => {
    const data = { ...trigger('for: 5m'), ...group() };
    expect(
      await dueOf(
        [
          ['10s', bad('a')],
          ['5m15s', nothing],
        ],
        data,
      ),
    ).toEqual({ a: 340 });
  });

  it('the end of `for` while it is pending', async () => {
    expect(await dueOf([['10s', bad('a')]], { ...trigger('for: 5m'), ...group() })).toEqual({ a: 310 });
  });

  it('and until it is known whether something inhibits it', async () => {
    const inhibit = '[{source: {trigger: on-down}, target: {severity: warning}, equal: [project]}]';
    const down = "\n- when: 'false'\n  send: [m]";
    expect(await dueOf([['10s', bad('a')]], { ...trigger(), 'trigger.on-down': down, inhibit })).toEqual({
      a: 40,
    });
  });
});

describe('a group', () => {
  it.each<Case>([
    [
      'waits, and tells all at once',
      [
        ['0s', bad('a')],
        ['10s', bad('b')],
        ['20s', bad('c')],
        ['1m', nothing],
      ],
      ['30s ops first +a +b +c'],
    ],
    [
      'tells in its interval what is new, with all that fires (check 12)',
      [
        ['0s', bad('a')],
        ['1m', bad('b')],
        ['2m', bad('c')],
        ['10m', nothing],
      ],
      ['30s ops first +a', '5m30s ops new in group +a +b +c'],
    ],
    [
      'tells what has ended, once',
      [
        ['0s', bad('a'), bad('b')],
        ['1m', well('a')],
        ['7m', well('b')],
        ['20m', nothing],
      ],
      ['30s ops first +a +b', '5m30s ops some resolved +b -a', '10m30s ops all resolved -b'],
    ],
    [
      'tells nothing of what came and went within its wait (check 19)',
      [
        ['0s', bad('a')],
        ['10s', well('a')],
        ['10m', nothing],
      ],
      [],
    ],
    [
      'nor of what came and went within its interval',
      [
        ['0s', bad('a')],
        ['1m', bad('b')],
        ['2m', well('b')],
        ['20m', nothing],
      ],
      ['30s ops first +a'],
    ],
    [
      'that is over waits again (check 12)',
      [
        ['0s', bad('a')],
        ['10m', well('a')],
        ['11m', bad('a')],
        ['20m', nothing],
      ],
      ['30s ops first +a', '10m ops all resolved -a', '11m30s ops first +a'],
    ],
    [
      'does not wait where its alert is older than the wait (check 10)',
      [['10m', bad('a', { since: '2026-01-01T00:00:00Z' })]],
      ['10m ops first +a'],
    ],
    [
      'goes on through restarts',
      [
        ['0s', bad('a'), bad('b')],
        ['10s', restart],
        ['1m', restart, well('a')],
        ['4m', restart],
        ['7m', restart],
        ['8m', well('b')],
        ['20m', nothing],
      ],
      ['30s ops first +a +b', '5m30s ops some resolved +b -a', '10m30s ops all resolved -b'],
    ],
    [
      'of which all was over while nobody ran',
      [
        ['0s', bad('a'), bad('b')],
        ['1m', down, well('a'), gone('b')],
        ['30m', up],
        ['40m', restart],
      ],
      ['30s ops first +a +b', '30m ops all resolved -a -b'],
    ],
    [
      'whose only Application was deleted while nobody ran',
      [
        ['0s', bad('a')],
        ['10m', down, gone('a')],
        ['30m', up],
        ['40m', restart],
      ],
      ['30s ops first +a', '30m ops all resolved -a'],
    ],
    [
      'tells nothing of an Application as if it were there, beside what is new',
      [
        ['0s', bad('a'), bad('b')],
        ['10m', down, gone('a'), bad('c')],
        ['30m', up],
        ['40m', nothing],
      ],
      ['30s ops first +a +b', '30m30s ops new in group +b +c -a'],
    ],
    [
      'tells nothing of what is replayed after a downtime and had begun before its Application was deleted',
      [
        ['0s', well('a', { since: '2026-01-01T00:00:00Z' })],
        ['1m', down],
        ['2m', bad('a', { since: '2026-01-01T00:02:00Z' })],
        ['3m', gone('a')],
        ['30m', (world) => world.start({ replay: true })],
        ['1h', nothing],
      ],
      [],
    ],
    [
      'tells of one that is deleted',
      [
        ['0s', bad('a'), bad('b')],
        ['1m', gone('a')],
        ['10m', nothing],
      ],
      ['30s ops first +a +b', '5m30s ops some resolved +b -a'],
    ],
    [
      'tells of one that nobody is subscribed to any more',
      [
        ['0s', bad('a'), bad('b')],
        ['1m', bad('a', { to: {} })],
        ['10m', nothing],
      ],
      ['30s ops first +a +b', '5m30s ops some resolved +b -a'],
    ],
    [
      'for each recipient',
      [
        ['0s', bad('a', { to: { 'on-degraded': 'ops;dev' } })],
        ['10s', bad('b')],
        ['1m', nothing],
      ],
      ['30s dev first +a', '30s ops first +a +b'],
    ],
    [
      'repeats nothing when nothing changes',
      [
        ['0s', bad('a')],
        ['1m', bad('a')],
        ['2m', bad('a')],
        ['1h', restart],
      ],
      ['30s ops first +a'],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(config, story)).lines).toEqual(told);
  });

  it.each<Case>([
    [
      'of its wait and interval',
      [
        ['0s', bad('a')],
        ['1m', configure({ ...trigger(), ...group(', send: [m]') })],
        ['2m', bad('b')],
        ['10m', nothing],
      ],
      ['30s ops first +a', '5m30s ops new in group +a +b'],
    ],
    [
      'of what it is grouped by: what was told stays',
      [
        ['0s', bad('a')],
        [
          '1m',
          configure({
            ...trigger(),
            groups: '[{match: {trigger: on-degraded}, groupBy: [name], groupWait: 10s, groupInterval: 1m}]',
          }),
        ],
        ['2m', bad('b')],
        ['6m', well('a')],
        ['20m', nothing],
      ],
      ['30s ops first +a', '2m10s ops first +b', '6m ops all resolved -a'],
    ],
    [
      'of labels under a rule that groups by all of them: it is told when and how the rule says',
      [
        ['0s', bad('a')],
        ['1m', configure({ ...trigger('resolved: [m]'), groups: eachAlone })],
        ['2m', bad('b')],
        ['3m', configure({ ...trigger('resolved: [m]\n  labels: {team: x}'), groups: eachAlone })],
        ['4m', well('b')],
        ['20m', nothing],
      ],
      ['30s ops first +a', '2m10s ops first +b', '4m ops all resolved -b'],
    ],
    [
      'that takes the rule away',
      [
        ['0s', bad('a')],
        ['1m', configure(trigger())],
        ['2m', bad('b')],
        ['10m', well('a'), well('b')],
        ['20m', nothing],
      ],
      ['30s ops first +a', '2m ops first +b', '10m ops all resolved -a', '10m ops all resolved -b'],
    ],
    [
      'that adds a rule: what was told alone stays so',
      [
        ['0s', configure(trigger()), bad('a')],
        ['1m', configure(config)],
        ['2m', bad('b')],
        ['3m', well('a')],
        ['20m', well('b')],
      ],
      ['0s ops first +a', '2m30s ops first +b', '3m ops all resolved -a', '20m ops all resolved -b'],
    ],
    [
      'of when: it carries over',
      [
        ['0s', bad('a')],
        ['1m', configure({ ...trigger('resolved: [m]', `${degraded} and true`), ...group() })],
        ['2m', restart],
        ['10m', well('a')],
      ],
      ['30s ops first +a', '10m ops all resolved -a'],
    ],
    [
      'that removes the trigger ends it',
      [
        ['0s', bad('a'), bad('b')],
        ['1m', configure({})],
        ['10m', nothing],
      ],
      ['30s ops first +a +b', '5m30s ops all resolved -a -b'],
    ],
  ])('survives an edit %s (check 16)', async (_what, story, told) => {
    expect((await play(config, story)).lines).toEqual(told);
  });

  it.each<Case>([
    [
      'of what is told once',
      [
        ['0s', bad('a'), bad('b')],
        ['1m', well('a')],
        ['10m', well('b')],
        ['20m', bad('a')],
        ['21m', nothing],
      ],
      ['30s ops first +a +b', '20m30s ops first +a'],
    ],
    ['of Applications that are deleted, which is what it is about', [['0s', gone('x')]], []],
  ])('%s', async (_what, story, told) => {
    expect((await play({ ...trigger('description: x'), ...group() }, story)).lines).toEqual(told);
  });

  it.each<Case>([
    [
      'waits from when the first of them fires',
      [
        ['0s', bad('a')],
        ['10s', bad('b')],
        ['6m', nothing],
      ],
      ['5m30s ops first +a +b'],
    ],
    [
      'has waited where they had fired long before anybody saw them',
      [['1h', bad('a', { since: '2026-01-01T00:50:00Z' })]],
      ['1h ops first +a'],
    ],
    [
      'has waited in part where somebody saw them late',
      [
        ['0s', well('a')],
        ['1m', down, bad('a', { since: '2026-01-01T00:01:00Z' })],
        ['6m10s', up],
        ['7m', nothing],
      ],
      ['6m30s ops first +a'],
    ],
  ])('of what has to last %s', async (_what, story, told) => {
    expect((await play({ ...trigger('for: 5m'), ...group() }, story)).lines).toEqual(told);
  });

  it('of deletions tells them, though the Applications are gone', async () => {
    const data = { ...trigger('description: x', 'app.metadata.deletionTimestamp != nil'), ...group() };
    const story: Story = [
      ['0s', well('a'), well('b')],
      ['1m', gone('a')],
      ['1m10s', gone('b')],
      ['1m20s', restart],
      ['2m', restart],
      ['9m', restart],
    ];
    const { lines, world } = await play(data, story);
    expect(lines).toEqual(['1m30s ops first +a +b']);
    expect(await alertsOf(world)).toEqual([]);
  });

  it.each<Case>([
    [
      'tells of the rest, and of it when the silence ends',
      [
        ['0s', silence, bad('a'), bad('b')],
        ['2h', nothing],
      ],
      ['30s ops first +b', '1h ops silence ended +a +b'],
    ],
    [
      'owes the end of what is silenced',
      [
        ['0s', bad('a'), bad('b')],
        ['1m', silence],
        ['2m', well('a')],
        ['10m', well('b')],
        ['20m', nothing],
        ['2h', nothing],
      ],
      ['30s ops first +a +b', '10m ops all resolved -b', '1h1m ops all resolved -a'],
    ],
    [
      'of which all is silenced and deleted',
      [
        ['0s', bad('a')],
        ['1m', silence],
        ['2m', gone('a')],
        ['10m', restart],
        ['2h', nothing],
      ],
      ['30s ops first +a', '1h1m ops all resolved -a'],
    ],
  ])('of which one is silenced %s', async (_what, story, told) => {
    expect((await play(config, story)).lines).toEqual(told);
  });

  it('that has ended but for what is silenced is over for who was told, and begins anew', async () => {
    const { lines, world } = await play(config, [
      ['0s', bad('a')],
      [
        '1m',
        (w) => w.silence('s', { matchers: [['name="b"']], endsAt: w.clock.now() + 1_200_000 }),
        bad('b'),
      ],
      ['10m', well('a')],
      ['30m', nothing],
    ]);
    expect(lines).toEqual(['30s ops first +a', '10m30s ops some resolved -a', '21m ops silence ended +b']);
    expect(world.told.map(({ delivery }) => delivery.ongoing?.state)).toEqual([
      'firing',
      'resolved',
      'firing',
    ]);
    expect(world.told[2]?.delivery.ongoing?.root).toBe(world.told[2]?.delivery.id);
  });

  it('with every label is each alert for itself (check 14)', async () => {
    const data = {
      ...trigger(),
      groups: "[{match: {trigger: on-degraded}, groupBy: ['...'], groupWait: 10s}]",
    };
    expect(
      (
        await play(data, [
          ['0s', bad('a'), bad('b')],
          ['1m', nothing],
        ])
      ).lines,
    ).toEqual(['10s ops first +a', '10s ops first +b']);
  });

  it('repeats, and severities that rise ping at once', async () => {
    const data = (severity: string) => ({
      ...trigger(`resolved: [m]\n  repeat: 1h`),
      ...group(),
      'trigger.on-degraded': trigger(`resolved: [m]\n  repeat: 1h`)['trigger.on-degraded'].replace(
        'warning',
        severity,
      ),
    });
    const story: Story = [
      ['0s', bad('a'), bad('b')],
      ['1m', configure(data('critical'))],
      ['1h30m', well('a'), well('b')],
      ['2h', nothing],
    ];
    expect((await play(data('warning'), story)).lines).toEqual([
      '30s ops first +a +b',
      '1m ops severity raised +a +b',
      '1h1m ops repeated +a +b',
      '1h30m ops all resolved -a -b',
    ]);
  });

  it('is one thread, one lane and one root, with summaries of its Applications', async () => {
    const { world } = await play(
      { ...trigger(), ...group(', send: [digest]'), 'template.digest': 'message: d' },
      [
        ['0s', bad('a'), bad('b')],
        ['1m', well('a')],
        ['10m', well('b')],
        ['20m', nothing],
      ],
    );
    const deliveries = world.told.map(({ delivery }) => delivery);
    expect(new Set(deliveries.map(({ lane, notice }) => `${lane} ${notice}`)).size).toBe(1);
    expect(new Set(deliveries.map(({ ongoing }) => ongoing?.root))).toEqual(new Set([deliveries[0]?.id]));
    expect(deliveries[0]?.ongoing).toMatchObject({
      groupLabels: { trigger: 'on-degraded', project: 'default' },
      firing: 2,
      resolved: 0,
      state: 'firing',
    });
    expect(deliveries.map(({ templates }) => templates)).toEqual([['digest'], ['digest'], ['digest']]);
    expect(deliveries[0]?.snapshots).toHaveLength(2);
    expect(await alertsOf(world)).toEqual([]);
  });

  it('of 300 within a minute is one message, which names 100', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `app-${index}`);
    const { world } = await play(config, [
      ...names.map((name, index): Story[number] => [`${Math.floor(index / 15)}s`, bad(name)]),
      ['10m', ...names.map((name) => well(name))],
      ['20m', nothing],
    ]);
    expect(
      world.told.map(({ delivery: { reason, ongoing, alerts } }) => [
        reason,
        ongoing?.firing,
        ongoing?.resolved,
        alerts.length,
      ]),
    ).toEqual([
      ['first', 300, 0, 100],
      ['all resolved', 0, 300, 100],
    ]);
    expect(await alertsOf(world)).toEqual([]);
  });
});

describe('maxPerMinute', () => {
  const limited = {
    ...trigger(),
    groups:
      '[{match: {trigger: on-degraded}, groupBy: [name], groupWait: 0s, groupInterval: 5m, maxPerMinute: 2}]',
  };
  it.each<Case>([
    [
      'tells the rest together when there is room',
      [
        ['0s', bad('a'), bad('b'), bad('c'), bad('d')],
        ['10s', bad('e')],
        ['3m', nothing],
      ],
      ['0s ops first +a', '0s ops first +b', '1m ops first +c +d +e'],
    ],
    [
      'loses none, and no end',
      [
        ['0s', bad('a'), bad('b'), bad('c')],
        ['2m', restart],
        ['3m', well('c')],
        ['20m', well('a'), well('b')],
        ['30m', nothing],
      ],
      [
        '0s ops first +a',
        '0s ops first +b',
        '1m ops first +c',
        '6m ops all resolved -c',
        '20m ops all resolved -a',
        '20m ops all resolved -b',
      ],
    ],
    [
      'holds up what follows of others',
      [
        ['0s', bad('a')],
        ['10m', well('a'), bad('b'), bad('c')],
        ['10m1s', well('b')],
        ['30m', nothing],
      ],
      [
        '0s ops first +a',
        '10m ops all resolved -a',
        '10m ops first +b',
        '11m ops first +c',
        '15m ops all resolved -b',
      ],
    ],
    [
      'forgets what is over before there is room',
      [
        ['0s', bad('a'), bad('b'), bad('c')],
        ['30s', well('c')],
        ['3m', nothing],
      ],
      ['0s ops first +a', '0s ops first +b'],
    ],
    [
      'tells again after a restart what was to wait',
      [
        ['0s', bad('a'), bad('b'), bad('c')],
        ['10s', restart],
        ['3m', nothing],
      ],
      ['0s ops first +a', '0s ops first +b', '10s ops first +c'],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(limited, story)).lines).toEqual(told);
  });
});

describe('a group after a restart', () => {
  const deployed = { labels: { team: 'shop' }, metadata: { creationTimestamp: '2025-12-01T00:00:00Z' } };
  const withSend = { ...trigger(), ...group(', send: [m]') };

  const end = {
    reason: 'all resolved',
    templates: ['m'],
    alerts: [{ lifecycle: { why: 'application deleted' } }],
    snapshots: [{ metadata: deployed.metadata, status: { health: { status: 'Degraded' } } }],
  };

  it.each<[string, Story]>([
    ['while nobody ran', [['10m', down, gone('a')]]],
    ['before, of which the group had still to tell', [['1m', gone('a'), down]]],
  ])('tells of an Application deleted %s what it was like, with its templates', async (_when, meanwhile) => {
    const { world } = await play(withSend, [['0s', bad('a', deployed)], ...meanwhile, ['30m', up]]);
    expect(world.told.at(-1)?.delivery).toMatchObject(end);
  });
});
