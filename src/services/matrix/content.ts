/** Parts of `matrix`. The folder may import what all services share, and the ground. */

/** The content of an `m.room.message`, as the client-server API (v3; Matrix 1.7 for mentions) has it. */
import type { Json, JsonObject } from '../../model.ts';
import { cutText, utf8Bytes } from '../cut.ts';
import { cutHtml } from '../email/html.ts';

/** Bytes of a text; an event may have 65,536, and an edit holds its content twice. */
const longestText = 12_000;
const longestHtml = 16_000;

/** `quiet`: a notice, of which clients make no sound. */
export function contentOf(
  message: string,
  { html, quiet, mentions }: { html: boolean; quiet: boolean; mentions: Json | undefined },
): JsonObject {
  const text = message.toWellFormed();
  return {
    msgtype: quiet ? 'm.notice' : 'm.text',
    body: cutText(html ? plainOf(text) : text, longestText, utf8Bytes),
    ...(html ? { format: 'org.matrix.custom.html', formatted_body: cutHtml(text, longestHtml) } : {}),
    'm.mentions': mentionsOf(mentions),
  };
}

export function editOf(content: JsonObject, event: string): JsonObject {
  return {
    ...content,
    body: `* ${content['body'] as string}`,
    // Nobody is pinged by an edit.
    'm.mentions': {},
    'm.new_content': content,
    'm.relates_to': { rel_type: 'm.replace', event_id: event },
  };
}

export function replyOf(content: JsonObject, event: string): JsonObject {
  return { ...content, 'm.relates_to': { 'm.in_reply_to': { event_id: event } } };
}

/** Nobody, but for whom the template names: clients do not look into the text then. */
function mentionsOf(mentions: Json | undefined): JsonObject {
  const named = (Array.isArray(mentions) ? mentions : []).filter((name) => typeof name === 'string');
  const users = named.filter((name) => /^@[^\s:]+:\S+$/.test(name));
  return { ...(users.length > 0 && { user_ids: users }), ...(named.includes('@room') && { room: true }) };
}

/** What clients show that know no HTML. */
function plainOf(html: string): string {
  return html
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|li|h[1-6]|tr|pre|blockquote)>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(?:amp|lt|gt|quot|apos|#39);/g, (entity) => entities[entity] ?? entity)
    .trim();
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&#39;': "'",
};
