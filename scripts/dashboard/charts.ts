import { type Box, clock, colorOf, escaped, format, withUnit } from './format.ts';
import type { PanelData, Series, Span } from './prometheus.ts';

/** Pixels left of the drawing for the values or the names of series, and below it for the times. */
const left = 52;
const leftOfNames = 110;
const below = 18;

interface Custom {
  drawStyle: 'line' | 'bars';
  stacking: { mode: 'none' | 'normal' };
}

/** A `timeseries`: lines, areas or bars, with both axes. */
export function drawChart({ panel, series }: PanelData, span: Span, box: Box): string {
  const { defaults } = panel['fieldConfig'] as { defaults: { custom: Custom; unit: string } };
  const { drawStyle, stacking } = defaults.custom;
  const drawn = series.filter(({ points }) => points.length > 0);
  const layers =
    stacking.mode === 'normal' ? stacked(drawn) : drawn.map(({ points }) => points.map(onTheGround));
  const ticks = niceTicks(
    Math.max(...layers.flat().map(({ top }) => top)),
    defaults.unit === 'bytes' ? 2 ** 20 : 1,
  );
  const most = ticks.at(-1) ?? 1;
  const x = scaleOf(span, box);
  const y = (value: number) => box.height - below - (value / most) * (box.height - below - 6);
  const shapes = layers.map((points, index) => {
    const color = colorOf(panel, drawn[index]?.name ?? '', index);
    if (drawStyle === 'bars') {
      const width = Math.max(1, x(span.from + span.step) - x(span.from) - 1);
      return points
        .filter(({ top, bottom }) => top > bottom)
        .map(
          ({ at, bottom, top }) =>
            `<rect x="${x(at).toFixed(1)}" y="${y(top).toFixed(1)}" width="${width.toFixed(1)}" height="${(y(bottom) - y(top)).toFixed(1)}" fill="${color}"/>`,
        )
        .join('');
    }
    return segments(points, span.step * 1.5)
      .map((segment) => {
        const line = segment.map(({ at, top }) => `${x(at).toFixed(1)},${y(top).toFixed(1)}`);
        const back = segment.map(({ at, bottom }) => `${x(at).toFixed(1)},${y(bottom).toFixed(1)}`).reverse();
        const area = `<polygon points="${[...line, ...back].join(' ')}" fill="${color}" fill-opacity="0.4"/>`;
        return `${stacking.mode === 'normal' ? area : ''}<polyline points="${line.join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
      })
      .join('');
  });
  const grid = ticks.map(
    (tick) =>
      `<line x1="${left}" x2="${box.width}" y1="${y(tick)}" y2="${y(tick)}" stroke="#2c3235"/>` +
      `<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${withUnit(tick, defaults.unit)}</text>`,
  );
  return svg(box, [...grid, timeAxis(span, box), ...shapes]);
}

/** A `state-timeline`: a line for each series, with a segment for each value that it has kept. */
export function drawTimeline({ panel, series }: PanelData, span: Span, box: Box): string {
  const full = { ...box, height: box.height + 30 };
  const x = scaleOf(span, full, leftOfNames);
  const line = (full.height - below) / series.length;
  const rows = series.map(({ name, points }, index) => {
    const y = index * line + line * 0.1;
    const kept = runs(points, span.step * 1.5).map(({ from, to, value }) => {
      const { text, color } = format(panel, value);
      const width = Math.max(1, x(Math.min(to + span.step, span.to)) - x(from));
      const label =
        width > 40
          ? `<text x="${x(from) + 5}" y="${y + line * 0.4 + 4}" fill="#fff">${escaped(text)}</text>`
          : '';
      return `<rect x="${x(from)}" y="${y}" width="${width}" height="${line * 0.8}" fill="${color}"/>${label}`;
    });
    return `<text x="${leftOfNames - 6}" y="${y + line * 0.4 + 4}" text-anchor="end">${escaped(name)}</text>${kept.join('')}`;
  });
  return svg(full, [timeAxis(span, full, leftOfNames), ...rows]);
}

export function swatch(color: string, name: string): string {
  return `<span><svg width="10" height="8"><rect width="10" height="4" y="3" fill="${color}"/></svg> ${escaped(name)}</span>`;
}

interface Point {
  at: number;
  bottom: number;
  top: number;
}

const onTheGround = ([at, top]: [number, number]): Point => ({ at, bottom: 0, top });

function stacked(series: readonly Series[]): Point[][] {
  const ground = new Map<number, number>();
  return series.map(({ points }) =>
    points.map(([at, value]) => {
      const bottom = ground.get(at) ?? 0;
      ground.set(at, bottom + value);
      return { at, bottom, top: bottom + value };
    }),
  );
}

/** Points without a hole between them. */
function segments(points: readonly Point[], hole: number): Point[][] {
  const found: Point[][] = [];
  for (const point of points) {
    const last = found.at(-1);
    if (last && point.at - (last.at(-1)?.at ?? 0) <= hole) last.push(point);
    else found.push([point]);
  }
  return found;
}

function runs(
  points: readonly [number, number][],
  hole: number,
): { from: number; to: number; value: number }[] {
  const found: { from: number; to: number; value: number }[] = [];
  for (const [at, value] of points) {
    const last = found.at(-1);
    if (last && last.value === value && at - last.to <= hole) last.to = at;
    else found.push({ from: at, to: at, value });
  }
  return found;
}

function scaleOf({ from, to }: Span, { width }: Box, start: number = left): (at: number) => number {
  return (at) => start + ((at - from) / (to - from)) * (width - start);
}

function timeAxis(span: Span, box: Box, start: number = left): string {
  const x = scaleOf(span, box, start);
  const marks = box.width < 300 ? 2 : 4;
  return Array.from(
    { length: marks },
    (_, index) => span.from + ((span.to - span.from) * (index + 0.5)) / marks,
  )
    .map((at) => `<text x="${x(at)}" y="${box.height - 3}" text-anchor="middle">${clock(at)}</text>`)
    .join('');
}

/** From 0 to at least the most, in three to six steps of 1, 2 or 5 times a power of ten of the unit. */
function niceTicks(most: number, unit: number): number[] {
  const units = most > 0 ? most / unit : 1;
  const goal = units / 4;
  const power = 10 ** Math.floor(Math.log10(goal));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= goal) ?? goal;
  return Array.from({ length: Math.ceil(units / step) + 1 }, (_, index) => index * step * unit);
}

function svg({ width, height }: Box, content: readonly string[]): string {
  return `<svg width="${width}" height="${height}" font-size="10.5" fill="#9a9aa8">${content.join('')}</svg>`;
}
