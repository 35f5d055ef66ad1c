import { isObject } from '../../json.ts';
import { normaliseAttachments, normaliseBlocks } from './go-json.ts';

/** Keys that hold what a person reads, in the order in which a message shows them. */
const TEXT_KEYS = ['pretext', 'author_name', 'title', 'text', 'value', 'alt_text', 'footer'];

/**
 * A message without layout: the text, then what the attachments and blocks said. For the day that Slack refuses
 * the layout: an alert in plain text is worth more than none. `attachments` and `blocks` are as rendered, and
 * may be broken JSON.
 */
export function foldToText(message: string, attachments: string, blocks: string): string {
  const parts = [message.trim(), foldJson(blocks, 'blocks'), foldJson(attachments, 'attachments')];
  return parts.filter((part, index) => part !== '' && !parts.slice(0, index).includes(part)).join('\n');
}

function foldJson(text: string, kind: 'attachments' | 'blocks'): string {
  if (text.trim() === '') return '';
  const known = kind === 'blocks' ? normaliseBlocks(text) : normaliseAttachments(text);
  try {
    return linesOf(JSON.parse((known.ok ? known.json : text) ?? 'null')).join('\n');
  } catch {
    return salvage(text);
  }
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(linesOf);
  if (!isObject(value)) return [];
  if (isField(value)) return [[value.title, value.value].filter((part) => part !== '').join(': ')];
  const lines = richLine(value) ?? [];
  for (const key of TEXT_KEYS) {
    const part = typeof value[key] === 'number' ? String(value[key]) : value[key];
    if (typeof part !== 'string' || part.trim() === '') continue;
    const link = key === 'title' ? value.title_link : key === 'text' ? value.url : undefined;
    lines.push(typeof link === 'string' && link !== '' ? `${part} ${link}` : part);
  }
  if (lines.length === 0 && typeof value.fallback === 'string' && value.fallback !== '') {
    lines.push(value.fallback);
  }
  for (const [key, part] of Object.entries(value)) {
    if (typeof part !== 'object' || (key === 'elements' && lines.length > 0)) continue;
    const inner = linesOf(part);
    const url = key === 'text' && typeof value.url === 'string' ? ` ${value.url}` : '';
    lines.push(...inner.map((line, index) => (index === 0 ? `${line}${url}` : line)));
  }
  return lines;
}

/** A section of rich text is one line, however many pieces it has. */
function richLine(value: Record<string, unknown>): string[] | undefined {
  const { type, elements } = value;
  if (type !== 'rich_text_section' && type !== 'rich_text_quote' && type !== 'rich_text_preformatted') {
    return undefined;
  }
  const line = Array.isArray(elements) ? elements.filter(isObject).map(richPiece).join('') : '';
  return line === '' ? undefined : [line];
}

function richPiece(piece: Record<string, unknown>): string {
  const part = (key: string) => (typeof piece[key] === 'string' ? piece[key] : '');
  switch (piece.type) {
    case 'emoji':
      return `:${part('name')}:`;
    case 'user':
      return `<@${part('user_id')}>`;
    case 'usergroup':
      return `<!subteam^${part('usergroup_id')}>`;
    case 'channel':
      return `<#${part('channel_id')}>`;
    case 'broadcast':
      return `<!${part('range')}>`;
    default:
      return part('text') || part('url') || part('fallback');
  }
}

function isField(value: Record<string, unknown>): value is { title: string; value: string } {
  return typeof value.title === 'string' && typeof value.value === 'string';
}

/**
 * What can be read of broken JSON: the strings of the keys that hold text, where a string is taken to end at a
 * quote that `,`, `}` or `]` follows. All of it, if there is none.
 */
function salvage(text: string): string {
  const pattern = new RegExp(`"(?:${TEXT_KEYS.join('|')})"\\s*:\\s*"([\\s\\S]*?)"\\s*(?=[,}\\]])`, 'g');
  const found = [...text.matchAll(pattern)]
    .map(([, inner = '']) => unescape(inner))
    .filter((line) => line !== '');
  return found.length > 0 ? found.join('\n') : text.trim();
}

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (whole, hex?: string, character?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return character === 'n'
      ? '\n'
      : character === 't'
        ? '\t'
        : '"\\/'.includes(character ?? '')
          ? (character ?? '')
          : whole;
  });
}
