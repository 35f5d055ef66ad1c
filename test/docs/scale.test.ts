/** docs/scale.md shows what was measured. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { draw, page, picture, readFigures, withTables } from '../../bench/draw-scale.ts';

it('the table and the picture are those of the figures in bench/scale.json', () => {
  const figures = readFigures();
  const text = readFileSync(page, 'utf8');
  expect(withTables(text, figures)).toBe(text);
  expect(draw(figures)).toBe(readFileSync(picture, 'utf8'));
});

it('nothing was lost or came twice', () => {
  const loads = Object.values(readFigures()).flatMap(({ load }) => load ?? []);
  expect(loads.length).toBeGreaterThan(0);
  for (const { lost, doubled } of loads) expect([lost, doubled]).toEqual([0, 0]);
});
