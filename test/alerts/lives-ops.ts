import fc from 'fast-check';
import type { Policy, Shape } from './model.ts';

/** What the cluster shows, what people do, what becomes of messages, and what happens to the process. */
export type Op =
  | { op: 'show'; app: number; shape: Shown }
  | { op: 'again'; app: number }
  | { op: 'delete'; app: number }
  | { op: 'pass'; ms: number }
  | { op: 'write'; steps: number }
  | { op: 'send'; outcomes: ('sent' | 'refused')[] }
  | { op: 'mend' }
  | { op: 'crash' }
  | { op: 'clock'; ms: number }
  | { op: 'silence'; app: number; after: number; ms: number }
  | { op: 'expire'; app: number }
  | { op: 'acknowledge'; app: number }
  | { op: 'edit'; policy: Policy };

/** `ago`: milliseconds since the cluster came to be so, where it says. */
export type Shown = Omit<Shape, 'since'> & { ago?: number };

export const apps = 3;
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

/** Minutes of the day for which the names are muted, as the key says it. */
export const mutes: Readonly<Record<string, (name: string, minuteOfDay: number) => boolean>> = {
  '[]': () => false,
  "[{match: {name: app-1}, times: [{times: [{start: '00:10', end: '00:25'}, {start: '01:00', end: '02:00'}]}]}]":
    (name, at) => name === 'app-1' && ((at >= 10 && at < 25) || (at >= 60 && at < 120)),
  "[{match: {trigger: on-it}, times: [{times: [{start: '23:50', end: '00:05'}, {start: '00:40', end: '00:50'}]}]}]":
    (_name, at) => at >= 1_430 || at < 5 || (at >= 40 && at < 50),
};

const policy: fc.Arbitrary<Policy> = fc
  .record({
    for: duration,
    keepFiring: duration,
    repeat: fc.constantFrom(undefined, 10 * minute),
    severity: fc.constantFrom('warning', 'critical'),
    condition: fc.constantFrom('c1', 'c1', 'c2'),
    groups,
    inhibit,
    muteTimes: fc.constantFrom('[]', ...Object.keys(mutes)),
  })
  .map(({ repeat, ...others }) => ({ ...others, ...(repeat === undefined ? {} : { repeat }) }));

const shape: fc.Arbitrary<Shown> = fc
  .record({
    result: fc.constantFrom<Shape['result'][]>('matched', 'matched', 'unmatched', 'failed'),
    recipients,
    oncePer: fc.constantFrom(undefined, undefined, undefined, 'v1', 'v2'),
    ago: fc.constantFrom(undefined, undefined, 0, 10 * minute, -minute),
  })
  .map(({ oncePer, ago, ...others }) => ({
    ...others,
    ...(oncePer === undefined ? {} : { oncePer }),
    ...(ago === undefined ? {} : { ago }),
  }));

function kind<Name extends Op['op'], Fields extends object>(
  weight: number,
  name: Name,
  fields: { [K in keyof Fields]: fc.Arbitrary<Fields[K]> },
): { weight: number; arbitrary: fc.Arbitrary<{ op: Name } & Fields> } {
  const arbitrary = fc.record(fields).map((made) => ({ op: name, ...made }) as { op: Name } & Fields);
  return { weight, arbitrary };
}

/** Milliseconds, whole seconds. */
function seconds(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max }).map((count) => count * 1_000);
}

const ms = fc.oneof(fc.constantFrom(10_000, 30_000, 5 * minute, 10 * minute), seconds(1, 400));
const outcomes = fc.array(fc.constantFrom('sent' as const, 'sent' as const, 'refused' as const), {
  minLength: 1,
  maxLength: 3,
});
const op: fc.Arbitrary<Op> = fc.oneof(
  kind(6, 'show', { app, shape }),
  kind(1, 'again', { app }),
  kind(1, 'delete', { app }),
  kind(5, 'pass', { ms }),
  kind(4, 'write', { steps: fc.integer({ min: 1, max: 6 }) }),
  kind(3, 'send', { outcomes }),
  kind(1, 'mend', {}),
  kind(2, 'crash', {}),
  kind(1, 'clock', { ms: seconds(-400, 400) }),
  kind(2, 'silence', {
    app,
    after: fc.constantFrom(0, 0, 0, 2 * minute),
    ms: seconds(1, 900),
  }),
  kind(1, 'expire', { app }),
  kind(1, 'acknowledge', { app }),
  kind(2, 'edit', { policy }),
);

export const sequences = fc.record({ start: policy, ops: fc.array(op, { maxLength: 40, size: 'max' }) });
