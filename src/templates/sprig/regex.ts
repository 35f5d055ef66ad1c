/** Sprig's regular expressions on re2js: RE2 syntax, linear time, with the matching rules of Go's regexp. */
import { RE2JS } from 're2js';
import { GoNilSlice } from '../../go/nil.ts';
import { regexpSize } from '../../go/regexp-size.ts';
import { GoSlice } from '../../go/typed.ts';
import type { GoInt } from '../../go/value.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';
import { type FunctionContext, LimitError } from '../gotemplate/run.ts';
import { intArgument } from './cast.ts';
import { checkList, checkText } from './limits.ts';

interface Match {
  start: number;
  end: number;
  groups: readonly (string | null)[];
}

interface Regex {
  source: string;
  /** Name → number of a group. */
  names: Readonly<Record<string, number>>;
  /** The first match at or behind a position. */
  find(text: string, from: number): Match | undefined;
}

/** Steps that each part of an expression takes for each character, at worst. */
const PART_STEPS = 1 / 8;

function compile(context: FunctionContext, source: string): Regex {
  const size = regexpSize(source);
  context.spend(16 + 8 * (source.length + 2 * size));
  if (!source.isWellFormed()) throw new Error('error parsing regexp: invalid UTF-8');
  const regex = RE2JS.compile(source);
  return {
    source,
    names: regex.namedGroups(),
    find(text, from) {
      // Paid before the work, for all of the text; the rest behind a match is given back.
      context.spend((text.length - from) * size * PART_STEPS);
      const matcher = regex.matcher(text);
      if (!matcher.find(from)) return undefined;
      context.spend((matcher.end() - text.length) * size * PART_STEPS);
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group));
      return { start: matcher.start(), end: matcher.end(), groups };
    },
  };
}

const characterLength = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** All matches but empty ones right behind another. */
function allMatches(context: FunctionContext, regex: Regex, text: string, limit: number): Match[] {
  const found: Match[] = [];
  let previousEnd = -1;
  for (let at = 0; at <= text.length && (limit < 0 || found.length < limit); ) {
    const match = regex.find(text, at);
    if (match === undefined) break;
    context.spend(6 + ((match.end - at) >> 4));
    let accepted = true;
    if (match.end === at) {
      accepted = match.start !== previousEnd;
      at += characterLength(text, at);
    } else at = match.end;
    previousEnd = match.end;
    if (accepted) found.push(match);
    checkList(context, found.length);
  }
  return found;
}

function replaceAll(
  context: FunctionContext,
  regex: Regex,
  text: string,
  replacement: (match: Match) => string,
): string {
  let out = '';
  let lastEnd = 0;
  for (let at = 0; at <= text.length; ) {
    const match = regex.find(text, at);
    if (match === undefined) break;
    context.spend(6 + ((match.end - at) >> 4));
    out += text.slice(lastEnd, match.start);
    if (match.end > lastEnd || match.start === 0) out += replacement(match);
    lastEnd = match.end;
    checkText(context, out.length);
    at = Math.max(match.end, at + (at < text.length ? characterLength(text, at) : 1));
  }
  return out + text.slice(lastEnd);
}

/** Go's `Expand`: `$1`, `$name`, `${name}` and `$$`; what names no group is empty. */
function expand(template: string, regex: Regex, match: Match): string {
  return template.replace(
    /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu,
    (whole, bare?: string, braced?: string) => {
      if (whole === '$$') return '$';
      const name = (bare ?? braced) as string;
      const group = /^[0-9]+$/.test(name)
        ? Number(name)
        : Object.hasOwn(regex.names, name)
          ? regex.names[name]
          : undefined;
      return group === undefined ? '' : (match.groups[group] ?? '');
    },
  );
}

function split(context: FunctionContext, regex: Regex, text: string, limit: number): GoSlice {
  if (limit === 0) return new GoNilSlice('string');
  if (regex.source !== '' && text === '') return new GoSlice('string', ['']);
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of allMatches(context, regex, text, limit)) {
    if (limit > 0 && parts.length === limit - 1) break;
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(begin, end));
    begin = match.end;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return new GoSlice('string', parts);
}

function findAll(context: FunctionContext, source: string, text: string, count: GoInt): GoSlice {
  const regex = compile(context, source);
  const limit = intArgument(count);
  const found = limit === 0 ? [] : allMatches(context, regex, text, limit);
  return found.length === 0
    ? new GoNilSlice('string')
    : new GoSlice(
        'string',
        found.map((match) => text.slice(match.start, match.end)),
      );
}

function find(context: FunctionContext, source: string, text: string): string {
  const match = compile(context, source).find(text, 0);
  return match === undefined ? '' : text.slice(match.start, match.end);
}

const mustMatch = (context: FunctionContext, source: string, text: string): boolean =>
  compile(context, source).find(text, 0) !== undefined;

function matches(context: FunctionContext, source: string, text: string): boolean {
  let regex: Regex;
  try {
    regex = compile(context, source);
  } catch (error) {
    if (error instanceof LimitError) throw error;
    return false;
  }
  return regex.find(text, 0) !== undefined;
}

function replace(context: FunctionContext, source: string, text: string, template: string): string {
  const regex = compile(context, source);
  return replaceAll(context, regex, text, (match) => expand(template, regex, match));
}

function replaceLiteral(context: FunctionContext, source: string, text: string, replacement: string): string {
  return replaceAll(context, compile(context, source), text, () => replacement);
}

const FIND_ALL = contextual('func(string, string, int) []string', findAll);
const FIND = contextual('func(string, string) string', find);
const REPLACE = contextual('func(string, string, string) string', replace);
const REPLACE_LITERAL = contextual('func(string, string, string) string', replaceLiteral);
const SPLIT = contextual(
  'func(string, string, int) []string',
  (context, source: string, text: string, count: GoInt) =>
    split(context, compile(context, source), text, intArgument(count)),
);

export const REGEX_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  regexMatch: contextual('func(string, string) bool', matches),
  mustRegexMatch: contextual('func(string, string) (bool, error)', mustMatch),
  regexFindAll: FIND_ALL,
  mustRegexFindAll: FIND_ALL,
  regexFind: FIND,
  mustRegexFind: FIND,
  regexReplaceAll: REPLACE,
  mustRegexReplaceAll: REPLACE,
  regexReplaceAllLiteral: REPLACE_LITERAL,
  mustRegexReplaceAllLiteral: REPLACE_LITERAL,
  regexSplit: SPLIT,
  mustRegexSplit: SPLIT,
  regexQuoteMeta: pure('func(string) string', (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
};
