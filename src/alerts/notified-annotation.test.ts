import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Application, ConditionResult, JsonObject } from '../model.ts';
import { cpuSeconds } from '../testing/thread-cpu.ts';
import { rowsOfImport } from './imported-rows.ts';
import {
  endedMeanwhile,
  type ImportCandidate,
  importAlerts,
  notifiedAnnotation,
  parseNotified,
  serialiseNotified,
  stateKey,
} from './notified-annotation.ts';
import { mirrorKeys, mirrorNotified } from './notified-mirror.ts';

const now = 1_795_348_800_000;
const controllerNamespace = 'argocd';

function application(annotation: string, object: JsonObject = {}): Application {
  return {
    uid: 'uid-1',
    namespace: 'argocd',
    name: 'shop',
    project: 'default',
    resourceVersion: '1',
    labels: {},
    annotations: { [notifiedAnnotation]: annotation },
    object,
  };
}

const matched = (printed = ''): ConditionResult => ({
  status: 'matched',
  oncePer: printed === '' ? { kind: 'none' } : { kind: 'value', printed },
});

function candidate(over: Partial<ImportCandidate> = {}): ImportCandidate {
  return {
    configNamespace: 'argocd',
    trigger: 'on-deployed',
    condition: 'HASH',
    index: 0,
    send: [],
    destination: { service: 'slack', recipient: 'deploys' },
    result: matched(),
    ...over,
  };
}

function imported(state: Record<string, number>, candidates: ImportCandidate[], object?: JsonObject) {
  const options = { controllerNamespace, now };
  return importAlerts(application(JSON.stringify(state), object), candidates, options);
}

const values = (alerts: { oncePer: string }[]) => alerts.map(({ oncePer }) => oncePer).sort();

test('of what the annotation has as notified, only what no longer matches has ended', () => {
  const plain = candidate();
  const others: ImportCandidate[] = [
    candidate({ trigger: 'on-other', result: { status: 'unmatched' } }),
    candidate({ condition: 'FAILED', result: { status: 'failed', error: 'nil' } }),
    candidate({ condition: 'ONCE', oncePer: 'app.x', result: { status: 'unmatched' } }),
    candidate({ configNamespace: 'team-a', result: { status: 'unmatched' } }),
  ];
  const keys = ['on-deployed:[0].HASH', 'on-deployed:[0].FAILED', 'r1:on-deployed:[0].ONCE'];
  const state = Object.fromEntries(keys.map((key) => [`${key}:slack:deploys`, 5]));
  const ended = (result: ConditionResult) =>
    endedMeanwhile(
      application(JSON.stringify(state)),
      [{ ...plain, result }, ...others],
      controllerNamespace,
    );

  expect(ended({ status: 'unmatched' }).map(({ condition }) => condition)).toEqual(['HASH']);
  expect(ended(matched())).toEqual([]);
});

describe('the longest keys that annotations hold', () => {
  const tail = 'on-deployed:[0].HASH:slack:deploys';

  test.each([
    ['colons', ':'.repeat(250_000)],
    ['indexes', ':[1].'.repeat(50_000)],
    ['triggers', 'on-deployed:'.repeat(20_000)],
    ['digits', `on-deployed:[${'0'.repeat(250_000)}`],
  ])('of %s are read in time, as values and as something else', (_, long) => {
    const candidates = [
      candidate({ oncePer: 'app.x' }),
      candidate({ oncePer: 'app.x', index: 1, condition: 'B' }),
    ];
    const state = { [long]: 5, [`${long}:${tail}`]: 5, [`r1:${tail}`]: 5 };
    let found: string[] = [];
    const seconds = cpuSeconds(() => {
      found = values(imported(state, candidates));
    });
    expect(found).toEqual([long, 'r1'].sort());
    expect(seconds).toBeLessThan(10);
  });

  test('are found by their longest tail, and of two by the exact one', () => {
    const tenant = candidate({ configNamespace: 'team-a', oncePer: 'app.x' });
    const own = candidate({ oncePer: 'app.x' });
    const moved = candidate({ oncePer: 'app.x', index: 3, trigger: 'on-synced' });
    const of = (key: string) =>
      imported({ [key]: 5 }, [own, tenant, moved]).map(({ configNamespace, trigger, oncePer }) => [
        configNamespace,
        trigger,
        oncePer,
      ]);
    expect(of(`r1:team-a:${tail}`)).toEqual([['team-a', 'on-deployed', 'r1']]);
    expect(of(`r1:${tail}`)).toEqual([['argocd', 'on-deployed', 'r1']]);
    expect(of('r1:on-synced:[12].HASH:slack:deploys')).toEqual([['argocd', 'on-synced', 'r1']]);
    expect(of('r1:on-synced:[].HASH:slack:deploys')).toEqual([]);
    expect(of('r1:xon-synced:[3].HASH:slack:deploys')).toEqual([]);
  });
});

describe('reading', () => {
  test.each([
    'not json',
    '',
    '[]',
    '5',
    '{"a":1.5}',
    '{"a":1.0}',
    '{"a":1e3}',
    '{"a":"1"}',
    '{"a":{}}',
    '{"a":[1]}',
    '{"a":true}',
    '{"a":9223372036854775808}',
    '{"good":1,"a":1.5}',
  ])('%s is unreadable, hence empty', (text) => {
    expect(parseNotified(text).size).toBe(0);
  });

  test('whole numbers of 64 bits are kept exactly, null is 0', () => {
    expect([...parseNotified('{"a":9223372036854775807,"b":-3,"c":null,"__proto__":7}')]).toEqual([
      ['a', 9223372036854775807n],
      ['b', -3n],
      ['c', 0n],
      ['__proto__', 7n],
    ]);
  });

  test('what is written is read again', () => {
    const entries = fc.array(
      fc.tuple(fc.string({ unit: 'binary' }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    );
    fc.assert(
      fc.property(entries, (pairs) => {
        const state = new Map(pairs.map(([key, at]) => [key.toWellFormed(), at]));
        expect(new Map(parseNotified(serialiseNotified(state)))).toEqual(state);
      }),
    );
  });

  test('keys are sorted by their UTF-8, not by UTF-16 units', () => {
    expect(
      serialiseNotified(
        new Map([
          ['\u{1f680}', 1n],
          ['\uffee', 2n],
        ]),
      ),
    ).toBe('{"\uffee":2,"\u{1f680}":1}');
  });
});

describe('import', () => {
  const key = 'on-deployed:[0].HASH:slack:deploys';

  test('without oncePer: while the condition matches or cannot be told', () => {
    expect(imported({ [key]: 1_795_300_000 }, [candidate()])).toMatchObject([
      { trigger: 'on-deployed', condition: 'HASH', oncePer: '', since: 1_795_300_000_000 },
    ]);
    const failed = candidate({ result: { status: 'failed', error: 'nil' } });
    expect(imported({ [key]: 5 }, [failed])).toHaveLength(1);
    expect(imported({ [key]: 5 }, [candidate({ result: { status: 'unmatched' } })])).toEqual([]);
  });

  test('without oncePer a leftover with a value means nothing', () => {
    expect(imported({ [`r1:${key}`]: 5 }, [candidate()])).toEqual([]);
  });

  test('with oncePer: every value, colons included', () => {
    const state = { [`r1:${key}`]: 5, [`sha256:abc:${key}`]: 6, [`r9:on-other:[0].HASH:slack:deploys`]: 7 };
    const withOncePer = candidate({ oncePer: 'app.status.sync.revision', result: { status: 'unmatched' } });
    expect(values(imported(state, [withOncePer]))).toEqual(['r1', 'sha256:abc']);
  });

  test('with oncePer a reordered condition keeps its values; without, the index must be the same', () => {
    const state = { 'r1:on-deployed:[3].HASH:slack:deploys': 5, 'on-deployed:[3].HASH:slack:deploys': 5 };
    expect(values(imported(state, [candidate({ oncePer: 'x', result: matched('r1') })]))).toEqual(['r1']);
    expect(imported(state, [candidate()])).toEqual([]);
  });

  test('conditions with the same text are told apart by their index', () => {
    const twice = [candidate(), candidate({ condition: 'HASH#2', index: 1 })];
    const alerts = imported({ 'on-deployed:[1].HASH:slack:deploys': 5 }, twice);
    expect(alerts.map(({ condition }) => condition)).toEqual(['HASH#2']);
  });

  test('recipients with colons are found whole', () => {
    const destination = { service: 'webhook', recipient: 'https://hooks.example/x?y=1:2' };
    const state = { 'on-deployed:[0].HASH:webhook:https://hooks.example/x?y=1:2': 5 };
    expect(imported(state, [candidate({ destination })])).toHaveLength(1);
  });

  test("a tenant's key is not the controller's with the namespace as value", () => {
    const oncePer = 'app.metadata.namespace';
    const ours = candidate({ oncePer, result: matched('r1') });
    const tenant = candidate({ configNamespace: 'team-a', oncePer, result: matched('r1') });
    const alerts = imported({ [`r1:team-a:${key}`]: 5 }, [ours, tenant]);
    expect(alerts.map(({ configNamespace, oncePer: value }) => [configNamespace, value])).toEqual([
      ['team-a', 'r1'],
    ]);
  });

  describe('several sources', () => {
    const object = { status: { sync: { revisions: ['aaa', 'bbb'] } } };
    const expression = 'app.status.sync.revision';
    test.each([
      ['<nil>', { kind: 'nil' }],
      ['', { kind: 'none' }],
    ] as const)('the printed %j stands for the current list', (printed, plainOncePer) => {
      const oncePer = { kind: 'value', printed: '[aaa bbb]' } as const;
      const result = { status: 'matched', oncePer, plainOncePer } as const;
      const state = { [printed === '' ? key : `${printed}:${key}`]: 5 };
      const alerts = imported(state, [candidate({ oncePer: expression, result })], object);
      expect(values(alerts)).toEqual(['[aaa bbb]']);
    });
  });

  test('times are kept between the epoch and now', () => {
    const state = { [key]: 9_000_000_000_000 };
    expect(imported(state, [candidate()])[0]).toMatchObject({ since: now });
    expect(imported({ [key]: -5 }, [candidate()])[0]).toMatchObject({ since: 0 });
  });

  test('any key that candidates make is found again', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', '[0]', '.', 'é', '<'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, text, (value, trigger, recipient) => {
        const destination = { service: 'slack', recipient };
        const one = candidate({ trigger, destination, oncePer: 'x', result: matched(value) });
        const state = { [stateKey({ ...one, oncePer: value })]: 5 };
        expect(values(imported(state, [one]))).toEqual([value]);
      }),
    );
  });
});

describe('what is imported, in the ledger', () => {
  const key = 'on-deployed:[0].HASH:slack:deploys';
  const oncePer = 'app.status.sync.revision';

  test('is an alert that nobody need be told of, or values that were told', () => {
    const plain = rowsOfImport('uid-1', imported({ [key]: 5 }, [candidate()]), now);
    expect(plain.rows).toMatchObject([
      { kind: 'notice', value: { of: { trigger: 'on-deployed' }, alerts: [{ oncePer: '', since: 5_000 }] } },
    ]);
    const alerts = imported({ [`r1:${key}`]: 5, [`r2:${key}`]: 6 }, [candidate({ oncePer })]);
    const { rows, told } = rowsOfImport('uid-1', alerts, now);
    expect(rows.map(({ kind }) => kind)).toEqual(['notice', 'told', 'told']);
    expect(rows[0]?.value).toMatchObject({ alerts: [], valued: true });
    expect([...told]).toEqual(rows.slice(1).map((row) => row.key));
    expect(rows[1]?.expiresAt).toBeGreaterThan(now);
  });

  test('of nothing is nothing', () => {
    expect(rowsOfImport('uid-1', [], now)).toEqual({ rows: [], told: new Set() });
  });
});

describe('mirror', () => {
  const alert = {
    configNamespace: 'argocd',
    trigger: 'on-deployed',
    condition: 'HASH#2',
    oncePer: '',
    destination: { service: 'slack', recipient: 'deploys' },
  };

  test('keys are those that the import finds, the tenant included', () => {
    expect(mirrorKeys(alert, { index: 4, printed: '' }, controllerNamespace)).toEqual([
      'on-deployed:[4].HASH:slack:deploys',
    ]);
    const tenant = { ...alert, configNamespace: 'team-a', oncePer: 'r1' };
    expect(mirrorKeys(tenant, { index: 0, printed: 'r1' }, controllerNamespace)).toEqual([
      'r1:team-a:on-deployed:[0].HASH:slack:deploys',
    ]);
  });

  test.each(['', '<nil>'])(
    'a list of revisions stands beside the key of argocd-notifications, of %j',
    (printed) => {
      const keys = mirrorKeys({ ...alert, oncePer: '[a b]' }, { index: 0, printed }, controllerNamespace);
      const prefix = printed === '' ? '' : `${printed}:`;
      expect(keys).toEqual([
        '[a b]:on-deployed:[0].HASH:slack:deploys',
        `${prefix}on-deployed:[0].HASH:slack:deploys`,
      ]);
    },
  );

  test.each(['', '<nil>:'])('the key %j beside a list silences no later list', (prefix) => {
    const oncePer = 'app.status.operationState.syncResult.revision';
    const one = candidate({
      oncePer,
      result: {
        status: 'matched',
        oncePer: { kind: 'value', printed: '[c d]' },
        plainOncePer: prefix === '' ? { kind: 'none' } : { kind: 'nil' },
      },
    });
    const own = stateKey({ ...one, oncePer: '[a b]' });
    const beside = `${prefix}${stateKey({ ...one, oncePer: '' })}`;
    const status = { status: { operationState: { syncResult: { revisions: ['c', 'd'] } } } };
    expect(values(imported({ [beside]: 5 }, [one], status))).toEqual(['[c d]']);
    expect(values(imported({ [own]: 5, [beside]: 5 }, [one], status))).toEqual(['[a b]']);
  });

  test('the last key gone, the annotation goes', () => {
    expect(mirrorNotified('{"k":5}', { notified: [], ended: ['k'] })).toBeUndefined();
    expect(mirrorNotified(undefined, { notified: [], ended: ['k'] })).toBeUndefined();
  });

  test('what cannot be read is written anew', () => {
    expect(mirrorNotified('not json', { notified: [{ key: 'k', at: 5000 }], ended: [] })).toBe('{"k":5}');
  });

  test('short of room, the oldest go, and new ones never', () => {
    const old = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`r${i}:on-deployed`, 1000 + i]));
    const text = JSON.stringify(old);
    const change = { notified: [{ key: 'new', at: 0 }], ended: [] };
    const after = mirrorNotified(text, change, 500) ?? '';
    const state = parseNotified(after);
    expect(Buffer.byteLength(after)).toBeLessThanOrEqual(500);
    expect(state.has('new') && state.has('r199:on-deployed')).toBe(true);
    expect(state.has('r0:on-deployed')).toBe(false);
    expect(parseNotified(mirrorNotified(text, change, 10)).size).toBe(1);
  });
});
