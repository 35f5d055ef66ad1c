import type { ValueFilter } from './service.ts';

export interface MarkdownOptions {
  /** What mentions everybody behind an `@`. */
  crowds?: readonly string[];
  /** HTML in the text is HTML. */
  html?: boolean;
  /** What is escaped is written as an HTML entity, for a dialect that knows no backslash. */
  entities?: boolean;
  /** What else is markup, as a pattern. */
  markup?: string;
}

const zeroWidthSpace = '\u200b';

/**
 * Values are shown as they are where a template puts them into Markdown (CommonMark, as Mattermost, Rocket.Chat and Webex
 * read it), and mention nobody. Inside of code and of addresses nothing can be escaped, and little has to be; JSON is
 * the template's own structure, whose fields may be addresses too.
 */
export function createMarkdownEscape(options: MarkdownOptions): ValueFilter {
  const { crowds = [], html = false, entities = false, markup: more } = options;
  // What follows a value that ends in `@` may be another value.
  const atEnd = String.raw`(?<=(?<![\w.+-])@)(?![^])`;
  const crowd = crowds.length === 0 ? '(?!)' : `@(?=(?:${crowds.join('|')})(?![\\w-])|${atEnd})`;
  const markup = String.raw`[\\\x60*_~[\]|]|(?<=^\s*)[>#]`;
  const own = [...(html ? ['[&<]'] : []), ...(more === undefined ? [] : [more])];
  const everything = new RegExp([crowd, ...own, markup].join('|'), 'gim');
  const mentions = new RegExp(crowd, 'gi');

  return (value, { preceding, isForeign }) => {
    const change = (pattern: RegExp, by: (found: string) => string) =>
      value.replace(pattern, (found: string, at: number) => (isForeign(at) ? by(found) : found));
    switch (contextOf(preceding)) {
      case 'json':
        return change(mentions, harmless);
      case 'code':
        return change(/`/g, () => "'");
      case 'address':
        return change(/[) ]/g, (found) => (found === ')' ? '%29' : '%20'));
      case 'text':
        return change(everything, entities ? asEntity : harmless);
    }
  };
}

function harmless(found: string): string {
  switch (found) {
    case '@':
      return `@${zeroWidthSpace}`;
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    default:
      return `\\${found}`;
  }
}

function asEntity(found: string): string {
  return found === '@' ? harmless(found) : `&#${found.codePointAt(0)};`;
}

/** What the text before a value makes of it. */
function contextOf(preceding: string): 'json' | 'code' | 'address' | 'text' {
  if (/^\s*[[{]\s*["{[]/.test(preceding)) return 'json';
  const fences = preceding.replace(/\\[^]/g, '').split('```');
  if (fences.length % 2 === 0) return 'code';
  const outside = fences
    .filter((_, index) => index % 2 === 0)
    .join('')
    .replace(/`[^`\n]*`/g, '');
  if (/`[^`\n]*$/.test(outside)) return 'code';
  return /\]\([^)\s]*$|https?:\/\/\S*$/.test(outside) ? 'address' : 'text';
}
