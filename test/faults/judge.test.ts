import { expect, test } from 'vitest';
import { createCalm } from '../../faults/alerts/calm.ts';
import { createJudge, type Judge } from '../../faults/alerts/judge.ts';
import type { Kind } from '../../faults/alerts/owed.ts';
import { without } from '../../faults/alerts/stretches.ts';

const own: Kind = {
  trigger: 'on-alert',
  wait: { least: 2_000, most: 3_000 },
  isImmediate: true,
  needs: 2_500,
  repeats: false,
};
const group: Kind = { ...own, isImmediate: false, needs: 6_000 };
const begin = 1_800_000_000_000;

const head = (reason: string, decided: number) => `reason ${reason}\ndecided ${begin + decided * 1_000}`;

/** Times are seconds since the beginning; all is well from the first second on. */
function setUp(kind = own) {
  let now = begin;
  const judge = createJudge(0, () => now);
  const at = (seconds: number): Judge => {
    now = begin + seconds * 1_000;
    return judge;
  };
  const said = (seconds: number) => begin / 1_000 + seconds;
  judge.listens({ life: 'app.1', project: 'loud', channel: 'ops', kind });
  return {
    at,
    fails: (seconds: number) => at(seconds).fails('app.1', said(seconds)),
    falters: (seconds: number) => at(seconds).falters('app.1'),
    flaps: (seconds: number) => at(seconds).flaps('app.1', said(seconds)),
    recovers: (seconds: number) => at(seconds).recovers('app.1'),
    /** `decided`: when it was, seconds. */
    told(seconds: number, state: string, since: number, { reason = 'first', decided = seconds } = {}) {
      at(seconds).arrived('ops', `${head(reason, decided)}\n${state} app.1 ${said(since)} `);
    },
    figures(seconds: number) {
      const { lost, doubled, unexpected, arrived } = at(seconds).figures();
      return { lost, doubled, unexpected, arrived };
    },
  };
}

const fine = { lost: 0, doubled: 0, unexpected: 0 };

test('a failure is told once, and its end once', () => {
  const { fails, recovers, told, figures } = setUp();
  fails(10);
  told(12, 'firing', 10);
  recovers(20);
  expect(figures(20.1)).toMatchObject({ lost: 1 });
  told(21, 'resolved', 10, { reason: 'all resolved' });
  expect(figures(60)).toEqual({ ...fine, arrived: 2 });
});

test.each<
  [
    string,
    (world: ReturnType<typeof setUp>) => void,
    Partial<ReturnType<ReturnType<typeof setUp>['figures']>>,
  ]
>([
  ['a failure that is not told', ({ fails, recovers }) => (fails(10), recovers(20)), { lost: 1 }],
  ['one that lasts, too', ({ fails }) => fails(10), { lost: 1 }],
  [
    'a firing that is told twice',
    ({ fails, told }) => (fails(10), told(12, 'firing', 10), told(13, 'firing', 10)),
    { doubled: 1 },
  ],
  [
    'an end that is told twice',
    ({ fails, recovers, told }) => {
      fails(10);
      told(12, 'firing', 10);
      recovers(20);
      told(21, 'resolved', 10);
      told(22, 'resolved', 10);
    },
    { doubled: 1 },
  ],
  [
    'an end of what was not told',
    ({ fails, recovers, told }) => (fails(10), recovers(11), told(12, 'resolved', 10)),
    { unexpected: 1 },
  ],
  [
    'an end before the end',
    ({ fails, told }) => (fails(10), told(12, 'firing', 10), told(15, 'resolved', 10)),
    { unexpected: 1 },
  ],
  [
    'a failure shorter than its wait',
    ({ fails, recovers, told }) => (fails(10), recovers(10.5), told(13, 'firing', 10)),
    { lost: 1, unexpected: 1 },
  ],
  ['what never was', ({ told }) => told(13, 'firing', 7), { unexpected: 1 }],
  [
    'a firing while it is held back',
    ({ fails, at, told }) => {
      at(5).holds(() => true, begin + 60_000);
      fails(10);
      told(15, 'firing', 10);
    },
    { unexpected: 1 },
  ],
  [
    'an end while it is held back',
    ({ fails, recovers, at, told }) => {
      fails(10);
      told(12, 'firing', 10);
      at(13).holds(() => true, begin + 90_000);
      recovers(20);
      told(23, 'resolved', 10);
    },
    { unexpected: 1 },
  ],
  [
    'a firing that was decided while it was held back, and is said later',
    ({ fails, at, told }) => {
      at(5).holds(() => true, begin + 20_000);
      fails(10);
      told(21, 'firing', 10, { decided: 15 });
    },
    { unexpected: 1 },
  ],
  [
    'a message that does not say when it was decided',
    ({ fails, at }) => (
      fails(10), at(12).arrived('ops', `reason first\nfiring app.1 ${begin / 1_000 + 10} `)
    ),
    { unexpected: 1 },
  ],
  [
    'what still fires when nothing holds it back any more, untold',
    ({ fails, at }) => {
      at(5).holds(() => true, begin + 20_000);
      fails(10);
    },
    { lost: 1 },
  ],
  [
    'one message that names an alert twice',
    ({ fails, at }) => {
      fails(10);
      const line = `firing app.1 ${begin / 1_000 + 10} `;
      at(12).arrived('ops', `${head('first', 12)}\n${line}\n${line}`);
    },
    { doubled: 1 },
  ],
])('%s is wrong', (_what, play, wrong) => {
  const world = setUp();
  play(world);
  expect(world.figures(40)).toMatchObject({ ...fine, ...wrong });
});

test('a moment of health ends nothing, and both times name the failure', () => {
  const { fails, falters, flaps, recovers, told, figures } = setUp();
  fails(10);
  told(12, 'firing', 10);
  falters(14.5);
  flaps(15);
  recovers(20);
  told(23, 'resolved', 15);
  expect(figures(60)).toEqual({ ...fine, arrived: 2 });
});

test.each([
  ['is an end and another failure', [17.1, 20], {}],
  ['is no end before it is one', [15.9, 20], { unexpected: 1, doubled: 1 }],
])('a moment of health that lasts, on a busy machine, %s', (_what, [ends = 0, fires = 0], wrong) => {
  const { fails, falters, flaps, recovers, told, figures } = setUp();
  fails(10);
  told(12, 'firing', 10);
  falters(15);
  told(ends, 'resolved', 10, { reason: 'all resolved' });
  flaps(ends < 17 ? 16 : 18);
  told(fires, 'firing', ends < 17 ? 16 : 18);
  recovers(22);
  told(25, 'resolved', ends < 17 ? 16 : 18, { reason: 'all resolved' });
  expect(figures(60)).toEqual({ ...fine, arrived: 4, ...wrong });
});

test('what was decided before it was held back may come while it is', () => {
  const { fails, recovers, at, told, figures } = setUp();
  fails(10);
  at(13).disturbed();
  at(14).holds(() => true, begin + 60_000);
  at(15).cured();
  told(50, 'firing', 10, { decided: 12 });
  recovers(55);
  told(61, 'resolved', 10, { reason: 'all resolved' });
  expect(figures(90)).toEqual({ ...fine, arrived: 2 });
});

test('what was over while nobody saw it, and is held back when somebody could, is not owed', () => {
  const { fails, recovers, at, figures } = setUp();
  fails(10);
  at(11).disturbed();
  recovers(17);
  at(18.5).holds(() => true, begin + 30_000);
  at(22).cured();
  expect(figures(60)).toEqual({ ...fine, arrived: 0 });
});

test('what was over while nobody saw it, and could be told before it is held back, is owed', () => {
  const { fails, recovers, at, figures } = setUp();
  fails(10);
  at(11).disturbed();
  recovers(17);
  at(22).cured();
  at(26).holds(() => true, begin + 30_000);
  expect(figures(60)).toMatchObject({ lost: 1 });
});

test('what was to hold back later, and does not, holds nothing back', () => {
  const { fails, recovers, at, figures } = setUp();
  const lifts = Array.from({ length: 40 }, (_, index) =>
    at(0).holds(() => true, begin + (2 * index + 101) * 60_000, begin + (2 * index + 100) * 60_000),
  );
  fails(10);
  at(11).disturbed();
  at(12);
  for (const lift of lifts) lift();
  recovers(20);
  expect(figures(21)).toMatchObject({ lost: 1 });
});

test('of what was deleted while nobody saw it nobody knows whether it had lasted for as long as it has to', () => {
  const { fails, at, figures } = setUp();
  fails(10);
  at(11).disturbed();
  at(17).deletes('app.1');
  at(22).cured();
  expect(figures(60)).toEqual({ ...fine, arrived: 0 });
});

test.each([
  ['without a wait', { ...own, wait: { least: 0, most: 0 } }, 11],
  ['seen long enough', own, 17],
])('a failure until its Application was deleted is owed, %s', (_what, kind, disturbed) => {
  const { fails, at, figures } = setUp(kind);
  fails(10);
  at(disturbed).disturbed();
  at(18).deletes('app.1');
  at(22).cured();
  expect(figures(60)).toMatchObject({ lost: 1 });
});

test('who was not subscribed for a while is told of the end and of the firing again', () => {
  const { fails, at, told, figures } = setUp();
  fails(10);
  told(12, 'firing', 10);
  at(15).unlistens('app.1', 'ops');
  told(16, 'resolved', 10);
  at(20).listens({ life: 'app.1', project: 'loud', channel: 'ops', kind: own });
  told(21, 'firing', 10);
  expect(figures(40)).toEqual({ ...fine, arrived: 3 });
  told(41, 'firing', 10);
  expect(figures(42)).toMatchObject({ doubled: 1 });
});

test('what is told in a group needs a calm of its time; then it is owed', () => {
  const { fails, recovers, at, figures } = setUp(group);
  fails(10);
  at(14).disturbed();
  at(15).cured();
  recovers(20);
  expect(figures(60)).toEqual({ ...fine, arrived: 0 });
  fails(100);
  recovers(120);
  expect(figures(130)).toMatchObject({ lost: 1 });
});

test('a group names what still fires beside what is new, but says nothing without news', () => {
  const { fails, at, told, figures } = setUp(group);
  fails(10);
  at(10).listens({ life: 'app.2', project: 'loud', channel: 'ops', kind: group });
  at(11).fails('app.2', begin / 1_000 + 11);
  told(13, 'firing', 10);
  const both = `${head('new in group', 15)}\nfiring app.1 ${begin / 1_000 + 10} \nfiring app.2 ${begin / 1_000 + 11} `;
  at(16).arrived('ops', both);
  expect(figures(17)).toEqual({ ...fine, arrived: 2 });
  at(18).arrived('ops', both);
  expect(figures(19)).toMatchObject({ doubled: 1 });
});

test('an end and a new failure that nobody could see apart may be told as one, which has an end', () => {
  const { fails, recovers, at, told, figures } = setUp();
  fails(10);
  told(12, 'firing', 10);
  at(13).disturbed();
  recovers(20);
  fails(26);
  at(30).cured();
  recovers(45);
  expect(figures(48)).toMatchObject({ lost: 1 });
  told(48, 'resolved', 10);
  expect(figures(90)).toEqual({ ...fine, arrived: 2 });
});

test('while a failure is told as the one before that nobody saw end, no end is owed', () => {
  const { fails, recovers, at, told, figures } = setUp();
  at(9).disturbed();
  fails(10);
  recovers(11);
  fails(19);
  at(19.5).cured();
  told(20, 'firing', 10);
  expect(figures(60)).toEqual({ ...fine, arrived: 1 });
  recovers(61);
  expect(figures(62)).toMatchObject({ lost: 1 });
  told(64, 'resolved', 10, { reason: 'all resolved' });
  expect(figures(90)).toEqual({ ...fine, arrived: 2 });
});

test('one that was told on its own leaves the end of the one before owed', () => {
  const { fails, recovers, at, told, figures } = setUp();
  at(9).disturbed();
  fails(10);
  recovers(11);
  fails(19);
  at(19.5).cured();
  told(20, 'firing', 10);
  told(23, 'firing', 19);
  expect(figures(60)).toMatchObject({ lost: 1 });
});

test('calm begins again a while after a disturbance has ended', () => {
  let now = 0;
  const calm = createCalm(10, () => now);
  now = 100;
  calm.disturbed();
  now = 150;
  calm.cured();
  expect([calm.longest(0, 1_000), calm.longest(0, 155), calm.longest(100, 170)]).toEqual([840, 90, 10]);
  expect([calm.covers(20, 90), calm.covers(20, 101), calm.covers(160, 500)]).toEqual([true, false, true]);
});

test('a stretch that is empty takes nothing away', () => {
  expect(without({ from: 0, to: 100 }, [{ from: 50, to: 20 }])).toEqual([{ from: 0, to: 100 }]);
});

test('while the machine has no time for Herald nothing is calm', () => {
  let now = 0;
  const calm = createCalm(0, () => now);
  calm.slow('a', 100);
  now = 150;
  calm.slow('b', 120);
  calm.slow('a', 140);
  now = 200;
  calm.quick('a');
  now = 250;
  calm.quick('b');
  now = 300;
  calm.quick('b');
  expect([calm.longest(0, 300), calm.longest(90, 300), calm.longest(110, 240)]).toEqual([100, 50, 0]);
  expect([calm.covers(0, 90), calm.covers(0, 110), calm.covers(251, 300)]).toEqual([true, false, true]);
  expect(calm.slowFor()).toBe(230);
});

test('what lasted only while the machine had no time is not owed, and its end is', () => {
  const { fails, recovers, at, told, figures } = setUp(group);
  at(11).slow('herald', begin + 10_000);
  fails(12);
  recovers(30);
  at(31).quick('herald');
  expect(figures(60)).toEqual({ ...fine, arrived: 0 });
  fails(100);
  told(104, 'firing', 100);
  at(105).slow('herald', begin + 104_500);
  recovers(110);
  expect(figures(200)).toMatchObject({ lost: 1 });
});

test('what is left beside stretches', () => {
  expect(
    without({ from: 0, to: 100 }, [
      { from: 10, to: 20 },
      { from: 15, to: 30 },
      { from: 90, to: 120 },
    ]),
  ).toEqual([
    { from: 0, to: 10 },
    { from: 30, to: 90 },
  ]);
});
