import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from '../runs.ts';
import { live } from './lives.ts';
import { type Op, sequences } from './lives-ops.ts';
import type { Policy } from './model.ts';

// `npm run prove:alerts` does the same with other numbers on all processors.
it('every told firing has its end told, whatever is done, and whenever the process is killed', () => {
  const checked = fc.check(fc.property(sequences, live), runs(10_000));
  console.log(`${checked.numRuns} sequences, seed ${checked.seed}`);
  expect(checked.failed, fc.defaultReportMessage(checked)).toBe(false);
});

const policy: Policy = {
  for: 0,
  keepFiring: 0,
  severity: 'warning',
  condition: 'c1',
  groups: '[]',
  inhibit: '[]',
  muteTimes: '[]',
};
const groups = '[{match: {trigger: on-it}, groupBy: [trigger], groupWait: 30s, groupInterval: 5m}]';
const limited =
  '[{match: {trigger: on-it}, groupBy: [name], groupWait: 0s, groupInterval: 1m, maxPerMinute: 1}]';
const muteTimes =
  "[{match: {trigger: on-it}, times: [{times: [{start: '23:50', end: '00:05'}, {start: '00:40', end: '00:50'}]}]}]";
const mutedApp =
  "[{match: {name: app-1}, times: [{times: [{start: '00:10', end: '00:25'}, {start: '01:00', end: '02:00'}]}]}]";
const matched = (recipients: string[], oncePer?: string): Op => ({
  op: 'show',
  app: 0,
  shape: { result: 'matched', recipients, ...(oncePer === undefined ? {} : { oncePer }) },
});

it.each<[string, { start: Policy; ops: Op[] }]>([
  [
    'an alert that a group held back and that is acknowledged just when that ends is told once, at once',
    {
      start: policy,
      ops: [
        matched(['ops'], 'v1'),
        { op: 'edit', policy: { ...policy, groups, muteTimes } },
        { op: 'show', app: 1, shape: { result: 'matched', recipients: ['ops'] } },
        { op: 'again', app: 1 },
        { op: 'edit', policy },
        { op: 'crash' },
        { op: 'acknowledge', app: 0 },
        { op: 'again', app: 0 },
      ],
    },
  ],
  [
    'an alert that gets the value of an earlier one is repeated',
    {
      start: { ...policy, repeat: 600_000 },
      ops: [
        matched(['ops'], 'v2'),
        { op: 'again', app: 0 },
        matched([]),
        matched(['ops']),
        matched(['ops'], 'v2'),
        { op: 'pass', ms: 600_000 },
      ],
    },
  ],
  [
    'an alert that began with the deletion, whose value was told before, ends',
    {
      start: policy,
      ops: [
        matched(['ops'], 'v2'),
        { op: 'edit', policy: { ...policy, groups } },
        { op: 'crash' },
        { op: 'pass', ms: 30_000 },
        { op: 'clock', ms: -31_000 },
        { op: 'write', steps: 1 },
        { op: 'delete', app: 0 },
        { op: 'crash' },
      ],
    },
  ],
  [
    'what a group held back that no rule makes any more is told when nothing holds it back',
    {
      start: policy,
      ops: [
        { op: 'edit', policy: { ...policy, groups: limited } },
        { op: 'show', app: 1, shape: { result: 'matched', recipients: ['ops'] } },
        { op: 'edit', policy: { ...policy, groups, muteTimes } },
        matched(['ops']),
        { op: 'again', app: 0 },
        {
          op: 'edit',
          policy: {
            ...policy,
            inhibit: '[{source: {name: app-0}, target: {trigger: on-it}, equal: [project]}]',
          },
        },
        { op: 'show', app: 1, shape: { result: 'matched', recipients: ['ops', 'dev'] } },
        { op: 'write', steps: 1 },
        { op: 'crash' },
        { op: 'pass', ms: 30_000 },
        { op: 'show', app: 0, shape: { result: 'unmatched', recipients: ['ops'] } },
        { op: 'again', app: 1 },
      ],
    },
  ],
  [
    'what else comes to hold back the end that is owed to one who is not subscribed any more is seen then',
    {
      start: { ...policy, muteTimes: mutedApp },
      ops: [
        { op: 'show', app: 1, shape: { result: 'matched', recipients: ['ops'] } },
        { op: 'pass', ms: 600_000 },
        { op: 'show', app: 1, shape: { result: 'matched', recipients: [] } },
        { op: 'pass', ms: 343_000 },
        { op: 'silence', app: 1, after: 0, ms: 258_000 },
        { op: 'write', steps: 1 },
        { op: 'clock', ms: -353_000 },
        { op: 'pass', ms: 10_000 },
        { op: 'crash' },
        { op: 'pass', ms: 600_000 },
        { op: 'again', app: 1 },
      ],
    },
  ],
])('%s', (_what, sequence) => {
  expect(() => live(sequence)).not.toThrow();
});
