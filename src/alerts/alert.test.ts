import { describe, expect, it } from 'vitest';
import type { Alert } from '../ledger/rows.ts';
import { type AlertEvent, type AlertPolicy, openAlert, step } from './alert.ts';

const minute = 60_000;
const start = Date.parse('2026-11-28T12:00:00Z');
const identity = {
  configNamespace: 'argocd',
  trigger: 'on-degraded',
  condition: 'c',
  oncePer: '',
  application: { uid: 'u', namespace: 'argocd', name: 'a', project: 'default' },
};
const none: AlertPolicy = { for: 0, keepFiring: 0 };
const matched = (
  since?: number,
  severity = 'warning',
  labels = {},
): Extract<AlertEvent, { kind: 'matched' }> => ({
  kind: 'matched',
  severity,
  labels,
  ...(since === undefined ? {} : { since }),
});

/** Plays events at minutes after the start; answers the alert and when to look again, in minutes. */
function play(
  policy: AlertPolicy | ((at: number) => AlertPolicy),
  events: readonly [at: number, AlertEvent][],
) {
  let alert: Alert | undefined;
  let due: number | undefined;
  for (const [at, event] of events) {
    const now = start + at * minute;
    const rules = typeof policy === 'function' ? policy(at) : policy;
    if (alert) ({ alert, due } = { due: undefined, ...step(alert, event, rules, now) });
    else if (event.kind === 'matched')
      ({ alert, due } = { due: undefined, ...openAlert(identity, 'k', event, rules, now) });
  }
  return { alert, state: alert?.state, due: due === undefined ? undefined : (due - start) / minute };
}

describe('for', () => {
  it('0 fires at the first match', () => {
    expect(play(none, [[0, matched()]]).alert).toMatchObject({
      state: 'firing',
      firedAt: start,
      since: start,
    });
  });

  it.each([
    [0, 'firing'],
    [5 * minute, 'pending'],
  ])('%i of what is known to have lasted no longer is %s, whatever the time is', (lasts, state) => {
    const policy = { for: lasts, keepFiring: 0 };
    const opened = openAlert(identity, 'k', matched(start), policy, start + 30 * minute, start);
    expect(opened.alert?.state).toBe(state);
    expect(opened.due).toBeUndefined();
  });

  it('fires when it has lasted exactly so long, and not before', () => {
    const policy = { for: 5 * minute, keepFiring: 0 };
    expect(play(policy, [[0, matched()]])).toMatchObject({ state: 'pending', due: 5 });
    expect(
      play(policy, [
        [0, matched()],
        [4.9, { kind: 'time' }],
      ]),
    ).toMatchObject({ state: 'pending', due: 5 });
    expect(
      play(policy, [
        [0, matched()],
        [5, { kind: 'time' }],
      ]),
    ).toMatchObject({ state: 'firing', due: undefined });
  });

  it('is counted from the change in the cluster, so that downtime counts', () => {
    const policy = { for: 10 * minute, keepFiring: 0 };
    const before = matched(start - 8 * minute);
    expect(play(policy, [[0, before]]).due).toBe(2);
    expect(
      play(policy, [
        [0, before],
        [2, { kind: 'time' }],
      ]).state,
    ).toBe('firing');
  });

  it('begins anew where the object says that it was otherwise in between', () => {
    const policy = { for: 10 * minute, keepFiring: 0 };
    expect(
      play(policy, [
        [0, matched(start)],
        [9, matched(start + 8 * minute)],
      ]),
    ).toMatchObject({
      state: 'pending',
      due: 18,
    });
  });

  it('takes a time ahead of ours for now', () => {
    const policy = { for: minute, keepFiring: 0 };
    expect(play(policy, [[0, matched(start + 60 * minute)]])).toMatchObject({
      alert: { since: start },
      due: 1,
    });
  });

  it('has been reached where the cluster says that it had lasted long enough, though nobody looked meanwhile', () => {
    const policy = { for: 5 * minute, keepFiring: 2 * minute };
    const over = (at: number): AlertEvent => ({ kind: 'unmatched', since: start + at * minute });
    expect(
      play(policy, [
        [0, matched(start)],
        [20, over(5)],
      ]),
    ).toMatchObject({ state: 'firing', alert: { firedAt: start + 20 * minute }, due: 22 });
    expect(
      play(policy, [
        [0, matched(start)],
        [20, over(5)],
        [22, { kind: 'time' }],
      ]).alert,
    ).toMatchObject({ state: 'resolved', ended: { at: start + 22 * minute, why: 'recovered' } });
    expect(
      play(policy, [
        [0, matched(start)],
        [20, over(4)],
      ]).alert,
    ).toBeUndefined();
    // The cluster's clock is ten minutes ahead of ours.
    expect(
      play(policy, [
        [0, matched(start + 10 * minute)],
        [1, over(11)],
      ]).alert,
    ).toBeUndefined();
  });

  it('counts a time that a clock which was set back has not reached yet as now, once', () => {
    const policy = { for: 10 * minute, keepFiring: 0 };
    const once: [number, AlertEvent][] = [
      [0, matched(start)],
      [-5, matched(start)],
    ];
    const { alert } = play(policy, once);
    expect(alert).toMatchObject({ since: start - 5 * minute, ahead: start });
    expect(play(policy, [...once, [-5, matched(start)], [1, matched(start)]]).alert).toEqual(alert);
  });

  it('is dropped without a word when it is over before', () => {
    const policy = { for: 5 * minute, keepFiring: 0 };
    for (const over of [{ kind: 'unmatched' }, { kind: 'over', why: 'unsubscribed' }] satisfies AlertEvent[])
      expect(
        play(policy, [
          [0, matched()],
          [1, over],
        ]).alert,
      ).toBeUndefined();
  });

  it('a failed evaluation is no answer', () => {
    const policy = { for: 5 * minute, keepFiring: 0 };
    expect(
      play(policy, [
        [0, matched()],
        [1, { kind: 'failed' }],
      ]),
    ).toMatchObject({ state: 'pending', due: 5 });
    expect(
      play(none, [
        [0, matched()],
        [1, { kind: 'failed' }],
      ]).state,
    ).toBe('firing');
  });

  it('that is made longer un-fires nothing', () => {
    const edited = (at: number) => ({ for: at < 5 ? 0 : 60 * minute, keepFiring: 0 });
    expect(
      play(edited, [
        [0, matched()],
        [5, matched()],
      ]).state,
    ).toBe('firing');
  });

  it('that is made shorter fires at the next look', () => {
    const edited = (at: number) => ({ for: at < 2 ? 60 * minute : minute, keepFiring: 0 });
    expect(
      play(edited, [
        [0, matched()],
        [2, { kind: 'time' }],
      ]).state,
    ).toBe('firing');
  });
});

describe('firing', () => {
  it('ends with the match, or with what it is about, and says which', () => {
    expect(
      play(none, [
        [0, matched()],
        [3, { kind: 'unmatched' }],
      ]).alert,
    ).toMatchObject({
      state: 'resolved',
      ended: { at: start + 3 * minute, why: 'recovered' },
    });
    for (const why of ['superseded', 'application deleted', 'unsubscribed', 'trigger removed'] as const)
      expect(
        play(none, [
          [0, matched()],
          [3, { kind: 'over', why }],
        ]).alert?.ended?.why,
      ).toBe(why);
  });

  it('is kept for a while, and counts what changed meanwhile', () => {
    const policy = { for: 0, keepFiring: 2 * minute };
    expect(
      play(policy, [
        [0, matched()],
        [1, { kind: 'unmatched' }],
      ]),
    ).toMatchObject({ state: 'firing', due: 3 });
    expect(
      play(policy, [
        [0, matched()],
        [1, { kind: 'unmatched' }],
        [2, { kind: 'failed' }],
        [2.5, { kind: 'unmatched' }],
      ]).due,
    ).toBe(3);
    const flapped = play(policy, [
      [0, matched()],
      [1, { kind: 'unmatched' }],
      [2, matched()],
    ]);
    expect(flapped).toMatchObject({
      state: 'firing',
      due: undefined,
      alert: { changes: [start + 2 * minute] },
    });
    expect(flapped.alert).not.toHaveProperty('unmatchedAt');
    expect(
      play(policy, [
        [0, matched()],
        [1, { kind: 'unmatched' }],
        [3, { kind: 'time' }],
      ]).state,
    ).toBe('resolved');
  });

  it('takes the severity and the labels of the last match, and stays the same alert', () => {
    const { alert } = play(none, [
      [0, matched()],
      [1, matched(undefined, 'critical', { team: 'b' })],
    ]);
    expect(alert).toMatchObject({ key: 'k', severity: 'critical', labels: { team: 'b' }, firedAt: start });
  });

  it('that is resolved stays so', () => {
    const { alert } = play(none, [
      [0, matched()],
      [1, { kind: 'unmatched' }],
      [2, matched()],
      [3, { kind: 'time' }],
    ]);
    expect(alert).toMatchObject({ state: 'resolved', ended: { at: start + minute } });
  });
});
