import { graphemeBoundary } from '../cut.ts';

/** How far back a cut may move to keep a link or an entity whole. */
const longestToken = 500;

/**
 * Shortens Slack text to at most `limit` UTF-16 units, with `…` at the end. No character as a person sees it, no
 * `<link|label>` or mention and no `&amp;` is cut in half, and a ``` that would stay open is closed.
 */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const shortened = cutTo(text, limit - 1);
  if (shortened.split('```').length % 2 === 1) return `${shortened}…`;
  return `${cutTo(text, limit - '\n```…'.length)}\n\`\`\`…`;
}

/** The longest beginning of `text` of at most `limit` units that ends at a boundary. */
function cutTo(text: string, limit: number): string {
  const end = tokenBoundary(text, graphemeBoundary(text, Math.max(0, limit)));
  return text.slice(0, end);
}

function tokenBoundary(text: string, end: number): number {
  const from = Math.max(0, end - longestToken);
  const head = text.slice(from, end);
  const link = /<(?:https?:|mailto:|[@#!])[^<>\n]*$/.exec(head);
  if (link !== null && /^[^<>\n]*>/.test(text.slice(end, end + longestToken))) return from + link.index;
  const entity = /&[a-z]{0,3}$/.exec(head);
  if (entity !== null && /^&(?:amp|lt|gt);/.test(text.slice(from + entity.index))) return from + entity.index;
  return end;
}
