/** The keys `silences`, `muteTimes`, `inhibit` and `groups`: YAML → rules. A bad rule disables only itself. */
import { createDecoder, type Decoder } from '../go/decode.ts';
import { readDuration } from '../go/durations.ts';
import { fieldOf } from '../go/fields.ts';
import { parseYaml, type YamlPath } from '../go/yaml.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import { readInterval, readZone } from './intervals-schema.ts';
import { type Matcher, patternSize } from './matcher.ts';
import { readMatchers } from './matchers-schema.ts';
import { momentFix, parseMoment } from './moment.ts';
import type { AlertRules, GroupRule, InhibitRule, MuteRule, SilenceRule } from './rules.ts';
import { type TimeInterval, utc } from './times.ts';

export { inspectRules } from './inspect.ts';

/** Our spelling first, then that of Alertmanager. */
export const ruleSpellings = {
  match: ['match', 'matchers'],
  from: ['from', 'startsAt'],
  until: ['until', 'endsAt'],
  comment: ['comment'],
  zone: ['timeZone', 'location'],
  times: ['times', 'time_intervals'],
  source: ['source', 'source_matchers'],
  target: ['target', 'target_matchers'],
  equal: ['equal'],
  groupBy: ['groupBy', 'group_by'],
  groupWait: ['groupWait', 'group_wait'],
  groupInterval: ['groupInterval', 'group_interval'],
  send: ['send'],
  maxPerMinute: ['maxPerMinute'],
} as const;
type Name = keyof typeof ruleSpellings;

/** Fields of the rules of each key. */
export const ruleFields = {
  silences: ['match', 'from', 'until', 'comment'],
  muteTimes: ['match', 'zone', 'times'],
  inhibit: ['source', 'target', 'equal'],
  groups: ['match', 'groupBy', 'groupWait', 'groupInterval', 'send', 'maxPerMinute'],
} as const satisfies Record<keyof AlertRules, readonly Name[]>;

/** Alertmanager's (check 9). Milliseconds. */
const defaults = { groupWait: 30_000, groupInterval: 300_000 };

export const compileSilences = compiler<SilenceRule>(ruleFields.silences, (rule) => {
  const matchers = rule.matchers('match');
  const from = rule.has('from') ? rule.time('from') : undefined;
  const until = rule.time('until');
  if (matchers === undefined || until === undefined) return undefined;
  if (from !== undefined && from >= until) {
    rule.report('until', 'the silence ends before it begins', 'Write an until that is later than from.');
    return undefined;
  }
  return { matchers, ...(from === undefined ? {} : { from }), until, comment: rule.text('comment') ?? '' };
});

export const compileMuteTimes = compiler<MuteRule>(ruleFields.muteTimes, (rule) => {
  const matchers = rule.matchers('match');
  const intervals = rule.intervals();
  return matchers && intervals && { matchers, intervals };
});

export const compileInhibit = compiler<InhibitRule>(ruleFields.inhibit, (rule) => {
  const source = rule.matchers('source');
  const target = rule.matchers('target');
  const equal = rule.texts('equal') ?? [];
  return source && target && { source, target, equal };
});

export const compileGroups = compiler<GroupRule>(ruleFields.groups, (rule) => {
  const matchers = rule.matchers('match');
  const labels = rule.texts('groupBy') ?? [];
  const groupWait = rule.duration('groupWait') ?? defaults.groupWait;
  const groupInterval = rule.duration('groupInterval') ?? defaults.groupInterval;
  const maxPerMinute = rule.count('maxPerMinute');
  return (
    matchers && {
      matchers,
      groupBy: labels.includes('...') ? 'all' : labels,
      groupWait,
      groupInterval,
      send: rule.texts('send') ?? [],
      ...(maxPerMinute === undefined ? {} : { maxPerMinute }),
    }
  );
});

interface RuleReader {
  has(name: Name): boolean;
  report(name: Name, what: string, fix: string): void;
  matchers(name: Name): Matcher[] | undefined;
  text(name: Name): string | undefined;
  texts(name: Name): string[] | undefined;
  /** Unix milliseconds. Reported where it is missing. */
  time(name: Name): number | undefined;
  /** Milliseconds; undefined where it is not given. */
  duration(name: Name): number | undefined;
  count(name: Name): number | undefined;
  intervals(): TimeInterval[] | undefined;
}

/** Rules of one key. */
export const mostRules = 1_000;
/** What the regular expressions of one key may cost together, see `regexpSize`. */
export const mostPatterns = 20_000;

export interface CompiledRules<T> {
  rules: T[];
  problems: Problem[];
  /** The text as a whole is no list of rules; otherwise each error is of a rule that was left out. */
  isBroken?: true;
}

function matchersOf(rule: object): Matcher[] {
  return ['matchers', 'source', 'target'].flatMap((side) => (rule as Record<string, Matcher[]>)[side] ?? []);
}

function compiler<T extends object>(names: readonly Name[], make: (rule: RuleReader) => T | undefined) {
  return (key: string, text: string): CompiledRules<T & { entry: number }> => {
    const document = parseYaml(text);
    const decoder = createDecoder(document, key);
    const { problems } = decoder;
    const rules: (T & { entry: number })[] = [];
    const entries = document.problems.length > 0 ? undefined : decoder.list([], document.value);
    if (entries === undefined) return { rules, problems, isBroken: true };
    if (entries.length > mostRules) {
      const what = `there are more than ${mostRules} rules, and those beyond are not read`;
      decoder.report(
        [mostRules],
        'error',
        what,
        'Write what rules have in common as one, with a list of values.',
      );
    }
    let patterns = 0;
    for (const [index, entry] of entries.slice(0, mostRules).entries()) {
      if (patterns > mostPatterns) {
        const what =
          'the regular expressions are too large together, and the rules from here on are not read';
        decoder.report([index], 'error', what, 'Write lists of values in place of expressions.');
        break;
      }
      const object = decoder.object([index], entry);
      if (object === undefined) continue;
      const before = problems.length;
      decoder.knownFields(
        [index],
        object,
        names.flatMap((name) => ruleSpellings[name]),
      );
      const made = make(createRuleReader(decoder, [index], object));
      patterns += patternSize(made ? matchersOf(made) : []);
      const isGood = !problems.slice(before).some(({ severity }) => severity === 'error');
      if (made !== undefined && isGood) rules.push({ ...made, entry: index + 1 });
    }
    return { rules, problems };
  };
}

function createRuleReader(decoder: Decoder, path: YamlPath, object: JsonObject): RuleReader {
  const find = (name: Name) => fieldOf(object, path, ruleSpellings[name]);
  const report: RuleReader['report'] = (name, what, fix) => {
    decoder.report(find(name)?.path ?? path, 'error', what, fix);
  };
  const text = (name: Name): string | undefined => {
    const found = find(name);
    return found && decoder.string(found.path, found.value);
  };
  return {
    has: (name) => find(name) !== undefined,
    report,
    matchers(name) {
      const found = find(name);
      return readMatchers(decoder, found?.path ?? path, found?.value ?? null);
    },
    text,
    texts(name) {
      const found = find(name);
      if (!found) return undefined;
      const value: Json = typeof found.value === 'string' ? [found.value] : found.value;
      return decoder.strings(found.path, value)?.map((entry) => entry.text);
    },
    time(name) {
      const written = text(name) ?? '';
      const time = parseMoment(written);
      if (time !== undefined) return time;
      report(name, written === '' ? `${name} is missing` : `${name} is no time`, momentFix);
      return undefined;
    },
    duration: (name) => readDuration(decoder, find(name)),
    count(name) {
      const found = find(name);
      if (found === undefined || found.value === null) return undefined;
      if (typeof found.value === 'number' && Number.isInteger(found.value) && found.value > 0)
        return found.value;
      report(name, `${name} is no whole number above 0`, 'Write one such as 10.');
      return undefined;
    },
    intervals() {
      const found = find('times');
      const zone = readZone(decoder, path, object) ?? utc;
      const entries = found ? (decoder.list(found.path, found.value) ?? []) : [];
      if (found === undefined || entries.length === 0) {
        report('times', 'there are no times', "Write times: [{weekdays: ['saturday', 'sunday']}].");
        return undefined;
      }
      const intervals = entries.map((entry, index) =>
        readInterval(decoder, [...found.path, index], entry, zone),
      );
      return intervals.every((interval) => interval !== undefined) ? intervals : undefined;
    },
  };
}
