import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Acknowledgement, Row } from '../../src/ledger/rows.ts';
import type { Delivery } from '../../src/model.ts';
import { runs } from '../runs.ts';
import { createModel, createStore, type Policy, type Shape, silenceRow } from './model.ts';

/**
 * Random lives of the alerts of some Applications: what the cluster shows, what people do, and what happens to the
 * process. What people are told is what is durable; it is held against what was.
 */
type Op =
  | { op: 'show'; app: number; shape: Shape }
  | { op: 'again'; app: number }
  | { op: 'delete'; app: number }
  | { op: 'pass'; ms: number }
  | { op: 'write'; steps: number }
  | { op: 'crash' }
  | { op: 'clock'; ms: number }
  | { op: 'silence'; app: number; ms: number }
  | { op: 'expire'; app: number }
  | { op: 'acknowledge'; app: number }
  | { op: 'edit'; policy: Policy };

const apps = 3;
const minute = 60_000;
const app = fc.integer({ min: 0, max: apps - 1 });
const duration = fc.constantFrom(0, 30_000, 5 * minute);
const recipients = fc.constantFrom(['ops'], ['ops'], ['ops', 'dev'], []);
const groups = fc.constantFrom(
  '[]',
  '[{match: {trigger: on-it}, groupBy: [trigger], groupWait: 30s, groupInterval: 5m}]',
  '[{match: {trigger: on-it}, groupBy: [name], groupWait: 0s, groupInterval: 1m, maxPerMinute: 1}]',
  '[{match: {recipient: dev}, groupBy: [project], groupWait: 10s, groupInterval: 0s}]',
);
const inhibit = fc.constantFrom(
  '[]',
  '[]',
  '[{source: {name: app-0}, target: {trigger: on-it}, equal: [project]}]',
);
const policy: fc.Arbitrary<Policy> = fc
  .record({
    for: duration,
    keepFiring: duration,
    repeat: fc.constantFrom(undefined, 10 * minute),
    severity: fc.constantFrom('warning', 'critical'),
    condition: fc.constantFrom('c1', 'c1', 'c2'),
    groups,
    inhibit,
  })
  .map(({ repeat, ...others }) => ({ ...others, ...(repeat === undefined ? {} : { repeat }) }));
const shape: fc.Arbitrary<Shape> = fc.record({
  result: fc.constantFrom<Shape['result'][]>('matched', 'matched', 'unmatched', 'failed'),
  recipients,
});
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('show' as const), app, shape }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('again' as const), app }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), app }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('pass' as const),
      ms: fc.oneof(
        fc.constantFrom(10_000, 30_000, 5 * minute, 10 * minute),
        fc.integer({ min: 1, max: 400_000 }),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('write' as const), steps: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('crash' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('clock' as const),
      ms: fc.integer({ min: -400_000, max: 400_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('silence' as const),
      app,
      ms: fc.integer({ min: 1, max: 900_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('expire' as const), app }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('acknowledge' as const), app }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('edit' as const), policy }) },
);

function live(start: Policy, ops: readonly Op[]): void {
  let now = Date.UTC(2026, 0, 1);
  let current = start;
  let births = 0;
  const clock = { now: () => now };
  const alive = new Map<number, string>();
  const shapes = new Map<string, Shape>();
  const silences = new Map<string, Row<'silence'>>();
  const acknowledgements = new Map<string, Row<'acknowledgement'>>();
  /** What each recipient knows to fire, by the alert's key. */
  const known = new Map<string, Set<string>>();
  const ids = new Set<string>();
  /** Of each Application: what it has shown, uninterrupted and to the same recipients. */
  const shown = new Map<string, { shape: Shape; episode: number }>();
  /** What each alert was about when it was decided to tell of it, and by which alert each recipient was told of that. */
  const episodes = new Map<string, string>();
  const tellings = new Map<string, string>();

  const knownTo = ({ destination: { recipient } }: Delivery): Set<string> => {
    const found = known.get(recipient) ?? new Set();
    known.set(recipient, found);
    return found;
  };

  function arrived(delivery: Delivery): void {
    expect(ids.has(delivery.id), 'a message is made once').toBe(false);
    ids.add(delivery.id);
    const keys = delivery.alerts.map(({ key }) => key);
    expect(new Set(keys).size, 'a message names each alert once').toBe(keys.length);
    const mine = knownTo(delivery);
    for (const { key, lifecycle } of delivery.alerts) {
      if (lifecycle?.state === 'resolved') {
        expect(mine.has(key), 'no end without a told firing').toBe(true);
        mine.delete(key);
      } else {
        const episode = `${delivery.destination.recipient} ${episodes.get(key)}`;
        expect(tellings.get(episode) ?? key, 'what goes on is told once').toBe(key);
        tellings.set(episode, key);
        mine.add(key);
      }
    }
    if (delivery.reason === 'first' && delivery.ongoing?.groupLabels === undefined)
      expect(delivery.ongoing?.root, 'what is first is its own root').toBe(delivery.id);
  }

  /** When it is decided: nobody is told of what is silenced then. */
  function decided({ alerts }: Delivery): void {
    for (const { application, key } of alerts) {
      if (!episodes.has(key)) episodes.set(key, `${application.uid} ${shown.get(application.uid)?.episode}`);
      const silence = silences.get(application.name)?.value;
      const isHeld = silence !== undefined && silence.startsAt <= now && now <= silence.endsAt;
      expect(isHeld, 'nobody is told of what is held back').toBe(false);
    }
  }

  const store = createStore(arrived);
  const options = { store, clock, policy: () => current, shapes, onMessage: decided };
  let model = createModel(options);
  const takeRows = () => model.silences([...silences.values()], [...acknowledgements.values()]);

  function begin(): void {
    model = createModel(options);
    takeRows();
    model.begin(alive.values());
    model.write(1_000);
    model.complete();
  }

  function pass(ms: number): void {
    const end = now + ms;
    for (let round = 0; round < 200; round += 1) {
      const next = model.next();
      if (next === undefined || next > end) break;
      now = Math.max(now, next);
      model.lookAtDue();
    }
    now = Math.max(now, end);
  }

  function settle(): void {
    for (let round = 0; round < 100; round += 1) {
      model.write(1_000);
      model.lookAtDue();
      if (model.waiting() === 0 && (model.next() ?? now + 1) > now) return;
    }
    throw new Error('It does not come to rest');
  }

  function silence(index: number, ms: number): void {
    const name = `app-${index}`;
    const matchers = [[`name="${name}"`]];
    silences.set(name, silenceRow(name, { matchers, startsAt: now, endsAt: now + ms }));
    takeRows();
  }

  function acknowledge(index: number): void {
    const found = store
      .of('alert')
      .find(({ value }) => value.application.name === `app-${index}` && value.state === 'firing');
    if (!found) return;
    const value: Acknowledgement = { at: now, by: 'kim', comment: '' };
    acknowledgements.set(found.key, { kind: 'acknowledgement', key: found.key, value });
    takeRows();
  }

  function show(index: number, next: Shape): void {
    if (!alive.has(index)) alive.set(index, `app-${index}#${(births += 1)}`);
    const uid = alive.get(index) ?? '';
    shapes.set(uid, next);
    const { shape: before, episode = 0 } = shown.get(uid) ?? {};
    // A failed evaluation is no answer, so what was before goes on.
    const result = next.result === 'failed' ? (before?.result ?? next.result) : next.result;
    const goesOn = result === before?.result && String(before.recipients) === String(next.recipients);
    shown.set(uid, { shape: { ...next, result }, episode: goesOn ? episode : episode + 1 });
    model.see(uid);
  }

  function apply(each: Op): void {
    if (each.op === 'show') show(each.app, each.shape);
    else if (each.op === 'pass') pass(each.ms);
    else if (each.op === 'write') model.write(each.steps);
    else if (each.op === 'crash') begin();
    else if (each.op === 'clock') {
      now += each.ms;
      if (each.ms < 0) model.seeAll();
    } else if (each.op === 'silence') silence(each.app, each.ms);
    else if (each.op === 'expire') {
      silences.delete(`app-${each.app}`);
      takeRows();
    } else if (each.op === 'acknowledge') acknowledge(each.app);
    else if (each.op === 'edit') {
      current = each.policy;
      model.seeAll();
    } else {
      const uid = alive.get(each.app);
      if (uid === undefined) return;
      if (each.op === 'delete') {
        alive.delete(each.app);
        model.remove(uid);
      } else {
        settle();
        model.see(uid);
        const waiting = model.waiting();
        expect(waiting, 'repetition changes nothing').toBe(0);
      }
    }
  }

  begin();
  for (const each of ops) apply(each);

  // In the end everything is well, and nothing holds back.
  silences.clear();
  takeRows();
  for (const [index, uid] of alive)
    show(index, { result: 'unmatched', recipients: shapes.get(uid)?.recipients ?? [] });
  for (let round = 0; round < 6; round += 1) {
    settle();
    pass(30 * minute);
  }
  settle();
  expect(
    [...known.values()].flatMap((keys) => [...keys]),
    'no told firing without its end',
  ).toEqual([]);
  expect(store.of('alert'), 'no alert is left').toEqual([]);
  expect(store.of('ongoing'), 'no notice is left').toEqual([]);
}

it('every told firing has its end told, whatever is done, and whenever the process is killed', () => {
  fc.assert(fc.property(policy, fc.array(op, { maxLength: 40, size: 'max' }), live), runs(10_000));
});
