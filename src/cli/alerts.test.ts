import { describe, expect, test } from 'vitest';
import type { ParkedDelivery } from '../ledger/ledger.ts';
import type { Acknowledgement, Alert, NoticedAlert, OngoingNotice, ScopedRow } from '../ledger/rows.ts';
import type { DeliveryFacts } from '../model.ts';
import { firingAlert } from '../testing/firing-alert.ts';
import { parseCommandLine } from './command-line.ts';
import { runCommand } from './run-command.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

const now = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;

async function herald(world: FakeWorld, ...argv: string[]) {
  const line = parseCommandLine([...argv, '--queue', 'redis://q'], { HOME: '/home/jo', USER: 'jo' });
  if ('exit' in line) return { code: line.exit, stdout: line.stdout, stderr: line.stderr };
  if (line.command === 'run') throw new Error('The bridge is not run here');
  const io = fakeIo({ now });
  const shared = { ...io, openLedger: () => fakeIo(world).openLedger('') };
  return { code: await runCommand(line, shared), ...io.output };
}

function alert(name: string, value: Partial<Alert> = {}): Alert {
  return firingAlert(now, {
    key: `${name}0123456789abcdef`,
    application: { uid: `uid-${name}`, namespace: 'argocd', name: `app-${name}`, project: 'web' },
    since: now - 30 * minute,
    firedAt: now - 25 * minute,
    resolved: [],
    ...value,
  });
}

function alertRow(value: Alert): ScopedRow<'alert'> {
  return { scope: value.application.uid, kind: 'alert', key: value.key, value };
}

function noticeRow(key: string, value: Partial<OngoingNotice>): ScopedRow<'ongoing'> {
  const destination = { service: 'slack', recipient: 'ops' };
  return {
    scope: key,
    kind: 'ongoing',
    key,
    value: { configNamespace: 'argocd', destination, createdAt: now, ...value },
  };
}

function told(alerts: Alert[], at = now - 20 * minute): Pick<OngoingNotice, 'told'> {
  const firing = Object.fromEntries(alerts.map(({ key, severity }) => [key, severity]));
  return { told: { at, root: 'root', delivery: 'last', firing, acknowledged: [] } };
}

function ackRow(key: string, value: Partial<Acknowledgement> = {}): ScopedRow<'acknowledgement'> {
  return {
    scope: 'acknowledgements',
    kind: 'acknowledgement',
    key,
    value: { at: now, by: 'bo', comment: '', ...value },
  };
}

/** One in each state. */
function everything() {
  const pending = alert('aaaa', {
    state: 'pending',
    since: now - 2 * minute,
    dueAt: now + 3 * minute,
    severity: 'warning',
  });
  delete pending.firedAt;
  const firing = alert('bbbb', { since: now - 60 * minute });
  const silenced = alert('cccc');
  const muted = alert('dddd');
  const inhibited = alert('eeee');
  const acknowledged = alert('ffff', { acknowledged: { at: now, by: 'ana', comment: 'on it' } });
  const resolved = alert('abab', { state: 'resolved', ended: { at: now - minute, why: 'recovered' } });
  const all = [pending, firing, silenced, muted, inhibited, acknowledged, resolved];
  const email = { service: 'email', recipient: 'a@x' };
  const rows: ScopedRow[] = [
    ...all.map(alertRow),
    noticeRow('n1', { ...told([firing]), dueAt: now + 10 * minute }),
    noticeRow('n2', { ...told([firing], now - 5 * minute), destination: email, dueAt: now + 5 * minute }),
    noticeRow('n3', {
      held: { [silenced.key]: { by: 'silence', id: '6c1f4a0e-0000-4000-8000-000000000000' } },
    }),
    noticeRow('n4', { ...told([muted]), held: { [muted.key]: { by: 'mute', id: 'muteTimes 2' } } }),
    noticeRow('n5', { held: { [inhibited.key]: { by: 'inhibit', id: 'inhibit 1' } } }),
    noticeRow('n6', { ...told([acknowledged, resolved]), groupLabels: { project: 'web' } }),
  ];
  return { rows, firing, acknowledged, resolved };
}

describe('alerts', () => {
  test('are a table: the oldest first, who was told when, what is next, and what holds them back', async () => {
    expect((await herald(everything(), 'alerts')).stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'ID            STATE         SEVERITY  APPLICATION      TRIGGER      SINCE                 TOLD                                                            NEXT                  HELD BACK BY',
      'bbbb01234567  firing        critical  argocd/app-bbbb  on-degraded  2026-11-22T11:00:00Z  slack:ops 2026-11-22T11:40:00Z, email:a@x 2026-11-22T11:55:00Z  2026-11-22T12:05:00Z',
      'abab01234567  resolved      critical  argocd/app-abab  on-degraded  2026-11-22T11:30:00Z  slack:ops 2026-11-22T11:40:00Z                                                        ended: recovered',
      'cccc01234567  silenced      critical  argocd/app-cccc  on-degraded  2026-11-22T11:30:00Z                                                                                        silence 6c1f4a0e',
      'dddd01234567  muted         critical  argocd/app-dddd  on-degraded  2026-11-22T11:30:00Z  slack:ops 2026-11-22T11:40:00Z                                                        muteTimes 2',
      'eeee01234567  inhibited     critical  argocd/app-eeee  on-degraded  2026-11-22T11:30:00Z                                                                                        inhibit 1',
      'ffff01234567  acknowledged  critical  argocd/app-ffff  on-degraded  2026-11-22T11:30:00Z  slack:ops 2026-11-22T11:40:00Z                                                        acknowledged by ana',
      'aaaa01234567  pending       warning   argocd/app-aaaa  on-degraded  2026-11-22T11:58:00Z                                                                  2026-11-22T12:03:00Z',
      '',
    ]);
  });

  test.each([
    [['--pending'], ['aaaa']],
    [['--firing'], ['bbbb']],
    [['--silenced'], ['cccc']],
    [['--muted'], ['dddd']],
    [['--inhibited'], ['eeee']],
    [['--acknowledged'], ['ffff']],
    [['--resolved'], ['abab']],
    [
      ['--silenced', '--muted', '--pending'],
      ['cccc', 'dddd', 'aaaa'],
    ],
    [['app-cccc'], ['cccc']],
    [
      ['argocd/app-cccc', 'dddd0123'],
      ['cccc', 'dddd'],
    ],
    [['other/app-cccc'], []],
    [['app-cccc', '--firing'], []],
  ])('%j', async (argv, found) => {
    const { stdout } = await herald(everything(), 'alerts', ...argv, '-o', 'name');
    expect(stdout).toBe(found.map((name) => `${name}0123456789abcdef\n`).join(''));
  });

  test('of which nobody was told, and why', async () => {
    const again = alert('cccc', { toldBefore: [{ service: 'slack', recipient: 'ops' }] });
    const rows = [alertRow(alert('aaaa')), alertRow(again)];
    const { stdout } = await herald({ rows }, 'alerts');
    expect(stdout).toMatch(
      /aaaa01234567 .* not told yet\ncccc01234567 .* told before of its oncePer value\n$/,
    );
  });

  test('as JSON and YAML', async () => {
    const { stdout } = await herald(everything(), 'alerts', 'app-bbbb', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual([
      {
        id: 'bbbb0123456789abcdef',
        state: 'firing',
        application: { uid: 'uid-bbbb', namespace: 'argocd', name: 'app-bbbb', project: 'web' },
        configNamespace: 'argocd',
        trigger: 'on-degraded',
        severity: 'critical',
        labels: {},
        since: '2026-11-22T11:00:00.000Z',
        firedAt: '2026-11-22T11:35:00.000Z',
        changes: [],
        resolved: true,
        heldBy: [],
        notices: [
          {
            id: 'n1',
            destination: { service: 'slack', recipient: 'ops' },
            toldAt: '2026-11-22T11:40:00.000Z',
            toldSeverity: 'critical',
            root: 'root',
            delivery: 'last',
            messages: [],
            nextAt: '2026-11-22T12:10:00.000Z',
          },
          expect.objectContaining({ id: 'n2' }),
        ],
        nextAt: '2026-11-22T12:05:00.000Z',
      },
    ]);
    expect((await herald(everything(), 'alerts', '--silenced', '-o', 'yaml')).stdout).toMatch(
      /heldBy:\n {4}- by: silence\n {6}id: 6c1f4a0e-/,
    );
  });

  test('more than --limit is said, and so is none', async () => {
    const { stdout, stderr } = await herald(everything(), 'alerts', '--limit', '2', '-o', 'name');
    expect(stdout.trim().split('\n')).toHaveLength(2);
    expect(stderr).toBe('There are 7, of which 2 are shown: give --limit to see more.\n');
    expect(await herald({}, 'alerts')).toEqual({ code: 0, stdout: 'No alerts.\n', stderr: '' });
  });

  test('what comes from outside stays on its line and moves no cursor', async () => {
    const odd = alert('aaaa', { trigger: 'on\nit\u001b[2J' });
    const { stdout } = await herald({ rows: [alertRow(odd)] }, 'alerts');
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stdout).toContain('on it\\u001b[2J');
  });
});

describe('alerts of conditions that are told once', () => {
  const application = { uid: 'uid-shop', namespace: 'argocd', name: 'shop', object: {}, revision: '1' };
  const noticed = (key: string, since = now - 10 * minute) => ({
    key,
    oncePer: '',
    since,
    unnamed: true as const,
  });
  const once = (recipient: string, alerts: NoticedAlert[], scope = 'uid-shop'): ScopedRow<'notice'> => ({
    scope,
    kind: 'notice',
    key: `notice-${recipient}`,
    value: {
      configNamespace: 'argocd',
      destination: { service: 'slack', recipient },
      of: { trigger: 'on-out-of-sync', condition: 'HASH' },
      alerts,
    },
  });
  const world = (): FakeWorld => ({
    rows: [
      alertRow(alert('aaaa')),
      { scope: 'uid-shop', kind: 'application', key: '', value: application },
      once('ops', [noticed('bbbb0123456789')]),
      once('dev', [noticed('bbbb0123456789', now - 5 * minute)]),
      // It began without a value, and goes on.
      once('named', [noticed('cccc0123456789'), { key: 'dddd', oncePer: 'v1', since: now }]),
      // Whether it still matches is not written of one that had a value from its beginning.
      once('valued', [{ key: 'eeee0123456789', oncePer: 'v1', since: now }]),
      once('over', []),
      once('gone', [noticed('ffff0123456789')], 'uid-gone'),
    ],
  });

  test('are listed with the others: since when, and where they were told', async () => {
    const { stdout } = await herald(world(), 'alerts', '--firing');
    expect(stdout.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, '  '))).toEqual([
      expect.stringMatching(/^ID /),
      'aaaa01234567  firing  critical  argocd/app-aaaa  on-degraded  2026-11-22T11:30:00Z  not told yet',
      'bbbb01234567  firing  argocd/shop  on-out-of-sync  2026-11-22T11:50:00Z  slack:ops 2026-11-22T11:50:00Z, slack:dev 2026-11-22T11:55:00Z  told once',
      'cccc01234567  firing  argocd/shop  on-out-of-sync  2026-11-22T11:50:00Z  slack:named 2026-11-22T11:50:00Z  told once',
      '',
    ]);
    const json = JSON.parse((await herald(world(), 'alerts', 'shop', 'bbbb0123', '-o', 'json')).stdout);
    expect(json).toMatchObject([{ id: 'bbbb0123456789', once: true }, { id: 'cccc0123456789' }]);
    expect(json[0].notices).toEqual([
      {
        id: 'notice-ops',
        destination: { service: 'slack', recipient: 'ops' },
        toldAt: '2026-11-22T11:50:00.000Z',
        messages: [],
      },
      expect.objectContaining({ id: 'notice-dev' }),
    ]);
    expect(json[0].application.project).toBe('default');
  });

  test('are shown, and cannot be acknowledged: nothing of them is repeated', async () => {
    const { stdout } = await herald(world(), 'alerts', 'show', 'bbbb');
    expect(stdout).toMatch(/End: +is not told/);
    expect(stdout).toMatch(/slack:dev +- +2026-11-22T11:55:00Z/);
    expect(await herald(world(), 'alerts', 'ack', 'bbbb')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'herald alerts ack: bbbb01234567 (argocd/shop) is told once and never repeated: on-out-of-sync has no repeat or resolved\n',
    });
  });
});

describe('alerts show', () => {
  function delivery(id: string, value: Partial<DeliveryFacts>): DeliveryFacts {
    return {
      id,
      lane: 'l',
      notice: 'n',
      reason: 'repeated',
      alerts: [{ ...alert('bbbb'), key: 'other' }],
      destination: { service: 'slack', recipient: 'ops' },
      templates: ['t'],
      configNamespace: 'argocd',
      observedAt: now,
      ...value,
    };
  }

  test('everything: its life, what was told and why, and deliveries', async () => {
    const shown = alert('bbbb', {
      labels: { team: 'core' },
      changes: [now - 15 * minute, now - 10 * minute],
      unmatchedAt: now - minute,
      acknowledged: { at: now - 5 * minute, by: 'ana', comment: 'rolling back' },
      oncePer: 'r1',
    });
    const notice = noticeRow('n', {
      ...told([shown]),
      groupLabels: { project: 'web' },
      dueAt: now + minute,
      said: [
        { at: now - 25 * minute, reason: 'first' },
        { at: now - 20 * minute, reason: 'new in group' },
      ],
    });
    const given: ParkedDelivery = {
      delivery: delivery('parkedparked11', { notice: 'x', alerts: [shown] }),
      status: 'rejected',
      reason: 'channel_not_found',
      error: 'the channel does not exist',
      at: now,
    };
    const world: FakeWorld = {
      rows: [alertRow(shown), notice, alertRow(alert('cccc'))],
      // One of its group that names other alerts, and one that is none of its.
      pending: [delivery('pendingpending', {}), delivery('strange', { notice: 'y' })],
      parked: [given],
    };
    const { stdout } = await herald(world, 'alerts', 'show', 'bb');
    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'ID:             bbbb0123456789abcdef',
      'State:          acknowledged',
      'Application:    argocd/app-bbbb, project web',
      'Trigger:        on-degraded',
      'ConfigMap of:   argocd',
      'Once per:       r1',
      'Severity:       critical',
      'Labels:         team=core',
      'Since:          2026-11-22T11:30:00Z, for 30m',
      'Fired:          2026-11-22T11:35:00Z',
      'Matched again:  2 times: 2026-11-22T11:45:00Z, 2026-11-22T11:50:00Z',
      'Unmatched:      since 2026-11-22T11:59:00Z, kept firing',
      'End:            is told with the default message',
      'Acknowledged:   2026-11-22T11:55:00Z by ana: rolling back',
      'Next:           2026-11-22T12:01:00Z',
      '',
      'DESTINATION  GROUP        TOLD                  SEVERITY  NEXT                  HELD BACK BY',
      'slack:ops    project=web  2026-11-22T11:40:00Z  critical  2026-11-22T12:01:00Z',
      '',
      'MESSAGE               DESTINATION  REASON',
      '2026-11-22T11:35:00Z  slack:ops    first',
      '2026-11-22T11:40:00Z  slack:ops    new in group',
      '',
      'DELIVERY      STATUS    SINCE                 DESTINATION  REASON',
      'pendingpendi  pending   2026-11-22T12:00:00Z  slack:ops    repeated',
      'parkedparked  rejected  2026-11-22T12:00:00Z  slack:ops    channel_not_found: the channel does not exist',
      '',
    ]);
    const json = JSON.parse((await herald(world, 'alerts', 'show', 'bbbb', '-o', 'json')).stdout);
    expect(json).toMatchObject([
      {
        id: shown.key,
        acknowledged: { by: 'ana' },
        notices: [{ messages: [{}, { at: '2026-11-22T11:40:00.000Z', reason: 'new in group' }] }],
        deliveries: [
          { id: 'pendingpending', status: 'pending' },
          { id: 'parkedparked11', status: 'rejected' },
        ],
      },
    ]);
  });

  test('one of which nobody was told, and ids that name none or several', async () => {
    const world = { rows: [alertRow(alert('aabb')), alertRow(alert('aacc'))] };
    expect((await herald(world, 'alerts', 'show', 'aab')).stdout).toContain('Nobody has been told.');
    expect((await herald(world, 'alerts', 'show', 'aabb', 'aacc')).stdout.match(/^ID:/gm)).toHaveLength(2);
    expect(await herald(world, 'alerts', 'show', 'x')).toMatchObject({
      code: 1,
      stderr: 'herald alerts show: there is no open alert "x": herald alerts shows those that are\n',
    });
    expect(await herald(world, 'alerts', 'show', 'aa')).toMatchObject({
      code: 1,
      stderr: 'herald alerts show: aa is the beginning of 2 ids: write more of it\n',
    });
  });
});

describe('alerts ack and unack', () => {
  const written = ({ rows = [] }: FakeWorld) => rows.filter(({ kind }) => kind === 'acknowledgement');

  test('write who it is, for as long as it takes the bridge to read it', async () => {
    const world: FakeWorld = everything();
    expect(await herald(world, 'alerts', 'ack', 'bbbb', 'cc', '-c', 'on it')).toEqual({
      code: 0,
      stdout:
        'bbbb01234567 (argocd/app-bbbb, on-degraded) is acknowledged, and not repeated until it ends.\n' +
        'cccc01234567 (argocd/app-cccc, on-degraded) is acknowledged, and not repeated until it ends.\n',
      stderr: '',
    });
    expect(written(world)).toMatchObject([
      {
        key: 'bbbb0123456789abcdef',
        scope: 'acknowledgements',
        value: { at: now, by: 'jo', comment: 'on it' },
        expiresAt: now + 5 * 24 * 60 * minute,
      },
      { key: 'cccc0123456789abcdef' },
    ]);
    // What holds back more than repeats is what is shown.
    expect((await herald(world, 'alerts', 'app-cccc')).stdout).toMatch(
      /silenced .* silence 6c1f4a0e, acknowledged by jo\n/,
    );
  });

  test('unack takes it back, what the bridge has read already, too', async () => {
    const world: FakeWorld = everything();
    expect(await herald(world, 'alerts', 'unack', 'ffff')).toMatchObject({
      code: 0,
      stdout: 'ffff01234567 (argocd/app-ffff, on-degraded) is not acknowledged any more.\n',
    });
    expect(written(world)).toMatchObject([{ value: { by: 'jo', withdrawn: true } }]);
    expect((await herald(world, 'alerts', 'app-ffff', '-o', 'json')).stdout).toContain('"state": "firing"');
    expect(await herald(world, 'alerts', 'unack', 'ffff')).toMatchObject({
      code: 1,
      stderr: 'herald alerts unack: ffff01234567 (argocd/app-ffff) is not acknowledged\n',
    });
    await herald(world, 'alerts', 'ack', 'ffff', '-a', 'cy');
    expect((await herald(world, 'alerts', '--acknowledged')).stdout).toContain('acknowledged by cy');
  });

  test.each([
    [['bbbb', 'x'], 'there is no open alert "x": herald alerts shows those that are'],
    [['bbbb', 'abab'], 'abab01234567 has ended at 2026-11-22T11:59:00Z: recovered'],
    [['bbbb', ''], 'there is no open alert "": herald alerts shows those that are'],
  ])('%j acknowledges nothing', async (ids, error) => {
    const world: FakeWorld = everything();
    expect(await herald(world, 'alerts', 'ack', ...ids)).toEqual({
      code: 1,
      stdout: '',
      stderr: `herald alerts ack: ${error}\n`,
    });
    expect(written(world)).toEqual([]);
  });

  test('by nobody, or of nothing, is a mistake', async () => {
    expect(await herald({}, 'alerts', 'ack', 'x', '--author=')).toMatchObject({
      code: 2,
      stderr: 'herald alerts ack: nobody says so: give --author NAME, since $USER is not set\n',
    });
    expect(await herald({}, 'alerts', 'ack')).toMatchObject({ code: 2 });
  });

  test('an acknowledgement that the bridge has not read yet is shown', async () => {
    const rows = [alertRow(alert('aaaa')), ackRow(alert('aaaa').key)];
    expect((await herald({ rows }, 'alerts')).stdout).toMatch(/acknowledged by bo, not told yet\n$/);
  });
});
