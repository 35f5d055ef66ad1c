import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bad, gone, nothing, play, restart, type Step, type Story, well } from './timeline.ts';

/**
 * What docs/alerts.md says of Alertmanager, line by line. Lines that no other test is about are played here; of all
 * others it is said which test shows them.
 */

const trigger = (more = 'resolved: [m]', severity = 'warning') => ({
  'trigger.on-degraded': `
- when: app.status.health.status == 'Degraded'
  send: [m]
  severity: ${severity}
  ${more}`,
});
const groups = (...rules: string[]) => ({ ...trigger(), groups: `[${rules.join(', ')}]` });
const every = '{match: {trigger: on-degraded}, groupBy: [trigger]}';
const silence =
  (minutes: number): Step =>
  (world) =>
    world.silence('s', { matchers: [['name="a"']], endsAt: world.clock.now() + minutes * 60_000 });

type Case = [what: string, config: Record<string, string>, story: Story, told: string[]];

describe('as Alertmanager, or not', () => {
  it.each<Case>([
    [
      'a group waits 30s and 5m, and repeats nothing unless it is asked to (check 9)',
      groups(every),
      [
        ['0s', bad('a')],
        ['1m', bad('b')],
        ['2d', nothing],
      ],
      ['30s ops first +a', '5m30s ops new in group +a +b'],
    ],
    [
      'the interval of a group begins anew with each message (check 11)',
      groups(every),
      [
        ['0s', bad('a')],
        ['1m', bad('b')],
        ['6m', bad('c')],
        ['1h', nothing],
      ],
      ['30s ops first +a', '5m30s ops new in group +a +b', '10m30s ops new in group +a +b +c'],
    ],
    [
      'a first message that was held back delays nothing (check 13)',
      groups(every),
      [
        ['0s', silence(2), bad('a')],
        ['10m', nothing],
      ],
      ['2m ops silence ended +a'],
    ],
    [
      'of several rules the first that matches counts (check 15)',
      groups('{match: {name: a}, groupBy: [name], groupWait: 1m}', every),
      [
        ['0s', bad('a'), bad('b')],
        ['10m', nothing],
      ],
      ['30s ops first +b', '1m ops first +a'],
    ],
    [
      'what fires again after its end is told as the first (check 20)',
      groups(every),
      [
        ['0s', bad('a')],
        ['1m', well('a')],
        ['10m', bad('a')],
        ['20m', nothing],
      ],
      ['30s ops first +a', '5m30s ops all resolved -a', '10m30s ops first +a'],
    ],
    [
      'without `resolved` the end is not told, and what comes again is the first (check 23)',
      trigger('repeat: 1h'),
      [
        ['0s', bad('a')],
        ['10m', well('a')],
        ['20m', bad('a')],
        ['30m', gone('a')],
      ],
      ['0s ops first +a', '20m ops first +a'],
    ],
    [
      'silences, mute times and inhibition hold back each for itself (check 25)',
      {
        ...trigger(),
        'trigger.on-missing': `
- when: app.status.health.status == 'Missing'
  send: [m]
  severity: critical`,
        muteTimes: `[{match: {name: a}, times: [{times: [{start: '00:00', end: '00:20'}]}]}]`,
        inhibit: '[{source: {trigger: on-missing}, target: {name: a}, equal: [project]}]',
      },
      [
        ['0s', (world) => missing(world, 'Missing'), silence(10), bad('a')],
        ['30m', (world) => missing(world, 'Healthy')],
        ['1h', nothing],
      ],
      ['0s ops first +source', '30m ops inhibition ended +a'],
    ],
    [
      'who leads next tells nothing again, and nobody but it decides (check 26)',
      trigger(),
      [
        ['0s', bad('a')],
        ['1m', restart],
        ['2m', restart, well('a')],
        ['3m', restart],
      ],
      ['0s ops first +a', '2m ops all resolved -a'],
    ],
  ])('%s', async (_what, config, story, told) => {
    expect((await play(config, story)).lines).toEqual(told);
  });

  it('each firing has a root of its own (check 20)', async () => {
    const { world } = await play(trigger(), [
      ['0s', bad('a')],
      ['1m', well('a')],
      ['2m', bad('a')],
    ]);
    const roots = world.told.map(({ delivery }) => delivery.ongoing?.root);
    expect(new Set(roots).size).toBe(2);
  });

  it('a storm of 3,000 within a minute is three messages at the most', async () => {
    const seconds = 60;
    const storm: Story = Array.from({ length: seconds }, (_, second) => [
      `${second}s`,
      ...Array.from({ length: 3_000 / seconds }, (_, index) => bad(`app-${second * 50 + index}`)),
    ]);
    const { world } = await play(groups(`${every.slice(0, -1)}, groupInterval: 1m}`), [
      ...storm,
      ['10m', nothing],
    ]);
    expect(world.told.length).toBeLessThanOrEqual(3);
    expect(world.told.at(-1)?.delivery.ongoing?.firing).toBe(3_000);
  });
});

function missing(world: Parameters<Step>[0], status: string): ReturnType<Step> {
  const story = status === 'Missing' ? bad : well;
  return story('source', { to: { 'on-missing': 'ops' }, status: { health: { status } } })(world);
}

const here = 'test/alerts/alertmanager.test.ts';
const lifecycle = 'test/alerts/lifecycle.test.ts';
const grouped = 'test/alerts/groups.test.ts';
const holding = 'test/alerts/holding.test.ts';
const times = 'src/alerts/times.test.ts';
const schema = 'src/alerts/schema.test.ts';
const matchers = 'src/alerts/matcher.test.ts';
const silences = 'src/cli/silences.test.ts';
const slack = 'test/services/slack-ongoing.test.ts';

/** The tests that show each line, by words of their names. */
const shownBy: Readonly<Record<number, readonly [file: string, name: string]>> = {
  1: [lifecycle, '(check 1)'],
  2: [lifecycle, '(check 2)'],
  3: [lifecycle, '(check 3)'],
  4: [lifecycle, '(check 4)'],
  5: [lifecycle, '(check 5)'],
  6: ['test/alerts/lives-property.test.ts', 'every told firing has its end told'],
  7: [lifecycle, '(check 7)'],
  8: [lifecycle, '(check 8)'],
  9: [here, '(check 9)'],
  10: [grouped, '(check 10)'],
  11: [here, '(check 11)'],
  12: [grouped, '(check 12)'],
  13: [here, '(check 13)'],
  14: [grouped, '(check 14)'],
  15: [here, '(check 15)'],
  16: [grouped, '(check 16)'],
  17: [grouped, "describe('maxPerMinute'"],
  18: [grouped, '(check 12)'],
  19: [grouped, '(check 19)'],
  20: [here, '(check 20)'],
  21: [lifecycle, '(check 21)'],
  22: [lifecycle, '(check 22)'],
  23: [here, '(check 23)'],
  24: ['src/delivery/deliver.test.ts', 'is parked as expired'],
  25: [here, '(check 25)'],
  26: [here, '(check 26)'],
  27: [holding, '(check 27)'],
  28: [holding, '(check 28)'],
  29: [holding, '(check 29)'],
  30: [holding, '(check 30)'],
  31: [holding, '(check 31)'],
  32: [holding, '(check 32)'],
  33: [times, 'a night belongs to the day on which it starts'],
  34: [schema, 'a range of weekdays may go around the end of the week'],
  35: [times, 'a range that begins beyond it is skipped'],
  36: [times, 'another weekday is out'],
  37: [times, 'wall clock of %s, %s to %s'],
  38: [schema, 'have the spelling of Alertmanager, too'],
  39: [holding, '(check 39)'],
  40: [matchers, 'holds for everything where it matches what is missing'],
  41: [silences, 'nothing says why: give --comment'],
  42: [silences, 'what is there is replaced unless it is forced'],
  43: ['src/alerts/mutes.test.ts', 'at %i: %s'],
  45: [silences, 'in the forms of amtool and of the other commands'],
  46: [holding, '(check 46)'],
  47: [matchers, '%s %j of %j: %j'],
  48: [matchers, 'the classic grammar wins where they disagree, and says so'],
  49: [slack, 'with Update, its root edited'],
  50: [slack, 'cannot be edited, %s: a new message takes its place'],
  51: [slack, 'since edits ping nobody'],
  52: ['src/services/slack/cut.test.ts', 'keeps the limit, cuts no character'],
};
/** Herald has none of it. */
const absent = [44];

it('docs/alerts.md has each line, and a test shows it', async () => {
  const page = await readFile(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('## If you know Alertmanager'), page.indexOf('\n## Messages'));
  const rows = [...table.matchAll(/^\| (\d+) \| .+ \| (.+) \|$/gm)].map(([, number]) => Number(number));
  expect(rows).toEqual(Array.from({ length: 52 }, (_, index) => index + 1));
  expect(rows.filter((number) => !(number in shownBy))).toEqual(absent);
  for (const [number, [file, name]] of Object.entries(shownBy)) {
    const source = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect(source.includes(name), `${number}: ${name} in ${file}`).toBe(true);
  }
});
