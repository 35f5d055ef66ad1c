import { describe, expect, test } from 'vitest';
import type { OngoingNotice, ScopedRow, Silence } from '../ledger/rows.ts';
import { firingAlert } from '../testing/firing-alert.ts';
import { parseCommandLine } from './command-line.ts';
import { runCommand } from './run-command.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

const now = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/;

async function herald(world: FakeWorld, ...argv: string[]) {
  const line = parseCommandLine([...argv, '--queue', 'redis://q'], { HOME: '/home/jo', USER: 'jo' });
  if ('exit' in line) return { code: line.exit, stdout: line.stdout, stderr: line.stderr };
  if (line.command === 'run') throw new Error('The bridge is not run here');
  const io = fakeIo({ now, ...world });
  const shared = { ...io, openLedger: () => fakeIo(world).openLedger('') };
  return { code: await runCommand(line, shared), ...io.output };
}

function row(key: string, value: Partial<Silence> = {}): ScopedRow<'silence'> {
  return {
    scope: 'silences',
    kind: 'silence',
    key,
    value: {
      matchers: [['name="shop"']],
      startsAt: now - hour,
      endsAt: now + hour,
      createdBy: 'ana',
      comment: 'migration',
      ...value,
    },
  };
}

function silencesOf({ rows = [] }: FakeWorld): ScopedRow<'silence'>[] {
  return rows.filter((each) => each.kind === 'silence') as ScopedRow<'silence'>[];
}

/** An alert of an Application that a silence holds back. */
function heldBy(silence: string): ScopedRow[] {
  const alert = firingAlert(now);
  const notice: OngoingNotice = {
    configNamespace: 'argocd',
    destination: { service: 'slack', recipient: 'ops' },
    createdAt: now - hour,
    held: { [alert.key]: { by: 'silence', id: silence } },
  };
  return [
    { scope: 'u', kind: 'alert', key: alert.key, value: alert },
    { scope: 'u', kind: 'ongoing', key: 'n', value: notice },
  ];
}

describe('silence add', () => {
  test('writes what was given, and prints the id alone', async () => {
    const world: FakeWorld = {};
    const given = ['severity=~warning|info', '{project="web",team!="core"}', '-d', '1d12h', '-c', 'a move'];
    const added = await herald(world, 'silence', 'add', ...given, '--annotation', 'ticket="OPS 1"');
    expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(uuid), stderr: '' });
    expect(world.rows).toEqual([
      {
        scope: 'silences',
        kind: 'silence',
        key: added.stdout.trim(),
        value: {
          matchers: [['severity=~"warning|info"', 'project="web"', 'team!="core"']],
          startsAt: now,
          endsAt: now + 36 * hour,
          createdBy: 'jo',
          comment: 'a move',
          annotations: { ticket: 'OPS 1' },
          updatedAt: now,
        },
        // As long as Alertmanager keeps it.
        expiresAt: now + (36 + 5 * 24) * hour,
      },
    ]);
  });

  test.each<[string[], Partial<Silence>]>([
    [['name=x'], { startsAt: now, endsAt: now + hour }],
    [['name=x', '--start', '2026-11-22T14:00:00Z'], { startsAt: now + 2 * hour, endsAt: now + 3 * hour }],
    // What has begun begins now, and ends when it would have ended.
    [['name=x', '--start=2026-11-22T11:30:00Z'], { startsAt: now, endsAt: now + hour / 2 }],
    [['name=x', '-d=9w', '--end', '2026-11-22T20:00:00+07:00'], { endsAt: now + hour }],
    [['name=x', '--author', 'bo'], { createdBy: 'bo' }],
    [['name=x', '-a', 'bo'], { createdBy: 'bo' }],
    [['on-sync-failed'], { matchers: [['trigger="on-sync-failed"']] }],
    [['name=~"a b\\\\d",namespace!~x'], { matchers: [['name=~"a b\\\\d"', 'namespace!~"x"']] }],
    [['"odd label"=x'], { matchers: [['"odd label"="x"']] }],
  ])('%j', async (given, silence) => {
    const world: FakeWorld = {};
    expect(await herald(world, 'silence', 'add', ...given, '-c', 'c')).toMatchObject({ code: 0, stderr: '' });
    expect(silencesOf(world)[0]?.value).toMatchObject(silence);
  });

  test.each([
    [['name=x'], 'nothing says why: give --comment'],
    [['-c', 'c'], 'nothing says what is silenced: write matchers, such as name=shop'],
    [['name!=x', '-c', 'c'], 'the matchers would silence everything: name something'],
    [['name=~.*', 'project=""', '-c', 'c'], 'the matchers would silence everything: name something'],
    [['name=x', 'y', '-c', 'c'], 'the matcher "y" cannot be read: found no operator at character 2'],
    [['name=~(', '-c', 'c'], 'the matcher "name=~(" cannot be read: bad regular expression'],
    [['""=x', '-c', 'c'], 'a matcher names no label'],
    [['name=x', '-c', 'c', '--end', '2026-11-22T11:59:59Z'], 'it would end at 2026-11-22T11:59:59Z, '],
    [
      ['name=x', '-c', 'c', '--start=2026-11-20T00:00:00Z'],
      'it would end at 2026-11-20T01:00:00Z, which is over',
    ],
    [
      ['name=x', '-c', 'c', '--start=2026-12-01T00:00:00Z', '--end=2026-11-30T00:00:00Z'],
      'it would end at 2026-11-30T00:00:00Z, before it begins',
    ],
    [['name=x', '-c', 'c', '-d', '9999y'], 'it would end after the year 9999'],
    [['name=x', '-c', 'c', '-d', '0s'], '--duration "0s" is no duration: write it as Prometheus does'],
    [['name=x', '-c', 'c', '-d', '1.5h'], '--duration "1.5h" is no duration'],
    [['name=x', '-c', 'c', '--end', 'tomorrow'], '--end "tomorrow" is no time: write it with its zone'],
    [
      ['name=x', '-c', 'c', '--annotation', 'ticket'],
      '--annotation "ticket" is none: write it as name=value',
    ],
    [['name=x', '-c', 'c', '--author='], 'nobody says so: give --author NAME'],
  ])('%j is refused, and nothing is written', async (given, error) => {
    const world: FakeWorld = {};
    const refused = await herald(world, 'silence', 'add', ...given);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(`herald silence add: ${error}`);
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(world.rows).toBeUndefined();
  });

  test('without a comment where none is required', async () => {
    const world: FakeWorld = {};
    expect(await herald(world, 'silence', 'add', 'name=x', '--require-comment=false')).toMatchObject({
      code: 0,
    });
    expect(silencesOf(world)[0]?.value.comment).toBe('');
  });

  test('says what a label was probably meant to be, and adds it all the same', async () => {
    const given = ['alertname=x', 'severty=critical', 'team=core', '-c', 'c'];
    const { code, stderr } = await herald({}, 'silence', 'add', ...given);
    expect(code).toBe(0);
    expect(stderr).toBe(
      'the label alertname is none that every alert has: did you mean trigger?\n' +
        'the label severty is none that every alert has: did you mean severity?\n',
    );
  });
});

describe('silence list', () => {
  const rows = [
    row('late', {
      endsAt: now + 30 * hour,
      createdBy: 'bo',
      matchers: [['project="web"', 'severity=~"w.*"']],
    }),
    row('soon', { comment: 'line\none\u001b[2J' }),
    row('pending', { startsAt: now + hour, endsAt: now + 2 * hour }),
    row('over', { endsAt: now - 2 * hour }),
    row('long-over', { endsAt: now - 50 * hour }),
    ...heldBy('late'),
  ];
  const ids = async (...argv: string[]) =>
    (await herald({ rows }, 'silence', 'list', '-q', ...argv)).stdout.trim().split('\n');

  test('those that are not over, the next to end first, each with what it holds back', async () => {
    expect((await herald({ rows }, 'silence', 'list')).stdout).toBe(
      [
        'ID       STATE    MATCHERS                       ENDS                  ALERTS  CREATED BY  COMMENT',
        'soon     active   name="shop"                    2026-11-22T13:00:00Z  0       ana         line one\\u001b[2J',
        'pending  pending  name="shop"                    2026-11-22T14:00:00Z  0       ana         migration',
        'late     active   project="web" severity=~"w.*"  2026-11-23T18:00:00Z  1       bo          migration',
        '',
      ].join('\n'),
    );
    expect((await herald({ rows }, 'silence')).stdout).toBe(
      (await herald({ rows }, 'silence', 'list')).stdout,
    );
  });

  test.each([
    [[], ['soon', 'pending', 'late']],
    [['--within', '90m'], ['soon']],
    [['--expired'], ['long-over', 'over']],
    [['--expired', '--within=3h'], ['over']],
    [['--created-by', 'bo'], ['late']],
    [['--id', 'soon'], ['soon']],
    [['--id=over'], ['']],
    [['name=shop'], ['soon', 'pending']],
    [['name=~sh.*'], ['soon', 'pending']],
    [['project=web', 'name!=shop'], ['late']],
    [['on-x'], ['']],
  ])('%j', async (argv, found) => {
    expect(await ids(...argv)).toEqual(found);
  });

  test('in the forms of amtool and of the other commands', async () => {
    const extended = await herald({ rows }, 'silence', 'list', '-o', 'extended');
    expect(extended.stdout.split('\n')[0]).toMatch(
      /STARTS +ENDS +UPDATED +ALERTS +CREATED BY +ANNOTATIONS +COMMENT/,
    );
    expect((await herald({ rows }, 'silence', 'list', '-o', 'name')).stdout).toBe('soon\npending\nlate\n');
    expect((await herald({ rows }, 'silence', 'list', '-o', 'yaml')).stdout).toContain('- id: soon\n');
    const { stdout } = await herald({ rows }, 'silence', 'list', '-o', 'json', 'project=web');
    expect(JSON.parse(stdout)).toEqual([
      {
        id: 'late',
        status: { state: 'active' },
        matchers: [
          { name: 'project', value: 'web', isRegex: false, isEqual: true },
          { name: 'severity', value: 'w.*', isRegex: true, isEqual: true },
        ],
        startsAt: '2026-11-22T11:00:00.000Z',
        endsAt: '2026-11-23T18:00:00.000Z',
        updatedAt: '2026-11-22T11:00:00.000Z',
        createdBy: 'bo',
        comment: 'migration',
        alerts: 1,
      },
    ]);
  });

  test('none is said, too', async () => {
    expect(await herald({}, 'silence', 'list')).toEqual({ code: 0, stdout: 'No silences.\n', stderr: '' });
    expect(await herald({}, 'silence', 'list', '-o', 'json')).toMatchObject({ stdout: '[]\n' });
  });
});

test('silence show has the alerts that it holds back', async () => {
  const rows = [
    row('6c1f', { annotations: { ticket: 'OPS-1' } }),
    row('7d', { endsAt: 0 }),
    ...heldBy('6c1f'),
  ];
  expect((await herald({ rows }, 'silence', 'show', '6')).stdout).toBe(
    [
      'ID:                 6c1f',
      'State:              active',
      'Matchers:           name="shop"',
      'Starts:             2026-11-22T11:00:00Z',
      'Ends:               2026-11-22T13:00:00Z',
      'Updated:            2026-11-22T11:00:00Z',
      'Created by:         ana',
      'Comment:            migration',
      'Annotation ticket:  OPS-1',
      'Holds back:         1 alert',
      '',
      'ID            SEVERITY  APPLICATION  TRIGGER      SINCE',
      'abcdef012345  critical  argocd/shop  on-degraded  2026-11-22T11:00:00Z',
      '',
    ].join('\n'),
  );
  const { stdout } = await herald({ rows }, 'silence', 'show', '7d', '6c1f', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject([
    { id: '7d', status: { state: 'expired' }, alerts: [] },
    { id: '6c1f', alerts: [{ id: 'abcdef0123456789abcdef0123456789abcdef01', state: 'silenced' }] },
  ]);
  expect(await herald({ rows }, 'silence', 'show', 'x')).toMatchObject({
    code: 1,
    stderr: 'herald silence show: there is no silence "x": herald silence list shows those that are\n',
  });
});

describe('silence expire', () => {
  test('ends them now, one that has not begun as well', async () => {
    const world: FakeWorld = { rows: [row('aa'), row('ab', { startsAt: now + hour }), ...heldBy('aa')] };
    expect(await herald(world, 'silence', 'expire', 'aa', 'ab')).toEqual({
      code: 0,
      stdout: 'aa is over; it held back 1 alert.\nab is over; it held back no alerts.\n',
      stderr: '',
    });
    const over = { startsAt: now - hour, endsAt: now - 1, comment: 'migration', updatedAt: now };
    expect(silencesOf(world)).toMatchObject([
      { key: 'aa', value: over, expiresAt: now - 1 + 5 * 24 * hour },
      { key: 'ab', value: { ...over, startsAt: now - 1 } },
    ]);
    expect((await herald(world, 'silence', 'list', '-q')).stdout).toBe('');
    expect((await herald(world, 'silence', 'list', '-q', '--expired')).stdout).toBe('aa\nab\n');
  });

  test.each([
    [['aa', 'x'], 'there is no silence "x": herald silence list shows those that are'],
    [['a'], 'a is the beginning of 2 ids: write more of it'],
    [['aa', 'over'], 'over has ended at 2026-11-22T10:00:00Z already'],
  ])('%j ends nothing', async (ids, error) => {
    const rows = [row('aa'), row('ab'), row('over', { endsAt: now - 2 * hour })];
    const world: FakeWorld = { rows };
    expect(await herald(world, 'silence', 'expire', ...ids)).toEqual({
      code: 1,
      stdout: '',
      stderr: `herald silence expire: ${error}\n`,
    });
    expect(world.rows).toBe(rows);
  });

  test('of nothing is a mistake', async () => {
    expect(await herald({}, 'silence', 'expire')).toMatchObject({ code: 2 });
  });
});

describe('silence update', () => {
  test.each<[string[], Partial<Silence>]>([
    [['-d', '3h'], { startsAt: now - hour, endsAt: now + 2 * hour, comment: 'migration' }],
    [['--end', '2026-11-22T18:00:00Z', '-d', '3h'], { endsAt: now + 6 * hour }],
    [
      ['--start', '2026-11-22T12:30:00Z', '-c', 'later'],
      { startsAt: now + hour / 2, endsAt: now + hour, comment: 'later' },
    ],
  ])('%j', async (given, silence) => {
    const world: FakeWorld = { rows: [row('aa'), row('b')] };
    const updated = await herald(world, 'silence', 'update', 'a', ...given);
    expect(updated).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ID .*\naa +(active|pending) /),
      stderr: '',
    });
    const { endsAt = now + hour } = silence;
    expect(silencesOf(world).find(({ key }) => key === 'aa')).toMatchObject({
      value: { ...silence, matchers: [['name="shop"']], createdBy: 'ana', updatedAt: now },
      expiresAt: endsAt + 5 * 24 * hour,
    });
  });

  test('one that was over holds again', async () => {
    const world: FakeWorld = { rows: [row('aa', { endsAt: now - 1 })] };
    expect((await herald(world, 'silence', 'update', 'aa', '-d=2h', '-q')).stdout).toBe('aa\n');
    expect((await herald(world, 'silence', 'list', '-q')).stdout).toBe('aa\n');
  });

  test.each([
    [['aa', '-d', '30m'], 1, 'aa: it would end at 2026-11-22T11:30:00Z, which is over'],
    [
      ['aa', '--start', '2026-11-22T14:00:00Z'],
      1,
      'aa: it would end at 2026-11-22T13:00:00Z, before it begins',
    ],
    [['ab', 'x', '-d=9h'], 1, 'there is no silence "x"'],
    [['aa'], 2, 'nothing is to be changed: give --duration, --start, --end or --comment'],
  ])('%j changes nothing', async (given, code, error) => {
    const rows = [row('aa'), row('ab')];
    const world: FakeWorld = { rows };
    const refused = await herald(world, 'silence', 'update', ...given);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toContain(`herald silence update: ${error}`);
    expect(world.rows).toBe(rows);
  });
});

describe('silence import', () => {
  const exported = {
    id: '2ee5a1dd-9f0b-4f6f-a4a1-3c64d0a1f4a1',
    status: { state: 'active' },
    updatedAt: '2026-11-22T11:00:00.000Z',
    matchers: [
      { name: 'trigger', value: 'on-x', isRegex: false, isEqual: true },
      { name: 'team', value: 'a.*\t"b"', isRegex: true, isEqual: false },
    ],
    startsAt: '2026-11-22T11:00:00.000Z',
    endsAt: '2026-11-22T13:00:00.000+00:00',
    createdBy: 'ana',
    comment: 'from am',
    annotations: { ticket: 'OPS-1' },
  };

  test('takes what amtool writes, with its id', async () => {
    const world: FakeWorld = { files: { 'am.json': JSON.stringify([exported]) } };
    const imported = await herald(world, 'silence', 'import', 'am.json', '-w', '4');
    expect(imported).toEqual({ code: 0, stdout: `${exported.id}\n`, stderr: '' });
    expect(silencesOf(world)).toMatchObject([
      {
        key: exported.id,
        value: {
          matchers: [['trigger="on-x"', 'team!~"a.*\t\\"b\\""']],
          startsAt: now - hour,
          endsAt: now + hour,
          createdBy: 'ana',
          comment: 'from am',
          annotations: { ticket: 'OPS-1' },
        },
        expiresAt: now + (1 + 5 * 24) * hour,
      },
    ]);
  });

  test('what list writes is read from standard input, and what is there is replaced unless it is forced', async () => {
    const world: FakeWorld = { rows: [row('aa'), row('ab', { matchers: [['a="1"', 'b!~"2"'], ['c="3"']] })] };
    const { stdout: stdin } = await herald(world, 'silence', 'list', '-o', 'json');
    const other: FakeWorld = { stdin };
    expect((await herald(other, 'silence', 'import')).stdout).toBe('aa\nab\n');
    const withoutTimes = (of: FakeWorld) =>
      silencesOf(of).map(({ key, value: { updatedAt: _updatedAt, ...value } }) => ({ key, value }));
    expect(withoutTimes(other)).toEqual(withoutTimes(world));
    expect((await herald(other, 'silence', 'import', '-')).stdout).toBe('aa\nab\n');
    expect(silencesOf(other)).toHaveLength(2);
    expect((await herald(other, 'silence', 'import', '-f')).stdout).toMatch(/^([0-9a-f-]{36}\n){2}$/);
    expect(silencesOf(other)).toHaveLength(4);
  });

  test('what is bad is said, and everything else is added', async () => {
    const bad = [
      { ...exported, matchers: [] },
      { ...exported, matchers: [{ name: 'a', value: '', isRegex: false }] },
      { ...exported, matchers: [{ name: 'a', value: '(', isRegex: true }] },
      { ...exported, endsAt: '2026-11-22T11:30:00Z' },
      { ...exported, endsAt: 'soon\u001b' },
      { ...exported, id: '../x' },
      { ...exported, createdBy: '' },
      'text',
    ];
    const world: FakeWorld = { stdin: JSON.stringify([...bad, { ...exported, id: '' }]) };
    const { code, stdout, stderr } = await herald(world, 'silence', 'import');
    expect(code).toBe(1);
    expect(stdout).toMatch(uuid);
    const lines = stderr.trimEnd().split('\n');
    const errors = [
      'nothing says what is silenced',
      'the matchers would silence everything',
      'bad regular expression',
      'it would end at 2026-11-22T11:30:00Z, which is over',
      'endsAt: "soon\\u001b" is no time',
      'id: is no id',
      'createdBy:',
      'Invalid input',
    ];
    for (const [index, error] of errors.entries()) {
      expect(lines[index]).toContain(`silence ${index + 1} is not added: `);
      expect(lines[index]).toContain(error);
    }
    expect(lines.at(-1)).toBe('8 of 9 silences are not added.');
  });

  test.each([
    [['missing.json'], 'missing.json: ENOENT'],
    [['-'], 'standard input is no JSON: write it with herald silence list -o json'],
  ])('%j', async (given, error) => {
    const refused = await herald({ stdin: 'id,matchers' }, 'silence', 'import', ...given);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(error) });
  });
});
