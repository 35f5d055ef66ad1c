/*
 * The table and the picture of docs/scale.md, of the figures in bench/scale.json: `node bench/draw-scale.ts`. A test fails
 * where the two differ from the figures.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../scripts/markdown-table.ts';
import type { LoadFigures, ScaleFigures, SizeFigures } from './scale-figures.ts';

const repository = join(import.meta.dirname, '..');
export const picture = join(repository, 'docs', 'images', 'scale.svg');
export const page = join(repository, 'docs', 'scale.md');

type AllFigures = Record<string, ScaleFigures>;

export function readFigures(): AllFigures {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'scale.json'), 'utf8')) as AllFigures;
}

const mebibyte = 1024 * 1024;
const grouped = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** What the tables tell of each size. */
const steps: readonly {
  name: string;
  unit: string;
  of(figures: SizeFigures): number;
}[] = [
  { name: 'Start, processor', unit: 's', of: ({ startCpu }) => startCpu / 1_000 },
  { name: 'Resident, idle after the start', unit: 'MiB', of: ({ resident }) => resident },
  { name: 'Resident during the start, at most', unit: 'MiB', of: ({ mostResident }) => mostResident },
  { name: 'Requests to the API server', unit: '', of: ({ requests }) => requests },
  { name: 'Store', unit: 'MiB', of: ({ storeBytes }) => storeBytes / mebibyte },
  { name: '`/metrics`, size', unit: 'MiB', of: ({ scrapeBytes }) => scrapeBytes / mebibyte },
  { name: '`/metrics`, processor', unit: 'ms', of: ({ scrapeCpu }) => scrapeCpu },
  { name: 'A change of which nobody is told, processor', unit: 'ms', of: ({ unchangedCpu }) => unchangedCpu },
  { name: 'A change that is told, processor', unit: 'ms', of: ({ toldCpu }) => toldCpu },
];

/** Of each store a table: a row for each step, a column for each size. */
export function tables(all: AllFigures): string {
  return Object.entries(all)
    .map(([store, { sizes }]) => {
      const each = sizesOf(sizes);
      const heading = [store, ...each.map(([applications]) => applications.toLocaleString('en'))];
      const rows = steps.map(({ name, unit, of }) => [
        name,
        ...each.map(([, figures]) => `${grouped.format(of(figures))} ${unit}`.trim()),
      ]);
      return markdownTable(heading, rows);
    })
    .join('\n\n');
}

/** Of each load that was measured a column. */
export function loadTable(all: AllFigures): string {
  const loads = Object.entries(all).flatMap(([store, { load }]) => (load ? [{ store, load }] : []));
  const seconds = (ms: number) => `${grouped.format(ms / 1_000)} s`;
  const rows: [string, (load: LoadFigures) => string][] = [
    ['Changes a second that were made', ({ pace }) => pace.toFixed(0)],
    ['Told', ({ told }) => told.toLocaleString('en')],
    ['Lost; twice', ({ lost, doubled }) => `${lost}; ${doubled}`],
    ['From the change to its message, p50; p99', ({ p50, p99 }) => `${seconds(p50)}; ${seconds(p99)}`],
    ['From the last change to the last message', ({ drained }) => seconds(drained)],
    ['Processor', ({ cpu }) => seconds(cpu)],
    ['Resident, at most', ({ mostResident }) => `${grouped.format(mostResident)} MiB`],
    ['Waited in the API server, at most', ({ mostUnread }) => `${grouped.format(mostUnread / mebibyte)} MiB`],
    ['`/readyz`, at most; not ready', ({ readyz, notReady }) => `${seconds(readyz)}; ${notReady}`],
    ['A scrape, at most', ({ scrape }) => seconds(scrape)],
    ['The event loop stood still, at most', ({ stall }) => seconds(stall)],
    ...['herald_evaluation_backlog', 'herald_ledger_backlog', 'herald_queue_oldest_due_job_age_seconds'].map(
      (name): [string, (load: LoadFigures) => string] => [
        `\`${name}\`, at most`,
        ({ metrics }) => grouped.format(metrics[name] ?? 0),
      ],
    ),
  ];
  return markdownTable(
    ['', ...loads.map(({ store, load }) => `${load.applications.toLocaleString('en')}, ${store}`)],
    rows.map(([name, of]) => [name, ...loads.map(({ load }) => of(load))]),
  );
}

function sizesOf(sizes: ScaleFigures['sizes']): [number, SizeFigures][] {
  return Object.entries(sizes)
    .map(([applications, figures]): [number, SizeFigures] => [Number(applications), figures])
    .sort(([one], [other]) => one - other);
}

/** The page with its tables, which stand between comments that name them. */
export function withTables(text: string, all: AllFigures): string {
  return between(between(text, 'sizes', tables(all)), 'load', loadTable(all));
}

function between(text: string, name: string, table: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->\\n\\n)[^]*?(\\n\\n<!-- end -->)`);
  if (!pattern.test(text)) throw new Error(`${page} has no place for ${name}`);
  return text.replace(pattern, (_, begin, end) => `${begin}${table}${end}`);
}

interface Panel {
  title: string;
  unit: string;
  lines: { store: string; points: [number, number][] }[];
}

const panels: readonly { title: string; unit: string; of(figures: SizeFigures): number }[] = [
  { title: 'Start', unit: 's of the processor', of: ({ startCpu }) => startCpu / 1_000 },
  { title: 'Memory, idle', unit: 'MiB', of: ({ resident }) => resident },
  {
    title: 'A change that tells nothing',
    unit: 'ms of the processor',
    of: ({ unchangedCpu }) => unchangedCpu,
  },
  { title: 'A change that is told', unit: 'ms of the processor', of: ({ toldCpu }) => toldCpu },
];

/** Both axes are logarithmic: what grows as the installation does is a line that climbs by a decade in a decade. */
export function draw(all: AllFigures): string {
  const drawn = panels.map(({ title, unit, of }, index) =>
    panel(
      {
        title,
        unit,
        lines: Object.entries(all).map(([store, { sizes }]) => ({
          store,
          points: sizesOf(sizes).map(([applications, figures]): [number, number] => [
            applications,
            of(figures),
          ]),
        })),
      },
      (index % 2) * 400,
      Math.floor(index / 2) * 250 + 30,
    ),
  );
  const legend = Object.keys(all).map(
    (store, index) =>
      `<circle class="dot s${index}" cx="${60 + index * 110}" cy="16" r="4"/><text x="${70 + index * 110}" y="20">${store}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 540" role="img" font-family="system-ui, sans-serif" font-size="12">
<title>What each step costs, from 100 to 50,000 Applications; both axes are logarithmic</title>
<style>
text { fill: #57606a } .head { fill: #24292f; font-weight: 600; font-size: 13px }
.grid { stroke: #8c959f; stroke-opacity: .3 } .line { fill: none; stroke-width: 2 }
.s0 { stroke: #0969da } .s1 { stroke: #bc4c00 } .s2 { stroke: #1a7f37 }
.dot { stroke-width: 0 } .dot.s0 { fill: #0969da } .dot.s1 { fill: #bc4c00 } .dot.s2 { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .head { fill: #f0f6fc }
.s0 { stroke: #4493f8 } .s1 { stroke: #f0883e } .s2 { stroke: #3fb950 }
.dot.s0 { fill: #4493f8 } .dot.s1 { fill: #f0883e } .dot.s2 { fill: #3fb950 }
}
</style>
${[...legend, ...drawn].join('\n')}
</svg>
`;
}

const width = 300;
const height = 160;

function panel({ title, unit, lines }: Panel, left: number, top: number): string {
  const points = lines.flatMap((line) => line.points);
  const xs = range(points.map(([x]) => x));
  const ys = range(points.map(([, y]) => y));
  const x = scale(xs, left + 60, left + 60 + width);
  const y = scale(ys, top + 40 + height, top + 40);
  const decades = ({ low, high }: Range) =>
    Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, index) => low * 10 ** index);
  const parts = [
    `<text class="head" x="${left + 60}" y="${top + 20}">${title}, ${unit}</text>`,
    ...decades(ys).map(
      (value) =>
        `<path class="grid" d="M${left + 60} ${y(value)}h${width}"/><text x="${left + 54}" y="${round(Number(y(value)) + 4)}" text-anchor="end">${value.toLocaleString('en')}</text>`,
    ),
    ...decades(xs).map(
      (value) =>
        `<text x="${x(value)}" y="${top + 56 + height}" text-anchor="middle">${value.toLocaleString('en')}</text>`,
    ),
    ...lines.flatMap(({ points: each }, index) => [
      `<polyline class="line s${index}" points="${each.map(([at, value]) => `${x(at)},${y(value)}`).join(' ')}"/>`,
      ...each.map(([at, value]) => `<circle class="dot s${index}" cx="${x(at)}" cy="${y(value)}" r="3"/>`),
    ]),
  ];
  return `<g>\n${parts.join('\n')}\n</g>`;
}

interface Range {
  low: number;
  high: number;
}

/** Whole decades around the values. */
function range(values: readonly number[]): Range {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  return { low, high: Math.max(low * 10, 10 ** Math.ceil(Math.log10(Math.max(...values)))) };
}

function scale({ low, high }: Range, from: number, to: number): (value: number) => string {
  return (value) => round(from + ((to - from) * Math.log10(value / low)) / Math.log10(high / low));
}

function round(value: number): string {
  return value.toFixed(1);
}

if (import.meta.main) {
  const all = readFigures();
  writeFileSync(picture, draw(all));
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), all));
}
