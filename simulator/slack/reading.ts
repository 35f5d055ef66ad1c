import type { JsonObject } from '../../src/model.ts';
import {
  type Answer,
  type Arguments,
  isTrue,
  type MethodContext,
  missingScope,
  refuse,
  text,
} from './answers.ts';
import { isShown, messageJson, type SlackChannel, type SlackMessage } from './workspace.ts';

/** Any one of them lets a method be called; which channels it then shows depends on their kind. */
export const historyScopes = ['channels:history', 'groups:history', 'mpim:history', 'im:history'];
export const readScopes = ['channels:read', 'groups:read', 'mpim:read', 'im:read'];
/** Of the `limit` of all three methods. */
const mostItems = 999;

/** Messages outside of threads and broadcast replies, newest first. */
export function conversationsHistory(args: Arguments, context: MethodContext): Answer {
  return readMessages(args, context, (channel) => {
    const found = channel.messages.filter((message) => isShown(message) && isWithin(message, args));
    return { messages: found.toReversed(), first: 'newest' };
  });
}

/** The first message of the thread, whatever the bounds, and its replies, oldest first. */
export function conversationsReplies(args: Arguments, context: MethodContext): Answer {
  return readMessages(args, context, (channel) => {
    const ts = text(args.ts);
    const belongs = (message: SlackMessage) => message.ts === ts || message.threadTs === ts;
    const found = channel.messages.filter(
      (message) => belongs(message) && (message.ts === ts || isWithin(message, args)),
    );
    return found.some((message) => message.ts === ts)
      ? { messages: found, first: 'oldest' }
      : refuse('thread_not_found');
  });
}

export function conversationsList(args: Arguments, { workspace, scopes }: MethodContext): Answer {
  const types = (text(args.types) || 'public_channel').split(',').map((type) => type.trim());
  const needed = types.map((type) => (type === 'public_channel' ? 'channels:read' : 'groups:read'));
  const missing = needed.filter((scope) => !scopes.has(scope));
  if (missing.length > 0) return missingScope(missing.join(','), scopes);
  const limit = limitOf(args, 100);
  if (limit === undefined) return refuse('invalid_limit');
  const shown = workspace.channels().filter((channel) => {
    if (isTrue(args.exclude_archived) && channel.isArchived) return false;
    if (channel.isIm) return false;
    return types.includes(channel.isPrivate ? 'private_channel' : 'public_channel') && isVisible(channel);
  });
  const cursor = decode(text(args.cursor), 'id');
  const start = cursor === '' ? 0 : shown.findIndex(({ id }) => id === cursor);
  if (cursor === undefined || start === -1) return refuse('invalid_cursor');
  const next = shown[start + limit];
  const channels = shown.slice(start, start + limit).map(channelJson);
  const next_cursor = next === undefined ? '' : encode('id', next.id);
  return { ok: true, channels, response_metadata: { next_cursor } };
}

export function channelJson(channel: SlackChannel): JsonObject {
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.isPrivate,
    is_group: channel.isPrivate,
    is_im: channel.isIm,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_member: channel.isMember,
  };
}

/** A page of messages; the cursor names the message that the next page begins with, so that new ones do not shift it. */
function readMessages(
  args: Arguments,
  { workspace, scopes }: MethodContext,
  select: (channel: SlackChannel) => { messages: SlackMessage[]; first: 'newest' | 'oldest' } | Answer,
): Answer {
  const channel = workspace.byId(text(args.channel));
  if (channel === undefined || !isVisible(channel)) return refuse('channel_not_found');
  const needed = channel.isIm ? 'im:history' : channel.isPrivate ? 'groups:history' : 'channels:history';
  if (!scopes.has(needed)) return missingScope(needed, scopes);
  if (!channel.isMember) return refuse('not_in_channel');
  const limit = limitOf(args, 100);
  if (limit === undefined) return refuse('invalid_limit');
  const cursor = decode(text(args.cursor), 'next_ts');
  if (cursor === undefined) return refuse('invalid_cursor');

  const selected = select(channel);
  if ('ok' in selected) return selected;
  const isBehind = ({ ts }: SlackMessage) =>
    cursor === '' || (selected.first === 'newest' ? ts <= cursor : ts >= cursor);
  const rest = selected.messages.filter(isBehind);
  const next = rest[limit];
  const withMetadata = isTrue(args.include_all_metadata);
  return {
    ok: true,
    messages: rest.slice(0, limit).map((message) => messageJson(message, withMetadata)),
    has_more: next !== undefined,
    ...(next === undefined ? {} : { response_metadata: { next_cursor: encode('next_ts', next.ts) } }),
  };
}

/** Who is no member of a private channel is not even told that it exists. */
function isVisible(channel: SlackChannel): boolean {
  return channel.isMember || !channel.isPrivate;
}

function isWithin({ ts }: SlackMessage, args: Arguments): boolean {
  const at = Number(ts);
  const oldest = Number(text(args.oldest) || 0);
  const latest = Number(text(args.latest) || Number.POSITIVE_INFINITY);
  return isTrue(args.inclusive) ? at >= oldest && at <= latest : at > oldest && at < latest;
}

function limitOf(args: Arguments, otherwise: number): number | undefined {
  const limit = Number(text(args.limit) || otherwise);
  return Number.isInteger(limit) && limit >= 1 && limit <= mostItems ? limit : undefined;
}

function encode(kind: string, value: string): string {
  return Buffer.from(`${kind}:${value}`).toString('base64');
}

/** '' for no cursor, undefined for one that is none. */
function decode(cursor: string, kind: string): string | undefined {
  if (cursor === '') return '';
  const decoded = Buffer.from(cursor, 'base64').toString('utf8');
  return decoded.startsWith(`${kind}:`) ? decoded.slice(kind.length + 1) : undefined;
}
