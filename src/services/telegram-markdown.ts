import { cutText } from './cut.ts';
import type { ValueFilter } from './service.ts';

/**
 * Telegram's legacy Markdown, in which argocd-notifications sends: `*bold*`, `_italic_`, `` `code` ``, ``` ```pre``` ```,
 * `[label](url)`, and a backslash before `_*`[` outside of these. One that is never closed loses the message.
 */
type Entity = '*' | '_' | '`' | '```' | '[' | '(';

const specials = /[_*`[]/g;

/** Values are shown as they are, wherever the template puts them. */
export const escapeTelegramMarkdown: ValueFilter = (value, { preceding, isForeign }) => {
  const open = openEntity(preceding);
  const change = (pattern: RegExp, by: (found: string) => string) =>
    value.replace(pattern, (found: string, at: number) => (isForeign(at) ? by(found) : found));
  switch (open) {
    case undefined:
      return change(specials, (found) => `\\${found}`);
    case '*':
    case '_':
    case '`':
      // Nothing can be escaped inside: the entity is closed before and opened behind.
      return change(specials, (found) => (found === open ? `${open}\\${open}${open}` : found));
    case '```':
      return change(/`/g, () => "'");
    case '[':
      return change(/\]/g, () => ')');
    case '(':
      return change(/\)/g, () => '%29');
  }
};

/** What is shown of a text that goes out without Markdown. */
export function withoutEscapes(text: string): string {
  return text.replace(/\\([_*`[])/g, '$1');
}

/** At most so many UTF-16 units, with nothing left open by the cut. */
export function cutTelegramMarkdown(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const closings = { '*': '*', _: '_', '`': '`', '```': '```', '[': ']', '(': ')' };
  // Behind a backslash the sign of the cut would be escaped.
  const kept = cutText(text, limit - '```'.length)
    .slice(0, -1)
    .replace(/\\$/, '');
  const open = openEntity(kept);
  return `${kept}${open === undefined ? '' : closings[open]}…`;
}

/** The entity that a text leaves open. */
function openEntity(text: string): Entity | undefined {
  let open: Entity | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (open === undefined) {
      if (character === '\\' && /[_*`[]/.test(text[at + 1] ?? '')) at += 1;
      else if (text.startsWith('```', at)) {
        open = '```';
        at += 2;
      } else if (character === '*' || character === '_' || character === '`' || character === '[')
        open = character;
    } else if (open === '```') {
      if (text.startsWith('```', at)) {
        open = undefined;
        at += 2;
      }
    } else if (open === '[') {
      if (character === ']') {
        open = text[at + 1] === '(' ? '(' : undefined;
        at += open === undefined ? 0 : 1;
      }
    } else if (character === (open === '(' ? ')' : open)) open = undefined;
  }
  return open;
}
