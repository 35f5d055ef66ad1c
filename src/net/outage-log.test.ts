import { expect, it } from 'vitest';
import { createOutageLog } from './outage-log.ts';

it('warns at once, again at growing distances with for how long, and when it is over', () => {
  let now = 0;
  const lines: [string, unknown][] = [];
  const log = createOutageLog(
    { warn: (fields: object, message: string) => void lines.push([message, fields]) } as never,
    { away: 'away', back: 'back' },
    () => now,
  );
  for (; now < 2_000_000; now += 500) log.failed('refused');
  expect(lines.map(([, fields]) => (fields as { seconds: number }).seconds)).toEqual([
    0, 10, 30, 60, 120, 300, 600, 1200, 1800,
  ]);
  expect(lines[0]).toEqual(['away', { error: 'refused', seconds: 0 }]);
  log.answered();
  log.answered();
  expect(lines.at(-1)).toEqual(['back', { seconds: 2000 }]);
  expect(lines).toHaveLength(10);

  log.failed('reset');
  now += 90_000;
  log.failed('reset');
  log.failed('reset');
  expect(lines.slice(10).map(([, fields]) => (fields as { seconds: number }).seconds)).toEqual([0, 90]);
});
