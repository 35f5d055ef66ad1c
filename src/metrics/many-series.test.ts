import { Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createManySeries, exposeMany } from './many-series.ts';

const shape = { name: 'm', help: 'Help.', labelNames: ['name', 'text'] as const };
const clock = { turn: () => Promise.resolve(), monotonic: () => 0 };

it('exposes what prom-client exposes', async () => {
  const registry = new Registry();
  const theirs = new Gauge({ ...shape, registers: [registry] });
  const ours = createManySeries({ ...shape, type: 'gauge' });
  for (const [text, value] of [
    ['plain', 1],
    ['"quoted" \\ and\nbroken \\n', -0.5],
    ['ünïcode', 1_700_000_000.123],
    ['', 1e21],
  ] as const) {
    theirs.set({ name: 'a', text }, value);
    ours.set(ours.idOf({ name: 'a', text }), value);
  }
  expect((await exposeMany([ours], clock)).toString()).toBe(await registry.metrics());
});

it('counts, and forgets what is removed', async () => {
  const series = createManySeries({ ...shape, type: 'counter' });
  const [a, b] = ['a', 'b'].map((name) => series.idOf({ name, text: '' }));
  for (const id of [a, b, a]) series.add(id ?? '', 1);
  expect((await exposeMany([series], clock)).toString().split('\n').slice(2)).toEqual([
    `m${a} 2`,
    `m${b} 1`,
    '',
  ]);
  series.remove(a ?? '');
  expect((await exposeMany([series], clock)).toString().split('\n').slice(2)).toEqual([`m${b} 1`, '']);
});

it('gives other work its turn every 10 ms, and shows the moment at which it was asked', async () => {
  const series = createManySeries({ ...shape, type: 'gauge' });
  const ids = Array.from({ length: 2_000 }, (_, index) => series.idOf({ name: `${index}`, text: '' }));
  for (const id of ids) series.set(id, 1);
  let now = 0;
  let turns = 0;
  const bytes = await exposeMany([series], {
    monotonic: () => (now += 6),
    turn: async () => {
      turns += 1;
      for (const id of ids) series.remove(id);
      series.set('{late="1"}', 1);
    },
  });
  expect(turns).toBe(2);
  expect(
    bytes
      .toString()
      .split('\n')
      .filter((line) => line.endsWith(' 1')),
  ).toEqual(ids.map((id) => `m${id} 1`));
});
