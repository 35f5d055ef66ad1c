import { cutText, utf8Bytes } from '../cut.ts';
import type { ValueFilter } from '../service.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Values are shown as they are in HTML; what a template has escaped by itself (`html`) is not escaped again. */
export const escapeHtml: ValueFilter = (value, { isForeign }) =>
  value.replace(/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-f]{1,6});)|[<>"']/gi, (found, at: number) =>
    isForeign(at) ? (entities[found] ?? found) : found,
  );

/** At most so many bytes, cut outside of tags and entities. */
export function cutHtml(html: string, limit: number): string {
  const cut = cutText(html, limit, utf8Bytes);
  if (cut === html) return html;
  const kept = cut
    .slice(0, -1)
    .replace(/<[^>]*$/, '')
    .replace(/&[#\w]{0,8}$/, '');
  return `${kept}…`;
}
