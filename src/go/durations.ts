/** Durations as Prometheus writes them: `1d12h`, `5m`, `90s`. */
import type { Json } from '../model.ts';
import type { Decoder } from './decode.ts';
import type { YamlPath } from './yaml.ts';

/** In the order in which they have to come, milliseconds. */
const units = [
  ['y', 365 * 24 * 3_600_000],
  ['w', 7 * 24 * 3_600_000],
  ['d', 24 * 3_600_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const pattern = new RegExp(`^${units.map(([unit]) => `(?:(\\d+)${unit})?`).join('')}$`);

/** Milliseconds; undefined where the text is no duration. Source: prometheus/common, model.ParseDuration. */
export function parsePrometheusDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : pattern.exec(text);
  if (match === null) return undefined;
  const total = units.reduce((sum, [, milliseconds], index) => {
    return sum + Number(match[index + 1] ?? 0) * milliseconds;
  }, 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Milliseconds; undefined where there is nothing, and for what is no duration, which is reported. */
export function readDuration(
  decoder: Decoder,
  found: { path: YamlPath; value: Json } | undefined,
): number | undefined {
  const text = found && decoder.string(found.path, found.value);
  if (found === undefined || text === undefined || text === '') return undefined;
  const duration = parsePrometheusDuration(text);
  if (duration === undefined) {
    const what = `${found.path.at(-1)}: ${JSON.stringify(text)} is no duration`;
    decoder.report(found.path, 'error', what, 'Write it as Prometheus does: 30s, 5m, 1h30m.');
  }
  return duration;
}

/** Exactly: `1d12h`, `2w`, `90d`. Weeks and years are written where nothing is left (model.Duration.String). */
export function formatPrometheusDuration(milliseconds: number): string {
  let left = milliseconds;
  const parts = units.map(([unit, size]) => {
    const isWhole = (unit !== 'y' && unit !== 'w') || left % size === 0;
    const count = isWhole ? Math.floor(left / size) : 0;
    left -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}

/** For people: the two largest units, `4h30m`, `2d`, `45s`. Weeks and years are told in days. */
export function formatForPeople(milliseconds: number): string {
  const told = units.filter(([unit]) => unit !== 'y' && unit !== 'w' && unit !== 'ms');
  let left = Math.max(0, Math.round(milliseconds / 1_000)) * 1_000;
  const parts: string[] = [];
  for (const [unit, size] of told) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    // A second unit is told only where it is the next one.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join('') || '0s';
}
