import { describe, expect, it } from 'vitest';
import type { OngoingNotice } from '../../src/ledger/rows.ts';
import { series } from '../../src/testing/fixtures.ts';
import {
  alertsOf,
  bad,
  gone,
  health,
  nothing,
  play,
  restart,
  type Step,
  type Story,
  type World,
  well,
} from './timeline.ts';

const fields = { resolved: 'resolved: [m]' };
const trigger = (more = fields.resolved, severity = 'warning') => ({
  'trigger.on-degraded': `
- when: app.status.health.status == 'Degraded'
  send: [m]
  severity: ${severity}
  ${more}`,
});
const plain = trigger('description: x');

const matchers = [['trigger="on-degraded"']];
const silence =
  (hours: number, more: Partial<Parameters<World['silence']>[1]> = {}): Step =>
  (world) =>
    world.silence('s', { matchers, endsAt: world.clock.now() + hours * 3_600_000, ...more });
const expire: Step = (world) => world.expire('s');
const down: Step = (world) => world.stop();
const up: Step = (world) => world.start();

type Case = [what: string, story: Story, told: string[]];

describe('a silence of the ledger', () => {
  it.each<Case>([
    [
      'tells when it ends what still fires (check 13)',
      [
        ['0s', silence(1), bad('a')],
        ['2h', nothing],
      ],
      ['1h ops silence ended +a'],
    ],
    [
      'that is expired tells at once',
      [
        ['0s', silence(1), bad('a')],
        ['30m', expire],
      ],
      ['30m ops silence ended +a'],
    ],
    [
      'tells nothing of what came and went',
      [
        ['0s', silence(1), bad('a')],
        ['30m', well('a')],
        ['2h', nothing],
      ],
      [],
    ],
    [
      'holds back the end, which is told when it ends (am#226)',
      [
        ['0s', bad('a')],
        ['10m', silence(1)],
        ['20m', well('a')],
        ['2h', nothing],
      ],
      ['0s ops first +a', '1h10m ops all resolved -a'],
    ],
    [
      'that is over says nothing of what was told',
      [
        ['0s', bad('a')],
        ['10m', silence(1)],
        ['2h', well('a')],
      ],
      ['0s ops first +a', '2h ops all resolved -a'],
    ],
    [
      'holds back the end of an Application that is deleted',
      [
        ['0s', bad('a')],
        ['10m', silence(1)],
        ['20m', gone('a')],
        ['2h', nothing],
      ],
      ['0s ops first +a', '1h10m ops all resolved -a'],
    ],
    [
      'and through a restart',
      [
        ['0s', bad('a')],
        ['10m', silence(1)],
        ['20m', gone('a')],
        ['30m', restart],
        ['40m', restart],
        ['2h', restart],
        ['3h', restart],
      ],
      ['0s ops first +a', '1h10m ops all resolved -a'],
    ],
    [
      'goes on through restarts',
      [
        ['0s', silence(1), bad('a')],
        ['10m', restart],
        ['50m', restart],
        ['2h', nothing],
      ],
      ['1h ops silence ended +a'],
    ],
    [
      'that ended while nobody ran',
      [
        ['0s', silence(1), bad('a')],
        ['10m', down],
        ['2h', up],
        ['3h', restart],
      ],
      ['2h ops silence ended +a'],
    ],
    [
      'holds back repetitions and severities',
      [
        ['0s', bad('a')],
        ['10m', silence(1), (world) => world.configure(trigger(fields.resolved, 'critical'))],
        ['2h', nothing],
      ],
      ['0s ops first +a', '1h10m ops severity raised +a'],
    ],
    [
      'that begins later holds back from then on',
      [
        [
          '0s',
          (world) =>
            world.silence('s', {
              matchers,
              startsAt: world.clock.now() + 600_000,
              endsAt: world.clock.now() + 3_600_000,
            }),
        ],
        ['5m', bad('a')],
        ['8m', well('a')],
        ['20m', bad('a')],
        ['2h', nothing],
      ],
      ['5m ops first +a', '8m ops all resolved -a', '1h ops silence ended +a'],
    ],
    [
      'of others holds back nothing',
      [
        ['0s', silence(1, { matchers: [['name="b"'], ['severity="critical"']] }), bad('a'), bad('b')],
        ['2h', nothing],
      ],
      ['0s ops first +a', '1h ops silence ended +b'],
    ],
    [
      'that cannot be read holds back nothing',
      [['0s', silence(1, { matchers: [['=~=']] }), bad('a')]],
      ['0s ops first +a'],
    ],
    [
      'that is made longer holds on',
      [
        ['0s', silence(1), bad('a')],
        ['30m', silence(2)],
        ['3h', nothing],
      ],
      ['2h30m ops silence ended +a'],
    ],
    [
      'of one recipient leaves the others',
      [
        [
          '0s',
          silence(1, { matchers: [['recipient="dev"']] }),
          bad('a', { to: { 'on-degraded': 'ops;dev' } }),
        ],
        ['2h', nothing],
      ],
      ['0s ops first +a', '1h dev silence ended +a'],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(trigger(), story)).lines).toEqual(told);
  });

  it.each<Case>([
    [
      'holds back',
      [
        ['0s', silence(1), bad('a')],
        ['2h', well('a')],
        ['3h', bad('a')],
      ],
      ['1h ops silence ended +a', '3h ops matched =a'],
    ],
    [
      'takes over what is told, and does not tell it again',
      [
        ['0s', bad('a')],
        ['10m', silence(1)],
        ['20m', bad('a')],
        ['30m', restart],
        ['2h', bad('a')],
        ['3h', well('a')],
        ['4h', bad('a')],
      ],
      ['0s ops matched =a', '4h ops matched =a'],
    ],
    [
      'forgets what was over meanwhile',
      [
        ['0s', bad('a')],
        ['10m', silence(1)],
        ['20m', well('a')],
        ['2h', bad('a')],
      ],
      ['0s ops matched =a', '2h ops matched =a'],
    ],
  ])('of matches that are told once %s', async (_what, story, told) => {
    expect((await play(plain, story)).lines).toEqual(told);
  });

  it.each([
    ['one of its own', trigger()],
    ['one of a group', { ...trigger(), groups: '[{match: {trigger: on-degraded}, groupBy: [trigger]}]' }],
  ])(
    'that begins later is seen in the state of %s when it begins, and when it ends',
    async (_what, config) => {
      const later: Step = (world) =>
        world.silence('s', {
          matchers: [['name="a"']],
          startsAt: world.clock.now() + 600_000,
          endsAt: world.clock.now() + 1_200_000,
        });
      const states: string[] = [];
      const note: Step = async ({ pipeline }) => {
        const lines = await series(pipeline.metrics, 'herald_alerts');
        states.push(...lines.flatMap((line) => /state="(\w+)"/.exec(line)?.[1] ?? []));
      };
      await play(config, [
        ['0s', bad('a'), later],
        ['9m', note],
        ['11m', note],
        ['21m', note],
      ]);
      expect(states).toEqual(['firing', 'silenced', 'firing']);
    },
  );

  it('says in the message what held it back', async () => {
    const { world } = await play(trigger(), [
      ['0s', silence(1), bad('a')],
      ['2h', nothing],
    ]);
    expect(world.told[0]?.delivery.alerts[0].lifecycle).toMatchObject({ silencedBy: ['s'] });
  });
});

describe('a silence of the ConfigMap', () => {
  const until = (time: string) => ({
    ...trigger(),
    silences: `[{match: {severity: warning}, until: '2026-01-01T${time}Z', comment: c}]`,
  });
  it.each<Case>([
    [
      'holds back until its time',
      [
        ['0s', bad('a')],
        ['2h', nothing],
      ],
      ['1h ops silence ended +a'],
    ],
    [
      'that is taken away tells at once',
      [
        ['0s', bad('a')],
        ['10m', (world) => world.configure(trigger())],
      ],
      ['10m ops silence ended +a'],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(until('01:00:00'), story)).lines).toEqual(told);
  });

  it('that is over is no error (check 46)', async () => {
    const { lines } = await play(until('00:00:01'), [['1m', bad('a')]]);
    expect(lines).toEqual(['1m ops first +a']);
  });
});

describe('a silence by annotation', () => {
  const annotations = {
    'herald.argoproj.io/silence-until': '2026-01-01T01:00:00Z',
    'herald.argoproj.io/silence-reason': 'maintenance',
  };
  it.each<Case>([
    [
      'on the Application',
      [
        ['0s', bad('a', { annotations }), bad('b')],
        ['2h', nothing],
      ],
      ['0s ops first +b', '1h ops silence ended +a'],
    ],
    [
      'on the AppProject',
      [
        ['0s', (world) => world.project(annotations)],
        ['1s', bad('a')],
        ['30m', restart],
        ['2h', nothing],
      ],
      ['1h ops silence ended +a'],
    ],
    [
      'that is taken away',
      [
        ['0s', bad('a', { annotations })],
        ['10m', bad('a')],
      ],
      ['10m ops silence ended +a'],
    ],
    [
      'that is no time',
      [['0s', bad('a', { annotations: { 'herald.argoproj.io/silence-until': 'tomorrow' } })]],
      ['0s ops first +a'],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(trigger(), story)).lines).toEqual(told);
  });
});

describe('a mute time', () => {
  // 2026-01-01 is a Thursday, in Seoul nine hours ahead.
  const muted = (more = trigger()) => ({
    ...more,
    muteTimes: `[{match: {severity: warning}, timeZone: Asia/Seoul, times: [{times: [{start: '10:00', end: '12:00'}]}]}]`,
  });
  it.each<Case>([
    [
      'tells when it ends what still fires (check 39)',
      [
        ['2h', bad('a')],
        ['4h', nothing],
      ],
      ['3h ops mute ended +a'],
    ],
    [
      'tells then the end of what was told before (check 39)',
      [
        ['30m', bad('a')],
        ['2h', well('a')],
        ['4h', nothing],
      ],
      ['30m ops first +a', '3h ops all resolved -a'],
    ],
    [
      'comes again every day',
      [
        ['30m', bad('a')],
        ['40m', well('a')],
        ['1d2h', bad('a')],
        ['1d2h30m', restart],
        ['1d4h', nothing],
      ],
      ['30m ops first +a', '40m ops all resolved -a', '1d3h ops mute ended +a'],
    ],
    [
      'does not matter outside',
      [
        ['30m', bad('a')],
        ['40m', well('a')],
      ],
      ['30m ops first +a', '40m ops all resolved -a'],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(muted(), story)).lines).toEqual(told);
  });

  it('of matches that are told once', async () => {
    const story: Story = [
      ['2h', bad('a')],
      ['4h', well('a')],
      ['5h', bad('a')],
    ];
    expect((await play(muted(plain), story)).lines).toEqual(['3h ops mute ended +a', '5h ops first +a']);
  });
});

describe('what was held back and is only kept firing when that ends', () => {
  const kept = trigger('keepFiring: 10m\n  resolved: [m]');
  const grouped = {
    ...kept,
    groups: '[{match: {trigger: on-degraded}, groupBy: [trigger], groupWait: 0s, groupInterval: 1s}]',
  };
  it.each<[what: string, config: Record<string, string>]>([
    ['of an alert of its own', kept],
    ['of a group', grouped],
  ])('is not told, and so has no end: %s', async (_what, config) => {
    const { lines } = await play(config, [
      ['0s', silence(1), bad('a')],
      ['55m', well('a')],
      ['1h1m', restart],
      ['2h', nothing],
    ]);
    expect(lines).toEqual([]);
  });

  it.each<[what: string, config: Record<string, string>]>([
    ['of an alert of its own', kept],
    ['of a group', grouped],
  ])('is told if it matches again, and its end: %s', async (_what, config) => {
    const { lines } = await play(config, [
      ['0s', silence(1), bad('a')],
      ['55m', well('a')],
      ['1h1m', restart],
      ['1h2m', bad('a')],
      ['2h', well('a')],
      ['3h', nothing],
    ]);
    expect(lines).toEqual(['1h2m ops silence ended +a', '2h10m ops all resolved -a']);
  });

  it('goes on to be said of what was told before', async () => {
    const { lines } = await play(kept, [
      ['0s', bad('a')],
      ['10m', silence(1)],
      ['1h5m', well('a')],
      ['2h', nothing],
    ]);
    expect(lines).toEqual(['0s ops first +a', '1h15m ops all resolved -a']);
  });
});

describe('inhibition', () => {
  const config = (equal = '[project]') => ({
    ...trigger(),
    'trigger.on-down': `
- when: app.status.health.status == 'Missing'
  send: [m]
  severity: critical
  keepFiring: 1m`,
    inhibit: `[{source: {trigger: on-down}, target: {severity: warning}, equal: ${equal}}]`,
  });
  const lost: Step = (world) => health('cluster', 'Missing', down1)(world);
  const found: Step = (world) => health('cluster', 'Healthy', down1)(world);
  const down1 = { to: { 'on-down': 'ops' } };
  it.each<Case>([
    [
      'holds the target while the source fires',
      [
        ['0s', lost],
        ['1m', bad('a')],
        ['10m', found],
        ['20m', nothing],
      ],
      ['0s ops first +cluster', '11m ops inhibition ended +a'],
    ],
    [
      'waits a moment for a source that comes after (check 31)',
      [
        ['0s', bad('a')],
        ['10s', lost],
        ['10m', found],
        ['20m', nothing],
      ],
      ['10s ops first +cluster', '11m ops inhibition ended +a'],
    ],
    [
      'and tells the target then',
      [
        ['0s', bad('a')],
        ['1m', nothing],
      ],
      ['30s ops first +a'],
    ],
    [
      'holds back the end of what was told before (check 32)',
      [
        ['0s', bad('a')],
        ['1m', lost],
        ['2m', well('a')],
        ['10m', found],
        ['20m', nothing],
      ],
      ['30s ops first +a', '1m ops first +cluster', '11m ops all resolved -a'],
    ],
    [
      'goes on through a restart, whichever is seen first',
      [
        ['0s', bad('a')],
        ['10s', lost],
        ['5m', restart],
        ['10m', found],
        ['20m', nothing],
      ],
      ['10s ops first +cluster', '11m ops inhibition ended +a'],
    ],
    [
      'goes on through a restart for the end of what was told before',
      [
        ['0s', bad('a')],
        ['1m', lost],
        ['2m', (world) => world.stop()],
        ['3m', well('a'), (world) => world.start()],
        ['10m', found],
        ['20m', nothing],
      ],
      ['30s ops first +a', '1m ops first +cluster', '11m ops all resolved -a'],
    ],
    [
      'by a source that is silenced itself (check 27)',
      [
        ['0s', (world) => world.silence('s', { matchers: [['trigger="on-down"']] }), lost],
        ['1m', bad('a')],
        ['10m', found],
        ['20m', nothing],
      ],
      ['11m ops inhibition ended +a'],
    ],
    [
      'stays while one of two sources is left (check 30)',
      [
        ['0s', lost, health('other', 'Missing', down1)],
        ['1m', bad('a')],
        ['5m', found],
        ['10m', health('other', 'Healthy', down1)],
        ['20m', nothing],
      ],
      ['0s ops first +cluster', '0s ops first +other', '11m ops inhibition ended +a'],
    ],
    [
      'ends with the source that is deleted',
      [
        ['0s', lost],
        ['1m', bad('a')],
        ['5m', gone('cluster')],
        ['20m', nothing],
      ],
      ['0s ops first +cluster', '5m ops inhibition ended +a'],
    ],
    [
      'ends with the rule',
      [
        ['0s', lost],
        ['1m', bad('a')],
        ['5m', (world) => world.configure({ ...config(), inhibit: '[]' })],
      ],
      ['0s ops first +cluster', '5m ops inhibition ended +a'],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(config(), story)).lines).toEqual(told);
  });

  it('is for those that are equal, and missing labels are (check 28)', async () => {
    const story: Story = [
      ['0s', lost],
      ['1m', bad('a', { labels: { cell: 'x' } }), bad('b')],
      ['2m', nothing],
    ];
    expect((await play(config('[cell]'), story)).lines).toEqual([
      '0s ops first +cluster',
      '1m30s ops first +a',
    ]);
  });

  it('of matches that are told once', async () => {
    const once = { ...config(), ...plain };
    const story: Story = [
      ['0s', lost],
      ['1m', bad('a')],
      ['10m', found],
      ['20m', nothing],
    ];
    expect((await play(once, story)).lines).toEqual(['0s ops first +cluster', '11m ops inhibition ended +a']);
  });

  it('never of a source that matches both sides (check 29)', async () => {
    const both = { ...trigger(), inhibit: '[{source: {severity: warning}, target: {severity: warning}}]' };
    expect(
      (
        await play(both, [
          ['0s', bad('a'), bad('b')],
          ['1m', nothing],
        ])
      ).lines,
    ).toEqual(['0s ops first +a', '0s ops first +b']);
  });
});

describe('the row of a notice', () => {
  async function noticesOf({ rows }: World): Promise<OngoingNotice[]> {
    const found: OngoingNotice[] = [];
    for await (const some of rows('ongoing')) found.push(...some.map(({ value }) => value));
    return found;
  }

  it('says what holds back the end of what was told', async () => {
    const { world } = await play(trigger('resolved: [m]'), [
      ['0s', bad('a')],
      ['1m', (w) => w.silence('s', { matchers: [['name="a"']] })],
      ['2m', well('a')],
    ]);
    const [{ key, state } = { key: '' }] = await alertsOf(world);
    expect(state).toBe('resolved');
    expect(await noticesOf(world)).toMatchObject([{ held: { [key]: { by: 'silence', id: 's' } } }]);
  });

  it.each<[what: string, ...steps: Step[]]>([
    ['whose recipient is not subscribed any more', bad('a', { to: {} })],
    ['of an Application that was deleted before a restart', gone('a'), restart],
  ])('says what else comes to hold back the end of what was told, %s', async (_what, ...steps) => {
    const start = Date.UTC(2026, 0, 1);
    const from = (minute: number, length: number) => ({
      matchers: [['name="a"']],
      startsAt: start + minute * 60_000,
      endsAt: start + (minute + length) * 60_000,
    });
    const { world } = await play(trigger(), [
      ['0s', bad('a')],
      ['1m', (w) => w.silence('s1', from(5, 60)), (w) => w.silence('s2', from(1, 20))],
      ['2m', ...steps],
      ['10m', nothing],
    ]);
    const heldBy = (notices: OngoingNotice[]) =>
      notices.flatMap(({ held = {} }) => Object.values(held).map(({ id }) => id));
    expect(heldBy(await noticesOf(world))).toEqual(['s1']);
  });

  it('says when and why the latest messages came, of many the last 20', async () => {
    const { world } = await play(trigger('repeat: 1m'), [
      ['0s', bad('a')],
      ['25m', (w) => w.acknowledge('a')],
    ]);
    const [notice] = await noticesOf(world);
    expect(
      notice?.said?.map(({ at, reason }) => `${(at - Date.UTC(2026, 0, 1)) / 60_000} ${reason}`),
    ).toEqual([...Array.from({ length: 19 }, (_, index) => `${index + 7} repeated`), '25 acknowledged']);
  });
});

describe('an acknowledgement', () => {
  const ack: Step = (world) => world.acknowledge('a', 'on it');
  it.each<Case>([
    [
      'ends with its alert',
      [
        ['0s', bad('a')],
        ['1m', ack],
        ['2m', well('a')],
        ['3m', bad('a')],
      ],
      ['0s ops first +a', '1m ops acknowledged (silent) +a', '2m ops all resolved -a', '3m ops first +a'],
    ],
    [
      'is said once',
      [
        ['0s', bad('a')],
        ['1m', ack],
        ['2m', restart],
        ['3m', bad('a')],
      ],
      ['0s ops first +a', '1m ops acknowledged (silent) +a'],
    ],
    [
      'stays when its row has expired, also through a restart',
      [
        ['0s', (world) => world.configure(trigger('repeat: 1h'))],
        ['1s', bad('a')],
        ['1m', ack],
        ['2m', (world) => world.pruneAcknowledgements()],
        ['5h', restart],
        ['9h', nothing],
      ],
      ['1s ops first +a', '1m ops acknowledged (silent) +a'],
    ],
    [
      'that is taken back lets it be repeated: at once where that is overdue',
      [
        ['0s', (world) => world.configure(trigger('repeat: 1h'))],
        ['1s', bad('a')],
        ['1m', ack],
        ['90m', (world) => world.unacknowledge('a')],
        ['100m', (world) => world.pruneAcknowledgements()],
        ['2h31m', nothing],
      ],
      [
        '1s ops first +a',
        '1m ops acknowledged (silent) +a',
        '1h30m ops repeated +a',
        '2h30m ops repeated +a',
      ],
    ],
  ])('%s', async (_what, story, told) => {
    expect((await play(trigger(), story)).lines).toEqual(told);
  });

  it('stands in the message', async () => {
    const { world } = await play(trigger(), [
      ['0s', bad('a')],
      ['1m', ack],
    ]);
    expect(world.told[1]?.delivery.alerts[0].lifecycle?.acknowledged).toMatchObject({
      by: 'kim',
      comment: 'on it',
    });
  });
});
