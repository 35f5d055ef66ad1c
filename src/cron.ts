/**
 * Cron schedules as Argo CD reads them for sync windows: robfig/cron with five fields and without descriptors. Packages
 * of npm read another language: they take `L`, `W`, `#`, a sixth field, `@daily` and 7 for Sunday, which Argo CD refuses,
 * refuse `5/10`, and understand a star with the step 1 beside a day of the week otherwise. Pure.
 */
import { createZoneClock, type ZoneClock } from './zone-clock.ts';

export interface CronSchedule {
  /** The minutes of a day that matches, from its midnight, ascending. */
  minutes: readonly number[];
  /** `day`: days since 1970. */
  matchesDay(day: number): boolean;
  isDaily: boolean;
  /** Of `CRON_TZ=`; absent: the clock by which it is asked. */
  clock?: ZoneClock;
}

interface Field {
  min: number;
  max: number;
  names: readonly string[];
}

/** Names count from `min`. */
const fields: readonly Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { min: 0, max: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
];

interface Values {
  has: ReadonlySet<number>;
  /** It has a `*` that no step thins out: then a day must match both of its fields, and else one of them. */
  isStar: boolean;
}

export const dayLength = 86_400_000;

/** What is wrong with a schedule that cannot be read is answered as text. */
export function parseCron(text: string): CronSchedule | string {
  const [, zone, rest = text] = /^(?:CRON_)?TZ=([^ ]*) (.*)$/s.exec(text) ?? [];
  const clock = zone === undefined ? undefined : createZoneClock(zone);
  if (zone !== undefined && !clock) return `there is no time zone ${zone}`;
  const texts = rest.trim().split(/\s+/);
  if (texts.length !== fields.length) return `it does not have ${fields.length} fields`;
  const read: Values[] = [];
  for (const [index, field] of fields.entries()) {
    const values = readField(texts[index] ?? '', field);
    if (typeof values === 'string') return values;
    read.push(values);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = read as [Values, Values, Values, Values, Values];
  const minutes = [...hour.has].flatMap((h) => [...minute.has].map((m) => h * 60 + m));
  return {
    minutes: minutes.sort((a, b) => a - b),
    matchesDay(day) {
      const date = new Date(day * dayLength);
      if (!month.has.has(date.getUTCMonth() + 1)) return false;
      const isOfMonth = dayOfMonth.has.has(date.getUTCDate());
      const isOfWeek = dayOfWeek.has.has(date.getUTCDay());
      return dayOfMonth.isStar || dayOfWeek.isStar ? isOfMonth && isOfWeek : isOfMonth || isOfWeek;
    },
    isDaily:
      month.has.size === 12 &&
      (dayOfMonth.isStar || dayOfWeek.isStar
        ? dayOfMonth.has.size === 31 && dayOfWeek.has.size === 7
        : dayOfMonth.has.size === 31 || dayOfWeek.has.size === 7),
    ...(clock ? { clock } : {}),
  };
}

function readField(text: string, field: Field): Values | string {
  const has = new Set<number>();
  let isStar = false;
  for (const range of text.split(',').filter((part) => part !== '')) {
    const read = readRange(range, field);
    if (typeof read === 'string') return read;
    isStar ||= read.isStar;
    for (let value = read.start; value <= read.end; value += read.step) has.add(value);
  }
  return { has, isStar };
}

function readRange(
  text: string,
  { min, max, names }: Field,
): { start: number; end: number; step: number; isStar: boolean } | string {
  const [range = '', stepText, ...tooMany] = text.split('/');
  const [low = '', high, ...others] = range.split('-');
  const isStar = low === '*' || low === '?';
  if (tooMany.length > 0 || (!isStar && others.length > 0)) return `${text} is no range`;
  const step = stepText === undefined ? 1 : readNumber(stepText, []);
  const start = isStar ? min : readNumber(low, names, min);
  // A number with a step goes on to the end.
  const last = stepText === undefined ? start : max;
  const end = isStar ? max : high === undefined ? last : readNumber(high, names, min);
  if (start === undefined || end === undefined || !step) return `${text} is no range of numbers`;
  if (start < min || end > max || start > end) return `${text} is not within ${min}-${max}`;
  return { start, end, step, isStar: isStar && step === 1 };
}

function readNumber(text: string, names: readonly string[], first = 0): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named !== -1) return first + named;
  return /^(?:\+?\d{1,18}|-0+)$/.test(text) ? Math.abs(Number(text)) : undefined;
}
