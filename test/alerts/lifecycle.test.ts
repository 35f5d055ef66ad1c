import { describe, expect, it } from 'vitest';
import {
  alertsOf,
  bad,
  gone,
  health,
  nothing,
  play,
  restart,
  type Step,
  type World,
  well,
} from './timeline.ts';

const degraded = "app.status.health.status == 'Degraded'";

/** Fields are separated by `; `. */
const trigger = (fields: string, when = degraded) => ({
  'trigger.on-degraded': `
- when: ${when}
  send: [m]
  ${(fields.includes('severity') ? fields : `severity: warning; ${fields}`).split('; ').join('\n  ')}`,
});
const configure =
  (fields: string, when?: string): Step =>
  (world) =>
    world.configure(trigger(fields, when));
const without: Step = (world) => world.configure({});
const down: Step = (world) => world.stop();
const up: Step = (world) => world.start();
const upWithReplay: Step = (world) => world.start({ replay: true });
const at = (time: string) => `2026-01-01T${time}Z`;
const toNobody = { to: {} };

type Story = [what: string, fields: string, story: [at: string, ...steps: Step[]][], told: string[]];

async function tell(_what: string, fields: string, story: Story[2], told: string[]): Promise<void> {
  expect((await play(trigger(fields), story)).lines).toEqual(told);
}

describe('for', () => {
  it.each<Story>([
    [
      'fires when it has lasted, not before (check 1)',
      'for: 5m',
      [
        ['0s', bad('a')],
        ['6m', nothing],
      ],
      ['5m ops first +a'],
    ],
    [
      '0 fires at once (check 1)',
      'for: 0s',
      [
        ['0s', bad('a')],
        ['1m', nothing],
      ],
      ['0s ops first +a'],
    ],
    [
      'is cancelled without a word (check 2)',
      'for: 5m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['4m', well('a')],
        ['10m', nothing],
      ],
      [],
    ],
    [
      'starts anew after a recovery',
      'for: 5m',
      [
        ['0s', bad('a')],
        ['4m', well('a')],
        ['5m', bad('a')],
        ['11m', nothing],
      ],
      ['10m ops first +a'],
    ],
    [
      'goes on through restarts (check 7)',
      'for: 5m',
      [
        ['0s', bad('a')],
        ['3m', restart],
        ['4m', restart],
        ['6m', nothing],
      ],
      ['5m ops first +a'],
    ],
    [
      'counts what the cluster says, and so downtime (check 7)',
      'for: 10m',
      [
        ['0s', down],
        ['1s', bad('a', { since: at('00:00:00') })],
        ['8m', up],
        ['20m', nothing],
      ],
      ['10m ops first +a'],
    ],
    [
      'starts anew where the cluster says that it was otherwise in between (check 7)',
      'for: 10m',
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['5m', down, bad('a', { since: at('00:04:00') })],
        ['8m', up],
        ['20m', nothing],
      ],
      ['14m ops first +a'],
    ],
    [
      'counts a cluster that is ahead of us as now (check 8)',
      'for: 5m',
      [
        ['0s', bad('a', { since: at('03:00:00') })],
        ['6m', nothing],
      ],
      ['5m ops first +a'],
    ],
    [
      'made longer under a firing alert un-fires nothing (check 3)',
      'for: 1m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['2m', configure('for: 1h; resolved: [m]')],
        ['5m', restart],
        ['6m', well('a')],
      ],
      ['1m ops first +a', '6m ops all resolved -a'],
    ],
    [
      'made shorter under a pending alert fires it',
      'for: 1h',
      [
        ['0s', bad('a')],
        ['2m', configure('for: 1m')],
        ['3m', nothing],
      ],
      ['2m ops first +a'],
    ],
    [
      'that failed is no answer',
      'for: 5m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['2m', health('a', '', { status: { health: null } })],
        ['6m', nothing],
        ['7m', well('a')],
      ],
      ['5m ops first +a', '7m ops all resolved -a'],
    ],
  ])('%s', tell);
});

describe('keepFiring', () => {
  it.each<Story>([
    [
      'waits with the end (check 4)',
      'keepFiring: 2m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', well('a')],
        ['10m', nothing],
      ],
      ['0s ops first +a', '3m ops all resolved -a'],
    ],
    [
      'is cleared when it matches again (check 4)',
      'keepFiring: 2m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', well('a')],
        ['2m', bad('a')],
        ['5m', well('a')],
        ['10m', nothing],
      ],
      ['0s ops first +a', '7m ops all resolved -a'],
    ],
    [
      'is for what fires, not for what is pending',
      'for: 5m; keepFiring: 2m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', well('a')],
        ['2m', bad('a')],
        ['6m', nothing],
        ['7m', nothing],
      ],
      ['7m ops first +a'],
    ],
    [
      'goes on through a restart',
      'keepFiring: 5m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', well('a')],
        ['2m', restart],
        ['10m', nothing],
      ],
      ['0s ops first +a', '6m ops all resolved -a'],
    ],
    [
      'of six flaps makes one message and one end',
      'keepFiring: 2m; resolved: [m]',
      [
        ...[0, 1, 2, 3, 4, 5].flatMap((n): Story[2] => [
          [`${2 * n}m`, bad('a')],
          [`${2 * n + 1}m`, well('a')],
        ]),
        ['20m', nothing],
      ],
      ['0s ops first +a', '13m ops all resolved -a'],
    ],
  ])('%s', tell);

  it('counts the changes within a firing', async () => {
    const { world } = await play(trigger('keepFiring: 2m; resolved: [m]'), [
      ['0s', bad('a')],
      ['1m', well('a')],
      ['2m', bad('a')],
      ['3m', well('a')],
      ['9m', nothing],
    ]);
    const [, end] = world.told;
    expect(end?.delivery.alerts[0].lifecycle?.changes).toEqual([world.clock.now() - 7 * 60_000]);
  });
});

describe('resolved', () => {
  it.each<Story>([
    [
      'is told once',
      'resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', well('a')],
        ['2m', well('a')],
        ['3m', restart],
      ],
      ['0s ops first +a', '1m ops all resolved -a'],
    ],
    [
      'is not told where it is not asked for',
      'for: 1m',
      [
        ['0s', bad('a')],
        ['2m', well('a')],
      ],
      ['1m ops first +a'],
    ],
    [
      'and again, as another alert',
      'resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', well('a')],
        ['2m', bad('a')],
        ['3m', well('a')],
      ],
      ['0s ops first +a', '1m ops all resolved -a', '2m ops first +a', '3m ops all resolved -a'],
    ],
    [
      'of what was over while nobody looked',
      'resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', down, well('a')],
        ['9m', up],
      ],
      ['0s ops first +a', '9m ops all resolved -a'],
    ],
    [
      'of an Application that is deleted',
      'resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', gone('a')],
        ['2m', restart],
      ],
      ['0s ops first +a', '1m ops all resolved -a'],
    ],
    [
      'of one that was deleted while nobody looked',
      'resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', down, gone('a')],
        ['2m', up],
        ['3m', restart],
      ],
      ['0s ops first +a', '2m ops all resolved -a'],
    ],
    [
      'of one that nobody is subscribed to any more',
      'resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', bad('a', toNobody)],
        ['2m', well('a', toNobody)],
      ],
      ['0s ops first +a', '1m ops all resolved -a'],
    ],
    [
      'of a trigger that is removed',
      'resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', without],
        ['2m', well('a')],
      ],
      ['0s ops first +a', '1m ops all resolved -a'],
    ],
    [
      'of nothing that was pending',
      'for: 5m; resolved: [m]',
      [
        ['0s', bad('a')],
        ['1m', gone('a')],
        ['9m', nothing],
      ],
      [],
    ],
    [
      'to each who was told, and to nobody else',
      'resolved: [m]',
      [
        ['0s', bad('a', { to: { 'on-degraded': 'ops;dev' } })],
        ['1m', bad('a', { to: { 'on-degraded': 'dev;new' } })],
        ['2m', well('a', { to: { 'on-degraded': 'new' } })],
      ],
      [
        '0s ops first +a',
        '0s dev first +a',
        '1m ops all resolved -a',
        '1m new first +a',
        '2m dev all resolved -a',
        '2m new all resolved -a',
      ],
    ],
    [
      'added later counts for what fires',
      'for: 0s',
      [
        ['0s', bad('a')],
        ['1m', configure('for: 0s; resolved: [m]')],
        ['2m', well('a')],
      ],
      ['0s ops first +a', '2m ops all resolved -a'],
    ],
  ])('%s', tell);

  it.each<[string, Step, string]>([
    ['that it recovered', well('a'), 'recovered'],
    ['that the Application was deleted', gone('a'), 'application deleted'],
    ['that nobody is subscribed', bad('a', toNobody), 'unsubscribed'],
    ['that the trigger was removed', without, 'trigger removed'],
    [
      'that the condition was removed',
      (world: World) => world.configure(trigger('for: 0s', 'false')),
      'trigger removed',
    ],
  ])('says %s', async (_what, step, why) => {
    const { world } = await play(trigger('resolved: [m]'), [
      ['0s', bad('a')],
      ['1m', step],
    ]);
    const end = world.told.at(-1)?.delivery;
    expect(end?.alerts[0].lifecycle).toMatchObject({ state: 'resolved', why, severity: 'warning' });
    expect(end?.ongoing).toMatchObject({
      root: world.told[0]?.delivery.id,
      state: 'resolved',
      firing: 0,
      resolved: 1,
    });
    expect(await alertsOf(world)).toEqual([]);
  });

  it('has templates of its own, and those of the condition while it fires', async () => {
    const { world } = await play({ ...trigger('resolved: [end]'), 'template.end': 'message: e' }, [
      ['0s', bad('a')],
      ['1m', well('a')],
    ]);
    expect(world.told.map(({ delivery }) => delivery.templates)).toEqual([['m'], ['end']]);
  });

  it('keeps its templates when the trigger is gone, and has none where the default is meant', async () => {
    for (const [fields, templates] of [
      ['resolved: [end]', ['end']],
      ['resolved: true', []],
    ] as const) {
      const { world } = await play({ ...trigger(fields), 'template.end': 'message: e' }, [
        ['0s', bad('a')],
        ['1m', without],
      ]);
      expect(world.told.at(-1)?.delivery.templates).toEqual(templates);
    }
  });
});

it("is told to argocd-notifications' annotation as well", async () => {
  const { world } = await play(trigger('resolved: [m]'), [
    ['0s', bad('a')],
    ['1m', well('a')],
  ]);
  expect(world.pipeline.ended.map((evaluation) => evaluation.trigger)).toEqual(['on-degraded']);
});

describe('repeat', () => {
  it.each<Story>([
    [
      'says it again while it fires, and stops with it',
      'repeat: 1h; resolved: [m]',
      [
        ['0s', bad('a')],
        ['2h30m', well('a')],
        ['5h', nothing],
      ],
      ['0s ops first +a', '1h ops repeated +a', '2h ops repeated +a', '2h30m ops all resolved -a'],
    ],
    [
      'goes on through restarts',
      'repeat: 1h',
      [
        ['0s', bad('a')],
        ['30m', restart],
        ['50m', restart],
        ['1h1m', nothing],
      ],
      ['0s ops first +a', '1h ops repeated +a'],
    ],
    [
      'of a week is no 120 hours (check 22)',
      'repeat: 7d',
      [
        ['0s', bad('a')],
        ['14d', nothing],
      ],
      ['0s ops first +a', '7d ops repeated +a', '14d ops repeated +a'],
    ],
    [
      'that is due exactly is said (check 21)',
      'repeat: 90s',
      [
        ['0s', bad('a')],
        ['3m', nothing],
      ],
      ['0s ops first +a', '1m30s ops repeated +a', '3m ops repeated +a'],
    ],
    [
      'missed while nobody ran is said once',
      'repeat: 1h',
      [
        ['0s', bad('a')],
        ['10m', down],
        ['5h', up],
        ['5h59m', nothing],
      ],
      ['0s ops first +a', '5h ops repeated +a'],
    ],
    [
      'made shorter counts at once',
      'repeat: 1d',
      [
        ['0s', bad('a')],
        ['2h', configure('repeat: 1h')],
        ['2h1m', nothing],
      ],
      ['0s ops first +a', '2h ops repeated +a'],
    ],
    [
      'stops at an acknowledgement',
      'repeat: 1h; resolved: [m]',
      [
        ['0s', bad('a')],
        ['1h30m', (world) => world.acknowledge('a')],
        ['5h', well('a')],
      ],
      [
        '0s ops first +a',
        '1h ops repeated +a',
        '1h30m ops acknowledged (silent) +a',
        '5h ops all resolved -a',
      ],
    ],
  ])('%s', tell);
});

describe('edits of the configuration', () => {
  const more = 'resolved: [m]';
  it.each<Story>([
    [
      'of severity and labels re-send nothing where it does not rise (check 5)',
      `${more}; severity: critical`,
      [
        ['0s', bad('a')],
        ['1m', configure(`${more}; severity: critical; labels: {team: x}`)],
        ['2m', well('a')],
      ],
      ['0s ops first +a', '2m ops all resolved -a'],
    ],
    [
      'that raise the severity ping once',
      `${more}; severity: warning`,
      [
        ['0s', bad('a')],
        ['1m', configure(`${more}; severity: critical`)],
        ['2m', restart],
        ['3m', well('a')],
      ],
      ['0s ops first +a', '1m ops severity raised +a', '3m ops all resolved -a'],
    ],
    [
      'that lower it edit',
      `${more}; severity: critical`,
      [
        ['0s', bad('a')],
        ['1m', configure(`${more}; severity: info`)],
        ['3m', well('a')],
      ],
      ['0s ops first +a', '1m ops severity lowered (silent) +a', '3m ops all resolved -a'],
    ],
    [
      'of when carry it over where it still holds',
      more,
      [
        ['0s', bad('a')],
        ['1m', configure(more, `${degraded} and true`)],
        ['2m', restart],
        ['3m', well('a')],
      ],
      ['0s ops first +a', '3m ops all resolved -a'],
    ],
    [
      'of when end it where it does not',
      more,
      [
        ['0s', bad('a')],
        ['1m', configure(more, "app.status.health.status == 'Missing'")],
        ['3m', well('a')],
      ],
      ['0s ops first +a', '1m ops all resolved -a'],
    ],
    [
      'of when carry it over where it is kept firing, also while Herald is away',
      `${more}; keepFiring: 5m`,
      [
        ['0s', bad('a')],
        ['10m', well('a')],
        ['11m', configure(`${more}; keepFiring: 5m`, `${degraded} and true`)],
        ['12m', bad('a')],
        ['20m', (world) => world.stop()],
        ['21m', configure(`${more}; keepFiring: 5m`, `true and ${degraded}`)],
        ['22m', well('a')],
        ['23m', (world) => world.start()],
        ['24m', bad('a')],
        ['30m', well('a')],
        ['40m', nothing],
      ],
      ['0s ops first +a', '35m ops all resolved -a'],
    ],
    [
      'of when drop what was pending and does not hold under the new one, whatever its object says',
      `for: 2m; ${more}`,
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['1m', configure(`for: 5s; ${more}`, "app.status.health.status == 'Missing'")],
        ['10m', well('a', { since: at('00:10:00') })],
        ['20m', nothing],
      ],
      [],
    ],
    [
      'of when wait while the answer is none',
      more,
      [
        ['0s', bad('a')],
        ['1m', configure(more, 'app.status.lost.field == 1')],
        ['2m', configure(more, `${degraded} and true`)],
        ['3m', well('a')],
      ],
      ['0s ops first +a', '3m ops all resolved -a'],
    ],
    [
      'that break the key change nothing',
      more,
      [
        ['0s', bad('a')],
        ['1m', (world) => world.configure({ 'trigger.on-degraded': '- when: [' })],
        ['2m', well('a')],
      ],
      ['0s ops first +a', '2m ops all resolved -a'],
    ],
    [
      'that take the fields away leave it its end without a message',
      more,
      [
        ['0s', bad('a')],
        ['1m', configure('description: x')],
        ['2m', bad('a')],
        ['3m', well('a')],
        ['4m', bad('a')],
        ['5m', bad('a')],
      ],
      ['0s ops first +a', '4m ops matched =a'],
    ],
    [
      'that add the fields take over what is told',
      'description: x',
      [
        ['0s', bad('a')],
        ['1m', configure(`${more}; for: 1h`)],
        ['2m', restart],
        ['3m', well('a')],
      ],
      ['0s ops matched =a', '3m ops all resolved -a'],
    ],
    [
      'and back and forth',
      'description: x',
      [
        ['0s', bad('a')],
        ['1m', configure(more)],
        ['2m', configure('description: x')],
        ['3m', configure(more)],
        ['4m', well('a')],
      ],
      ['0s ops matched =a', '4m ops all resolved -a'],
    ],
  ])('%s', tell);

  it('keep the thread of what is taken over', async () => {
    const { world } = await play(trigger('description: x'), [
      ['0s', bad('a')],
      ['1m', configure(more)],
      ['2m', well('a')],
    ]);
    const [first, end] = world.told;
    expect(end?.delivery.ongoing?.root).toBe(first?.delivery.id);
  });
});

describe('oncePer', () => {
  const revision = 'oncePer: app.status.sync?.revision; resolved: [m]';
  const on = (value: string, status = 'Degraded'): Step =>
    health('a', status, { status: value === '' ? {} : { sync: { revision: value } } });
  it.each<Story>([
    [
      'of another value is another alert',
      revision,
      [
        ['0s', on('r1')],
        ['1m', on('r2')],
        ['2m', on('r2', 'Healthy')],
      ],
      ['0s ops first +a', '1m ops all resolved -a', '1m ops first +a', '2m ops all resolved -a'],
    ],
    [
      'of a value that was told before is told no more',
      revision,
      [
        ['0s', on('r1')],
        ['1m', on('r1', 'Healthy')],
        ['2m', on('r1')],
        ['3m', restart],
        ['4m', on('r1', 'Healthy')],
      ],
      ['0s ops first +a', '1m ops all resolved -a'],
    ],
    [
      'that only names it is the same alert',
      revision,
      [
        ['0s', on('')],
        ['1m', on('r1')],
        ['2m', on('r1', 'Healthy')],
        ['3m', on('r1')],
      ],
      ['0s ops first +a', '2m ops all resolved -a'],
    ],
    [
      'that goes is no news',
      revision,
      [
        ['0s', on('r1')],
        ['1m', on('')],
        ['2m', on('r1')],
        ['3m', on('r1', 'Healthy')],
      ],
      ['0s ops first +a', '3m ops all resolved -a'],
    ],
    [
      'is taken over with what was told of it',
      'oncePer: app.status.sync?.revision',
      [
        ['0s', on('r1')],
        ['1m', configure(revision)],
        ['2m', on('r1')],
        ['3m', on('r1', 'Healthy')],
        ['4m', on('r1')],
      ],
      ['0s ops matched =a', '3m ops all resolved -a'],
    ],
    [
      'is remembered when the fields go',
      revision,
      [
        ['0s', on('r1')],
        ['1m', on('r1', 'Healthy')],
        ['2m', configure('oncePer: app.status.sync?.revision')],
        ['3m', on('r1')],
        ['4m', on('r2')],
      ],
      ['0s ops first +a', '1m ops all resolved -a', '4m ops matched =a'],
    ],
    [
      'and for: each value has to last',
      `${revision}; for: 5m`,
      [
        ['0s', on('r1')],
        ['4m', on('r2')],
        ['8m', on('r2')],
        ['10m', nothing],
      ],
      ['9m ops first +a'],
    ],
  ])('%s', tell);

  it('says that it was superseded', async () => {
    const { world } = await play(trigger(revision), [
      ['0s', on('r1')],
      ['1m', on('r2')],
    ]);
    expect(world.told[1]?.delivery.alerts[0].lifecycle?.why).toBe('superseded');
  });
});

describe('what is replayed after a downtime', () => {
  it.each<Story>([
    [
      'is not told where it never lasted for `for`',
      'for: 5m; resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['3m', well('a', { since: at('00:03:00') })],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      [],
    ],
    [
      'is not told where its Application was deleted before it had lasted',
      'for: 5m; resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['3m', gone('a')],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      [],
    ],
    [
      'is told, with its end, where it has lasted',
      'for: 5m; resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['10m', well('a', { since: at('00:10:00') })],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      ['30m ops first +a', '30m ops all resolved -a'],
    ],
    [
      'goes on as it is known, where what is decided already is shown once more',
      'resolved: [m]',
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['1m', well('a', { since: at('00:01:00') })],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['3m', down],
        ['4m', bad('a', { since: at('00:02:00'), labels: { team: 'x' } })],
        ['30m', (world) => world.start({ replay: true, overlap: true })],
        ['1h', nothing],
      ],
      ['0s ops first +a', '1m ops all resolved -a', '2m ops first +a'],
    ],
    [
      'goes on where it failed again while it was kept firing',
      'keepFiring: 5m; resolved: [m]',
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['10m', well('a', { since: at('00:10:00') })],
        ['11m', down],
        ['12m', bad('a', { since: at('00:12:00') })],
        ['30m', (world) => world.start({ replay: true, overlap: true })],
        ['40m', well('a', { since: at('00:40:00') })],
        ['1h', nothing],
      ],
      ['0s ops first +a', '45m ops all resolved -a'],
    ],
    [
      'has ended where it failed again later than it was kept firing',
      'keepFiring: 5m; resolved: [m]',
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['10m', well('a', { since: at('00:10:00') })],
        ['11m', down],
        ['20m', bad('a', { since: at('00:20:00') })],
        ['30m', (world) => world.start({ replay: true, overlap: true })],
        ['40m', well('a', { since: at('00:40:00') })],
        ['1h', nothing],
      ],
      ['0s ops first +a', '30m ops all resolved -a', '30m ops first +a', '45m ops all resolved -a'],
    ],
    [
      'is told, with its end, where it had begun before and `when` is edited meanwhile',
      'for: 5m; resolved: [m]',
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['1m', down],
        ['10m', well('a', { since: at('00:10:00') })],
        ['20m', configure('for: 5m; resolved: [m]', `${degraded} and true`)],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      ['30m ops first +a', '30m ops all resolved -a'],
    ],
    [
      'is not told where it had begun before, `when` is edited meanwhile and it had not lasted',
      'for: 5m; resolved: [m]',
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['1m', down],
        ['3m', well('a', { since: at('00:03:00') })],
        ['20m', configure('for: 5m; resolved: [m]', `${degraded} and true`)],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      [],
    ],
    [
      'is told, with its end, to who is subscribed again meanwhile, where the failure is interrupted and over, too',
      'for: 2m; keepFiring: 3m; resolved: [m]',
      [
        ['0m', bad('a', { to: { 'on-degraded': 'ops;dev' } })],
        ['10m', bad('a', { to: { 'on-degraded': 'dev' } })],
        ['14m', down],
        ['15m', well('a', { to: { 'on-degraded': 'dev' } })],
        ['16m', well('a', { to: { 'on-degraded': 'ops;dev' } })],
        ['17m', bad('a', { to: { 'on-degraded': 'ops;dev' } })],
        ['18m', well('a', { to: { 'on-degraded': 'ops;dev' } })],
        ['22m', upWithReplay],
        ['1h', nothing],
      ],
      [
        '2m ops first +a',
        '2m dev first +a',
        '10m ops all resolved -a',
        '22m ops first +a',
        '25m dev all resolved -a',
        '25m ops all resolved -a',
      ],
    ],
    [
      'is told, with its end, where it has lasted until its Application was deleted',
      'for: 5m; resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['10m', gone('a')],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      ['30m ops first +a', '30m ops all resolved -a'],
    ],
    [
      'is not told where nobody says when its Application was deleted, since nobody knows whether it had lasted',
      'for: 5m; resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['10m', (world) => world.remove('a', { isSaid: false })],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      [],
    ],
    [
      'is told without `for`, with its end, where nobody says when its Application was deleted',
      'resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['10m', (world) => world.remove('a', { isSaid: false })],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      ['30m ops first +a', '30m ops all resolved -a'],
    ],
    [
      'is told at once where it still goes on',
      'for: 5m; resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['30m', upWithReplay],
        ['1h', nothing],
      ],
      ['30m ops first +a'],
    ],
    [
      'is told at once without `for`, with its end',
      'resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:02:00') })],
        ['3m', well('a', { since: at('00:03:00') })],
        ['30m', upWithReplay],
      ],
      ['30m ops first +a', '30m ops all resolved -a'],
    ],
    [
      'and began pending before it ends as it would have',
      'for: 5m; resolved: [m]',
      [
        ['0s', bad('a', { since: at('00:00:00') })],
        ['1m', down],
        ['2m', bad('a', { since: at('00:00:00'), labels: { changed: 'yes' } })],
        ['3m', well('a', { since: at('00:03:00') })],
        ['30m', upWithReplay],
      ],
      [],
    ],
    [
      'was not about the deletion that came after it',
      'resolved: [m]',
      [
        ['0s', well('a', { since: at('00:00:00') })],
        ['1m', down],
        ['3m', gone('a')],
        ['30m', upWithReplay],
      ],
      [],
    ],
  ])('%s', tell);
});
