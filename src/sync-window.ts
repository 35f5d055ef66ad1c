/**
 * One sync window of an AppProject: for which Applications it is, and when it is open (behaviour of Argo CD's
 * `SyncWindows.Matches` and `Active`, of which test/argocd has vectors). A window is open from each time of its schedule
 * on for its duration, by the clock of its time zone: the clock shows some of these times twice a year, or not at all. Pure.
 */
import { clusterOf, identityOf } from './application.ts';
import { type CronSchedule, dayLength, parseCron } from './cron.ts';
import { compileGlob, type Glob } from './glob.ts';
import { MILLISECOND, parseDuration } from './go/duration.ts';
import { textAt, textsAt } from './json.ts';
import type { JsonObject } from './model.ts';
import { createZoneClock, utcClock } from './zone-clock.ts';

/** As the AppProject has it; '' and false for what it does not say. */
export interface SyncWindow {
  kind: string;
  schedule: string;
  duration: string;
  timeZone: string;
  description: string;
  manualSync: boolean;
  syncOverrun: boolean;
  /** What is wrong with its schedule or duration; such a window lets no Application be synced that it is for. */
  error?: string;
  isFor(app: JsonObject): boolean;
  /** Whether it is open at a moment; `zoneAt`: the moment whose offset its time zone has, as Argo CD takes the present one. */
  isActive(at: number, zoneAt?: number): boolean;
  /** When that next changes, Unix milliseconds; Infinity where it does not within five years. */
  changesAt(at: number): number;
}

export function readSyncWindow(object: JsonObject): SyncWindow {
  const [schedule, duration, timeZone] = ['schedule', 'duration', 'timeZone'].map((field) =>
    textAt(object, field),
  ) as [string, string, string];
  const cron = parseCron(schedule);
  const length = parseDuration(duration);
  const times =
    typeof cron === 'string' || !length
      ? undefined
      : createTimes(cron, Number(length.nanoseconds / MILLISECOND), timeZone);
  const wrong =
    typeof cron === 'string'
      ? `the schedule ${JSON.stringify(schedule)} cannot be read: ${cron}`
      : `the duration ${JSON.stringify(duration)} cannot be read`;
  return {
    kind: textAt(object, 'kind'),
    schedule,
    duration,
    timeZone,
    description: textAt(object, 'description'),
    manualSync: object.manualSync === true,
    syncOverrun: object.syncOverrun === true,
    isFor: createSelection(object),
    isActive: times?.isActive ?? (() => false),
    changesAt: times?.changesAt ?? (() => Number.POSITIVE_INFINITY),
    ...(times ? {} : { error: wrong }),
  };
}

function createSelection(object: JsonObject): (app: JsonObject) => boolean {
  const [applications, clusters, namespaces] = ['applications', 'clusters', 'namespaces'].map((field) =>
    textsAt(object, field).map(globOf),
  ) as [Glob[], Glob[], Glob[]];
  const isAnd = object.andOperator === true;
  return (app) => {
    const { server, name: cluster, namespace } = clusterOf(app);
    const { name } = identityOf(app);
    const clusterNames = [cluster, server].filter((text) => text !== '');
    const selectors: [Glob[], string[]][] = [
      [applications, [name]],
      [clusters, clusterNames],
      [namespaces, [namespace]],
    ];
    const set = selectors.filter(([globs]) => globs.length > 0);
    const isMeant = ([globs, texts]: [Glob[], string[]]) =>
      globs.some((glob) => texts.some((text) => glob(text)));
    return set.length > 0 && (isAnd ? set.every(isMeant) : set.some(isMeant));
  };
}

function globOf(pattern: string): Glob {
  const compiled = compileGlob(pattern);
  return typeof compiled === 'string' ? () => false : compiled;
}

/** Of a clock, in milliseconds since its 1970; it goes on to `until`, exclusive. */
interface Span {
  from: number;
  until: number;
}

const never = Number.POSITIVE_INFINITY;

function createTimes(
  schedule: CronSchedule,
  duration: number,
  timeZone: string,
): Pick<SyncWindow, 'isActive' | 'changesAt'> {
  const zone = createZoneClock(timeZone) ?? utcClock;
  const ofDay = merged(schedule.minutes.map((minute) => spanOf(minute * 60_000)));
  const [first] = ofDay;
  const isAlways =
    !schedule.clock &&
    schedule.isDaily &&
    ofDay.length === 1 &&
    first &&
    first.until >= dayLength + first.from;
  /** The answer for the earliest time that it is for: it holds until the span ends. */
  let known: { time: number; span: Span } | undefined;

  function spanOf(from: number): Span {
    return { from, until: from + duration };
  }

  /** Those that begin on a day. */
  function spansOf(day: number): Span[] {
    const midnight = day * dayLength;
    const { clock, minutes } = schedule;
    const [before, after] = [midnight - dayLength, midnight + 2 * dayLength];
    const offset = clock?.offset(before) ?? 0;
    if (clock?.nextSet(before, after) === undefined)
      return ofDay.map(({ from, until }) => ({
        from: midnight + from - offset,
        until: midnight + until - offset,
      }));
    const starts = minutes.flatMap((minute) =>
      [...new Set([offset, clock.offset(after)])]
        .map((each) => ({ at: midnight + minute * 60_000 - each, each }))
        .filter(({ at, each }) => clock.offset(at) === each)
        .map(({ at }) => at),
    );
    return merged(starts.sort((a, b) => a - b).map(spanOf));
  }

  /** The span that is open at a time of the clock, or else the one that comes next. */
  function spanAt(time: number): Span {
    if (isAlways) return { from: -never, until: never };
    if (!known || time < known.time || time >= known.span.until) known = { time, span: findSpan(time) };
    return known.span;
  }

  /** In Argo CD a window whose schedule has no time within five years is open, always. */
  function findSpan(time: number): Span {
    const before = time - duration;
    const lastDay = Date.UTC(new Date(before).getUTCFullYear() + 6, 0, 1) / dayLength;
    let span: Span | undefined;
    let hasTime = false;
    // A day of another time zone begins up to a day before or after.
    for (let day = Math.floor(before / dayLength) - 1; day < lastDay; day += 1) {
      if (span && span.until > time && span.until < (day - 1) * dayLength) return span;
      if (schedule.minutes.length === 0 || !schedule.matchesDay(day)) continue;
      for (const next of spansOf(day)) {
        hasTime ||= next.from > before;
        if (span && next.from <= span.until) span.until = Math.max(span.until, next.until);
        else if (span && span.until > time) return span;
        else span = next;
      }
      // Of what does not last the spans are empty.
      if (duration <= 0 && hasTime) return { from: never, until: never };
    }
    if (!span || !hasTime) return { from: -never, until: never };
    return span.from > time ? span : { ...span, until: never };
  }

  function stateAt(at: number, zoneAt = at): { isActive: boolean; until: number } {
    const offset = zone.offset(zoneAt);
    const { from, until } = spanAt(at + offset);
    const isActive = from <= at + offset;
    return { isActive, until: (isActive ? until : from) - offset };
  }

  return {
    isActive: (at, zoneAt) => stateAt(at, zoneAt).isActive,
    changesAt(at) {
      const { isActive } = stateAt(at);
      for (let time = at; ; ) {
        const state = stateAt(time);
        if (state.isActive !== isActive) return time;
        if (state.until === never) return never;
        const set = zone.nextSet(time, state.until);
        if (set === undefined) return state.until;
        time = set;
      }
    },
  };
}

function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const { from, until } of spans) {
    const last = found.at(-1);
    if (last && from <= last.until) last.until = Math.max(last.until, until);
    else found.push({ from, until });
  }
  return found;
}
