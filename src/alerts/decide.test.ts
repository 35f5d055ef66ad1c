import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOfValue, rowOf } from '../ledger/row-bytes.ts';
import type { Row } from '../ledger/rows.ts';
import type { Application, ConditionResult } from '../model.ts';
import { decide, type Evaluation, type OpenNotices, openNotices, partsToWrite, toldRows } from './decide.ts';

const application: Application = {
  uid: 'u1',
  namespace: 'argocd',
  name: 'shop',
  project: 'default',
  resourceVersion: '1',
  labels: {},
  annotations: {},
  object: { metadata: { name: 'shop' } },
};

const matched = (printed = ''): ConditionResult => ({
  status: 'matched',
  oncePer: printed === '' ? { kind: 'none' } : { kind: 'value', printed },
});
const nil: ConditionResult = { status: 'matched', oncePer: { kind: 'nil' } };
const unmatched: ConditionResult = { status: 'unmatched' };
const failed: ConditionResult = { status: 'failed', error: 'app.status is nil' };

const evaluation = (result: ConditionResult, recipient = 'deploys'): Evaluation => ({
  configNamespace: 'argocd',
  trigger: 'on-deployed',
  condition: 'c1',
  send: ['deployed'],
  destination: { service: 'slack', recipient },
  result,
});

/** A ledger in miniature: rows by kind and key, and what was added. */
function play(steps: ConditionResult[][], restartAfter: ReadonlySet<number> = new Set()) {
  const rows = new Map<string, Row>();
  const sent: string[] = [];
  const named: string[] = [];
  let open: OpenNotices = new Map();
  steps.forEach((results, index) => {
    const evaluations = results.map((result, recipient) => evaluation(result, `r${recipient}`));
    const decision = decide(application, evaluations, open, { now: index + 1, observedAt: index });
    open = decision.open;
    named.push(...decision.named.map(({ alerts }) => alerts[0].oncePer));
    const told = new Set([...rows.values()].filter(({ kind }) => kind === 'told').map(({ key }) => key));
    for (const { remove = [], put = [], add = [] } of partsToWrite(decision.parts, told).parts) {
      for (const { kind, key } of remove) rows.delete(`${kind} ${key}`);
      for (const row of put) rows.set(`${row.kind} ${row.key}`, row);
      sent.push(...add.map(({ destination, alerts }) => `${destination.recipient}:${alerts[0].oncePer}`));
    }
    if (restartAfter.has(index)) open = loaded(rows);
  });
  return { sent, named, open, rows };
}

/** As a ledger answers them. */
function loaded(rows: ReadonlyMap<string, Row>): OpenNotices {
  const notices = [...rows.values()].filter((row) => row.kind === 'notice');
  return openNotices(notices.map((row) => rowOf('notice', row.key, bytesOfValue(row.value))));
}

const sentBy = (steps: ConditionResult[][], restartAfter?: ReadonlySet<number>) =>
  play(steps, restartAfter).sent;
const one = (steps: ConditionResult[]) => steps.map((step) => [step]);

const results = fc.constantFrom(
  matched(),
  nil,
  matched('r1'),
  matched('r2'),
  matched('r3'),
  unmatched,
  failed,
);
const history = fc.array(fc.tuple(results, results), { maxLength: 12 });

describe('decide', () => {
  test('without oncePer sends once for each change from unmatched to matched', () => {
    const steps = [matched(), matched(), unmatched, unmatched, matched(), matched()];
    expect(sentBy(one(steps))).toEqual(['r0:', 'r0:']);
  });

  test('with oncePer sends once for each value, ever', () => {
    const steps = [matched('a'), unmatched, matched('a'), matched('b'), matched('a')];
    expect(sentBy(one(steps))).toEqual(['r0:a', 'r0:b']);
  });

  test.each<[string, ConditionResult[], string[]]>([
    ['a failing oncePer, then its value', [matched(), matched('r1')], ['']],
    ['a nil, then a value', [nil, matched('r1')], ['<nil>']],
    ['nothing, nil, a value', [matched(), nil, matched('r1')], ['']],
    ['nil, nothing, a value', [nil, matched(), matched('r1')], ['<nil>']],
    ['the value that it got is told', [matched(), matched('r1'), unmatched, matched('r1')], ['']],
    ['a second value is news', [matched(), matched('r1'), matched('r2')], ['', 'r2']],
    ['a value that comes and goes', [matched(), matched('r1'), matched(), matched('r2')], ['', 'r2']],
    ['what has ended is told anew', [matched(), matched('r1'), unmatched, matched()], ['', '']],
    [
      'one message for each sync, though a nil is told once only',
      [nil, matched('r1'), unmatched, nil, matched('r2'), unmatched, nil, matched('r3')],
      ['<nil>', 'r2', 'r3'],
    ],
    [
      'one message for each sync, of the same revision too',
      [matched(), matched('r1'), unmatched, matched(), matched('r1'), unmatched, matched('r1')],
      ['', ''],
    ],
    [
      'a value of an earlier match, and then another',
      [matched('r1'), matched(), matched('r1'), matched('r2')],
      ['r1', '', 'r2'],
    ],
  ])('%s', (_, steps, expected) => {
    const sent = expected.map((oncePer) => `r0:${oncePer}`);
    expect(sentBy(one(steps))).toEqual(sent);
    expect(sentBy(one(steps), new Set(steps.keys()))).toEqual(sent);
  });

  test('says which values only name an alert that is told', () => {
    const { named, open } = play(one([matched(), matched('r1'), matched('r2')]));
    expect(named).toEqual(['r1']);
    expect([...open.values()][0]?.alerts.map(({ oncePer, since }) => [oncePer, since])).toEqual([
      ['', 1],
      ['r2', 3],
    ]);
  });

  test('a failed evaluation anywhere changes nothing', () => {
    fc.assert(
      fc.property(history, fc.nat({ max: 12 }), (steps, at) => {
        const withFailure = [...steps.slice(0, at), [failed, failed], ...steps.slice(at)];
        expect(sentBy(withFailure)).toEqual(sentBy(steps));
      }),
    );
  });

  test('repeating any event adds no delivery', () => {
    fc.assert(
      fc.property(history, (steps) => {
        expect(sentBy(steps.flatMap((step) => [step, step]))).toEqual(sentBy(steps));
      }),
    );
  });

  test('a restart anywhere neither loses nor doubles', () => {
    fc.assert(
      fc.property(history, fc.uniqueArray(fc.nat({ max: 11 })), (steps, restarts) => {
        expect(sentBy(steps, new Set(restarts))).toEqual(sentBy(steps));
      }),
    );
  });

  test('an event without news writes nothing', () => {
    const first = decide(application, [evaluation(matched('a'))], new Map(), { now: 1, observedAt: 1 });
    const again = decide(application, [evaluation(matched('a'))], first.open, { now: 2, observedAt: 2 });
    expect(again.parts).toEqual([]);
  });

  test('each occurrence is a delivery of its own of the same notice', () => {
    const [a, b] = [1, 2].map((now) => {
      const { parts } = decide(application, [evaluation(matched())], new Map(), { now, observedAt: now });
      return parts[0]?.add?.[0];
    });
    expect(a?.notice).toBe(b?.notice);
    expect(a?.lane).toBe(b?.lane);
    expect(a?.id).not.toBe(b?.id);
  });

  test('what was imported together with it is not told', () => {
    const { once } =
      decide(application, [evaluation(matched('a'))], new Map(), { now: 1, observedAt: 1 }).parts[0] ?? {};
    const told = new Set([once?.told.key ?? '']);
    const decision = decide(
      application,
      [evaluation(matched('a'))],
      new Map(),
      { now: 1, observedAt: 1 },
      told,
    );
    expect(decision.parts.map(({ add, once: again }) => [add, again])).toEqual([[undefined, undefined]]);
  });

  test('the values that match now stay told, those that are over are not confirmed', () => {
    const { open, rows } = play([
      [matched('r1'), matched(), matched('r1')],
      [matched('r2'), matched(), unmatched],
    ]);
    const told = toldRows(application.uid, open, 5_000);
    expect(told.map(({ key }) => rows.get(`told ${key}`)?.value)).toEqual([{ since: 2 }]);
    expect(told[0]?.expiresAt).toBe(5_000 + 90 * 24 * 3_600_000);
  });
});
