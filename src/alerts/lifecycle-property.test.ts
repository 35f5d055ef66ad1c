import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from '../../test/runs.ts';
import type { Alert, OngoingNotice } from '../ledger/rows.ts';
import { type AlertEvent, type AlertPolicy, openAlert, step } from './alert.ts';
import type { Mute } from './mutes.ts';
import { flush, type Member, type NoticePolicy } from './notice.ts';

/**
 * Random lives of the alerts of one notice: changes in the cluster, time, silences that come and go, edits of the
 * configuration, and decisions that are made twice because a crash lost their answer.
 */
type Op =
  | { op: 'match'; slot: number; severity: string }
  | { op: 'unmatch'; slot: number }
  | { op: 'fail'; slot: number }
  | { op: 'over'; slot: number }
  | { op: 'pass'; milliseconds: number }
  | { op: 'silence'; slot: number; milliseconds: number }
  | { op: 'acknowledge'; slot: number }
  | { op: 'edit'; policy: AlertPolicy & NoticePolicy & { repeat: number | undefined; resolves: boolean } };

const slots = 3;
const slot = fc.integer({ min: 0, max: slots - 1 });
const duration = fc.constantFrom(0, 30_000, 300_000);
const severity = fc.constantFrom('none', 'warning', 'critical', 'purple');
const policy = fc.record({
  for: duration,
  keepFiring: duration,
  groupWait: duration,
  groupInterval: duration,
  repeat: fc.constantFrom(undefined, 600_000),
  resolves: fc.constantFrom(true, true, false),
});
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('match' as const), slot, severity }),
  fc.record({ op: fc.constant('match' as const), slot, severity }),
  fc.record({ op: fc.constant('unmatch' as const), slot }),
  fc.record({ op: fc.constant('fail' as const), slot }),
  fc.record({ op: fc.constant('over' as const), slot }),
  fc.record({ op: fc.constant('pass' as const), milliseconds: fc.integer({ min: 1, max: 400_000 }) }),
  fc.record({ op: fc.constant('pass' as const), milliseconds: fc.constantFrom(30_000, 300_000) }),
  fc.record({
    op: fc.constant('silence' as const),
    slot,
    milliseconds: fc.integer({ min: 0, max: 600_000 }),
  }),
  fc.record({ op: fc.constant('acknowledge' as const), slot }),
  fc.record({ op: fc.constant('edit' as const), policy }),
);

const identity = {
  configNamespace: 'argocd',
  trigger: 'on-x',
  condition: 'c',
  oncePer: '',
  application: { uid: 'u', namespace: 'argocd', name: 'a', project: 'default' },
};

function live(start: Extract<Op, { op: 'edit' }>['policy'], ops: readonly Op[]): void {
  let now = 1_000_000;
  let current = start;
  let occurrence = 0;
  let deliveries = 0;
  const alerts = new Map<string, Alert>();
  const bySlot = new Map<number, string>();
  const silences = new Map<number, number>();
  let notice: OngoingNotice | undefined;
  /** What people know: keys that were told to fire and not told to have ended. */
  const known = new Set<string>();
  const endedUntold = new Set<string>();
  const slotOf = (key: string) => Number(key.split('/')[0]);

  const mute = ({ key }: Alert): Mute | undefined => {
    const until = silences.get(slotOf(key));
    return until !== undefined && until >= now ? { by: 'silence', id: 's', until: until + 1 } : undefined;
  };
  const members = (): Member[] =>
    [...alerts.values()].map((alert) => ({
      alert,
      resolves: current.resolves,
      ...(current.repeat === undefined ? {} : { repeat: current.repeat }),
    }));

  function look(): void {
    const hasFiring = [...alerts.values()].some(({ state }) => state === 'firing');
    if (!notice && !hasFiring) {
      for (const { key, state } of alerts.values()) if (state === 'resolved') alerts.delete(key);
      return;
    }
    const before: OngoingNotice = notice ?? {
      configNamespace: 'argocd',
      destination: { service: 'slack', recipient: 'alerts' },
      createdAt: now,
    };
    const id = `d${deliveries}`;
    const result = flush(before, members(), current, mute, id, now);
    // A crash before the answer was written: the same decision again.
    expect(flush(before, members(), current, mute, id, now)).toEqual(result);
    const { message } = result;
    if (message) {
      deliveries += 1;
      const named = [...message.firing, ...message.resolved];
      expect(named.length, 'a message names something').toBeGreaterThan(0);
      expect(new Set(named).size, 'each alert is named once').toBe(named.length);
      for (const key of named) {
        const alert = alerts.get(key);
        expect(alert && mute(alert), 'nobody is told of what is held back').toBeUndefined();
      }
      for (const key of message.firing) {
        expect(alerts.get(key)?.state).toBe('firing');
        known.add(key);
      }
      for (const key of message.resolved) {
        expect(known.has(key), 'no end without a told firing').toBe(true);
        expect(alerts.get(key)?.state).toBe('resolved');
        known.delete(key);
        endedUntold.delete(key);
      }
    }
    for (const key of result.done) {
      expect(alerts.get(key)?.state).toBe('resolved');
      // Only where the configuration wants no ends told.
      if (known.delete(key)) expect(current.resolves).toBe(false);
      alerts.delete(key);
      endedUntold.delete(key);
    }
    notice = result.notice;
    if (notice) {
      const again = flush(notice, members(), current, mute, `d${deliveries}`, now);
      expect(again.message, 'what was said is not said again at once').toBeUndefined();
      expect(again.due ?? now + 1, 'what is due is later').toBeGreaterThan(now);
    }
    expect(new Set(Object.keys(notice?.told?.firing ?? {})), 'the notice knows what people know').toEqual(
      known,
    );
  }

  function put(at: number, answer: Alert | undefined, before?: Alert): void {
    if (before && !answer) {
      expect(known.has(before.key), 'what was told is not dropped').toBe(false);
      alerts.delete(before.key);
    }
    if (answer) alerts.set(answer.key, answer);
    if (answer && answer.state !== 'resolved') bySlot.set(at, answer.key);
    else bySlot.delete(at);
  }

  function send(at: number, event: AlertEvent): void {
    const before = alerts.get(bySlot.get(at) ?? '');
    if (before) put(at, step(before, event, current, now).alert, before);
    else if (event.kind === 'matched') {
      occurrence += 1;
      put(at, openAlert(identity, `${at}/${occurrence}`, event, current, now).alert);
    }
  }

  for (const each of ops) {
    if (each.op === 'pass') now += each.milliseconds;
    else if (each.op === 'silence') silences.set(each.slot, now + each.milliseconds);
    else if (each.op === 'edit') current = each.policy;
    else if (each.op === 'match') send(each.slot, { kind: 'matched', severity: each.severity, labels: {} });
    else if (each.op === 'unmatch') send(each.slot, { kind: 'unmatched' });
    else if (each.op === 'fail') send(each.slot, { kind: 'failed' });
    else if (each.op === 'over') send(each.slot, { kind: 'over', why: 'unsubscribed' });
    else {
      const alert = alerts.get(bySlot.get(each.slot) ?? '');
      if (alert) alerts.set(alert.key, { ...alert, acknowledged: { at: now, by: 'kim', comment: '' } });
    }
    for (let at = 0; at < slots; at += 1) send(at, { kind: 'time' });
    look();
  }
  // In the end everything is well, and time passes.
  current = { ...current, resolves: true };
  for (let at = 0; at < slots; at += 1) send(at, { kind: 'unmatched' });
  for (let round = 0; round < 5; round += 1) {
    now += 1_000_000;
    for (let at = 0; at < slots; at += 1) send(at, { kind: 'time' });
    look();
  }
  expect(known, 'no told firing without its end').toEqual(new Set());
  expect(notice).toBeUndefined();
  expect(alerts.size).toBe(0);
}

it('every told firing has its end told, and nothing is told that is held back', () => {
  fc.assert(fc.property(policy, fc.array(op, { maxLength: 40, size: 'max' }), live), runs(3_000));
});
