import { expect, it } from 'vitest';
import { recordLog } from '../testing/recorded-log.ts';
import { shutDown } from './shutdown.ts';

it('ends one after the other, each told what is left of the time', async () => {
  const order: string[] = [];
  const lefts: number[] = [];
  const step = (name: string): [string, (left: number) => Promise<void>] => [
    name,
    async (left) => {
      lefts.push(left);
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    },
  ];
  await shutDown([step('queue'), step('store')], 60_000, recordLog().log);
  expect(order).toEqual(['queue begins', 'queue ends', 'store begins', 'store ends']);
  expect(lefts[0]).toBeLessThanOrEqual(60_000);
  expect(lefts[1]).toBeLessThanOrEqual(lefts[0] ?? 0);
});

it('passes over what hangs or fails, in order, and says which it was', async () => {
  const { log, lines } = recordLog();
  const ended: number[] = [];
  await shutDown(
    [
      [
        'throws',
        () => {
          throw new Error('now');
        },
      ],
      ['rejects', () => Promise.reject(new Error('later'))],
      ['nothing', () => undefined],
      ['hangs', () => new Promise(() => undefined)],
      ['last', async (left) => ended.push(left)],
    ],
    100,
    log,
  );
  // Of 100 ms; a timer may be a millisecond early.
  expect(ended).toEqual([expect.closeTo(0, -1)]);
  expect(lines.map(({ step, msg }) => [step, msg])).toEqual([
    ['throws', 'Did not end cleanly'],
    ['rejects', 'Did not end cleanly'],
    ['hangs', 'Did not end in time'],
  ]);
});
