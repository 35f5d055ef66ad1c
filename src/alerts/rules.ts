/** The rules of a ConfigMap that hold alerts back or put them together, and who is meant by them. */
import type { Matcher } from './matcher.ts';
import type { TimeInterval } from './times.ts';

interface Rule {
  /** Its place in the key, from 1, also counting those that are disabled. Absent: its place among the others. */
  readonly entry?: number;
}

/** Nobody is told of what matches, from `from` until `until` (Unix milliseconds). */
export interface SilenceRule extends Rule {
  matchers: readonly Matcher[];
  from?: number;
  until: number;
  comment: string;
}

/** Nobody is told of what matches while one of the intervals holds. */
export interface MuteRule extends Rule {
  matchers: readonly Matcher[];
  intervals: readonly TimeInterval[];
}

/** While an alert that matches `source` fires, nobody is told of those that match `target` and agree in `equal`. */
export interface InhibitRule extends Rule {
  source: readonly Matcher[];
  target: readonly Matcher[];
  equal: readonly string[];
}

/** What matches is told together, in one message for each recipient and each combination of `groupBy`. */
export interface GroupRule extends Rule {
  matchers: readonly Matcher[];
  /** Labels; `all`: every label, so that each alert is a group of its own. */
  groupBy: readonly string[] | 'all';
  /** Milliseconds: before the first message of a group, and between its messages. */
  groupWait: number;
  groupInterval: number;
  /** Names of templates; empty: the default digest. */
  send: readonly string[];
  /** More messages than this in a minute to one recipient become one digest; absent: no bound. */
  maxPerMinute?: number;
}

/** All of a ConfigMap. */
export interface AlertRules {
  silences: readonly SilenceRule[];
  muteTimes: readonly MuteRule[];
  inhibit: readonly InhibitRule[];
  groups: readonly GroupRule[];
}

export const noRules: AlertRules = { silences: [], muteTimes: [], inhibit: [], groups: [] };
