import type { ValueFilter } from './service.ts';

export interface MarkdownOptions {
  /** What mentions everybody behind an `@`. */
  crowds?: readonly string[];
  /** HTML in the text is HTML. */
  html?: boolean;
}

const zeroWidthSpace = '\u200b';

/**
 * Values are shown as they are where a template puts them into Markdown (CommonMark, as Mattermost, Rocket.Chat and Webex
 * read it), and mention nobody. Inside of code and of addresses nothing can be escaped, and little has to be; JSON is
 * the template's own structure, whose fields may be addresses too.
 */
export function createMarkdownEscape({ crowds = [], html = false }: MarkdownOptions): ValueFilter {
  const crowd = crowds.length === 0 ? undefined : new RegExp(`@(?=(?:${crowds.join('|')})(?![\\w-]))`, 'gi');
  const quiet = (value: string) => (crowd === undefined ? value : value.replace(crowd, `@${zeroWidthSpace}`));
  const plain = (value: string) => (html ? value.replaceAll('&', '&amp;').replaceAll('<', '&lt;') : value);

  return (value, { preceding }) => {
    switch (contextOf(preceding)) {
      case 'json':
        return quiet(value);
      case 'code':
        return value.replaceAll('`', "'");
      case 'address':
        return value.replaceAll(')', '%29').replaceAll(' ', '%20');
      case 'text':
        return quiet(plain(value.replace(/[\\`*_~[\]|]/g, '\\$&').replace(/^(\s*)([>#])/gm, '$1\\$2')));
    }
  };
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
