import type { Panel } from './dashboard.ts';

/** Grafana's names of colours, as its dark theme has them. */
const colors: Readonly<Record<string, string>> = {
  green: '#56a64b',
  red: '#e02f44',
  yellow: '#f2cc0c',
  blue: '#3274d9',
  purple: '#a352cc',
  'super-light-purple': '#deb6f2',
  orange: '#ff780a',
  text: '#4a4f57',
};
const palette = [
  '#73bf69',
  '#f2cc0c',
  '#5794f2',
  '#ff9830',
  '#f2495c',
  '#b877d9',
  '#8ab8ff',
  '#ffcb7d',
  '#37872d',
];

interface FieldConfig {
  defaults: {
    unit?: string;
    mappings: { options: Record<string, { text: string; color: string }> }[];
    thresholds: { steps: { value: number | null; color: string }[] };
  };
  overrides: {
    matcher: { id: string; options: string };
    properties: { id: string; value: { mode: string; fixedColor: string } | string }[];
  }[];
}

/** The text and colour of a value of this panel. */
export function format(panel: Panel, value: number): { text: string; color: string } {
  const { defaults, overrides } = panel['fieldConfig'] as FieldConfig;
  const mapped = defaults.mappings[0]?.options[String(value)];
  if (mapped) return { text: mapped.text, color: colors[mapped.color] ?? mapped.color };
  const step = defaults.thresholds.steps.findLast(({ value: from }) => from === null || value >= from);
  const unit = overrides.flatMap(({ properties }) => properties).find(({ id }) => id === 'unit')?.value;
  return {
    text: withUnit(value, typeof unit === 'string' ? unit : (defaults.unit ?? 'short')),
    color: colors[step?.color ?? 'text'] ?? '',
  };
}

/** The colour of a series: its own, a shade of that of several, or one of Grafana's in turn. */
export function colorOf(panel: Panel, name: string, index: number): string {
  const { overrides } = panel['fieldConfig'] as FieldConfig;
  const own = overrides.find(({ matcher: { id, options } }) =>
    id === 'byRegexp' ? new RegExp(options.slice(1, -1)).test(name) : options === name,
  )?.properties[0]?.value;
  if (typeof own !== 'object') return palette[index % palette.length] ?? '';
  const color = colors[own.fixedColor] ?? own.fixedColor;
  return own.mode === 'shades' ? `color-mix(in srgb, ${color} ${100 - (index % 4) * 17}%, black)` : color;
}

export function withUnit(value: number, unit: string): string {
  if (unit === 'percentunit') return `${short(value * 100)} %`;
  if (unit === 'bytes') return value === 0 ? '0' : `${short(value / 2 ** 20)} MiB`;
  if (unit !== 's') return short(value);
  if (value >= 3_600) return `${short(value / 3_600)} h`;
  if (value >= 60) return `${short(value / 60)} min`;
  return value > 0 && value < 1 ? `${short(value * 1_000)} ms` : `${short(value)} s`;
}

function short(value: number): string {
  if (Math.abs(value) >= 10_000) return `${short(value / 1_000)} K`;
  return String(Number(value.toPrecision(3)));
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Hours, minutes and seconds of UTC. */
export function clock(at: number): string {
  return new Date(at * 1_000).toISOString().slice(11, 19);
}

/** Pixels that a panel's content has. */
export interface Box {
  width: number;
  height: number;
}
