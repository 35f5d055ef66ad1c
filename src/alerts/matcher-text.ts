/**
 * Matchers as Alertmanager writes them: `severity=~"warn.*"`, `{a="b", "c d"!=e}`. Two grammars are read, as there: the
 * one of UTF-8 names, and the classic one, which wins where the two disagree (pkg/labels, matcher/parse; check 48).
 */
import { unquote } from '../go/strconv-unquote.ts';
import { createMatcher, type Matcher, mostMatchers, type Operator } from './matcher.ts';

export interface ParsedMatchers {
  matchers: Matcher[];
  /** The text means something else in the newer grammar; what, for people. */
  warning?: string;
}

interface Parts {
  label: string;
  operator: Operator;
  value: string;
}

type Read = { parts: Parts[] } | { error: string };

/** Reads any number of matchers, separated by commas. `error` completes "the matchers cannot be read: …". */
export function parseMatchers(text: string): ParsedMatchers | { error: string } {
  const utf8 = readUtf8(text);
  const classic = readClassic(text);
  if ('error' in utf8 && 'error' in classic) return { error: utf8.error };
  const read = 'error' in classic ? utf8 : classic;
  if ('error' in read) return read;
  if (read.parts.length > mostMatchers) return { error: `there are more than ${mostMatchers}` };
  const matchers: Matcher[] = [];
  for (const { label, operator, value } of read.parts) {
    const matcher = createMatcher(label, operator, [value]);
    if ('error' in matcher) return matcher;
    matchers.push(matcher);
  }
  const differs = !('error' in utf8 || 'error' in classic) && !isEqual(utf8.parts, classic.parts);
  return differs
    ? { matchers, warning: 'it has another meaning where names may hold any character: quote the values' }
    : { matchers };
}

function isEqual(left: readonly Parts[], right: readonly Parts[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

const operators = ['=~', '!~', '!=', '='] as const;
/** What ends an unquoted name or value of the UTF-8 grammar. */
const reserved = /[\s{}!=~,\\"'`]/;

class Fault extends Error {}

function readUtf8(text: string): Read {
  let at = 0;

  const skipSpace = () => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };

  function word(what: string): string {
    if (text[at] === '"') {
      const end = endOfQuoted(text, at);
      if (end === undefined) throw new Fault(`${what} has no closing quote`);
      const value = unquote(text.slice(at, end));
      if (value === undefined)
        throw new Fault(`${what} holds a line break or an escape that Go strings do not know`);
      if (!value.isWellFormed()) throw new Fault(`${what} holds bytes that are no UTF-8`);
      at = end;
      return value;
    }
    const start = at;
    while (at < text.length && !reserved.test(text[at] ?? '')) at += 1;
    if (at === start) {
      const found = at < text.length ? JSON.stringify(text[at]) : 'the end';
      throw new Fault(`found ${found} at character ${at + 1}, expected ${what}`);
    }
    return text.slice(start, at);
  }

  function operator(): Operator {
    const found = operators.find((candidate) => text.startsWith(candidate, at));
    if (found === undefined)
      throw new Fault(`found no operator at character ${at + 1}: write =, !=, =~ or !~`);
    at += found.length;
    return found;
  }

  try {
    const parts: Parts[] = [];
    skipSpace();
    const isBraced = text[at] === '{';
    if (isBraced) at += 1;
    skipSpace();
    while (at < text.length && text[at] !== '}') {
      const label = word('the name of a label');
      skipSpace();
      const compared = operator();
      skipSpace();
      parts.push({ label, operator: compared, value: word('a value') });
      skipSpace();
      if (text[at] !== ',') break;
      at += 1;
      skipSpace();
    }
    const isClosed = text[at] === '}';
    if (isClosed) at += 1;
    if (isBraced !== isClosed) throw new Fault('the braces do not pair');
    skipSpace();
    if (at < text.length)
      throw new Fault(`found ${JSON.stringify(text[at])} at character ${at + 1}, expected a comma`);
    return { parts };
  } catch (fault) {
    if (fault instanceof Fault) return { error: fault.message };
    throw fault;
  }
}

/** The place behind the closing quote. */
function endOfQuoted(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

const classicMatcher = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*([\s\S]*?)\s*$/;

function readClassic(text: string): Read {
  const trimmed = text.trim();
  const opens = trimmed.startsWith('{');
  const closes = trimmed.endsWith('}');
  if (opens !== closes) return { error: 'the braces do not pair' };
  const inner = opens ? trimmed.slice(1, -1) : trimmed;
  const parts: Parts[] = [];
  for (const piece of splitOutsideQuotes(inner)) {
    if (piece.trim() === '') continue;
    const [, label = '', operator = '=', raw = ''] = classicMatcher.exec(piece) ?? [];
    if (label === '') return { error: `${JSON.stringify(piece.trim())} is no matcher` };
    const value = unquoteClassic(raw);
    if (value === undefined) return { error: `the value ${raw} has a quote that does not pair` };
    parts.push({ label, operator: operator as Operator, value });
  }
  return { parts };
}

function splitOutsideQuotes(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\' && at + 1 < text.length) {
      piece += character + text[at + 1];
      at += 1;
    } else if (character === ',' && !isQuoted) {
      pieces.push(piece);
      piece = '';
    } else {
      if (character === '"') isQuoted = !isQuoted;
      piece += character;
    }
  }
  pieces.push(piece);
  return pieces;
}

/** Quotes of a classic value are optional; a backslash escapes a quote, an n and itself, and stands for itself elsewhere. */
function unquoteClassic(raw: string): string | undefined {
  const isQuoted = raw.startsWith('"');
  if (isQuoted && (raw.length < 2 || !/(^|[^\\])(\\\\)*"$/.test(raw.slice(1)))) return undefined;
  const inner = isQuoted ? raw.slice(1, -1) : raw;
  if (/(^|[^\\])(\\\\)*"/.test(inner)) return undefined;
  return inner.replace(/\\(["n\\])/g, (_match, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
