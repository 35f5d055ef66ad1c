import { isObject } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import {
  type Answer,
  type Arguments,
  isTrue,
  type MethodContext,
  missingScope,
  refuse,
  text,
} from './answers.ts';
import { type LayoutError, parseAttachments, parseBlocks } from './layout.ts';
import {
  channelJson,
  conversationsHistory,
  conversationsList,
  conversationsReplies,
  historyScopes,
  readScopes,
} from './reading.ts';
import { messageJson, type SlackContent, type SlackMessage } from './workspace.ts';

export interface Method {
  /** Any one of these is enough. */
  scopes: string[];
  /** Counts against the pace of its channel. */
  posts?: boolean;
  run(args: Arguments, context: MethodContext): Answer;
}

/** Methods of Slack's Web API, as far as Herald and its tests use them. */
export const METHODS: Readonly<Record<string, Method>> = {
  'auth.test': {
    scopes: [],
    run: (_, { botName }) => ({
      ok: true,
      team: 'Simulator',
      user: botName,
      team_id: 'T0SIMULATOR',
      user_id: 'U0SIMULATOR',
      bot_id: 'B0SIMULATOR',
    }),
  },
  'chat.postMessage': { scopes: ['chat:write'], posts: true, run: postMessage },
  'chat.update': { scopes: ['chat:write'], run: updateMessage },
  'conversations.history': { scopes: historyScopes, run: conversationsHistory },
  'conversations.replies': { scopes: historyScopes, run: conversationsReplies },
  'conversations.list': { scopes: readScopes, run: conversationsList },
  'conversations.info': {
    scopes: readScopes,
    run: (args, { workspace }) => {
      const channel = workspace.find(text(args.channel));
      return channel === undefined
        ? refuse('channel_not_found')
        : { ok: true, channel: channelJson(channel) };
    },
  },
  'usergroups.list': {
    scopes: ['usergroups:read'],
    run: (_, { userGroups }) => ({
      ok: true,
      usergroups: [...userGroups].map(([handle, id]) => ({ id, handle, name: handle, is_usergroup: true })),
    }),
  },
  'users.lookupByEmail': {
    scopes: ['users:read.email'],
    run: (args, { users }) => {
      const id = users.get(text(args.email).toLowerCase());
      return id === undefined
        ? refuse('users_not_found')
        : { ok: true, user: { id, profile: { email: text(args.email) } } };
    },
  },
};

function postMessage(args: Arguments, context: MethodContext): Answer {
  const { workspace, scopes, botName } = context;
  const channel = workspace.find(text(args.channel), true);
  if (channel === undefined || (channel.isPrivate && !channel.isMember)) return refuse('channel_not_found');
  if (channel.isArchived) return refuse('is_archived');
  if (!channel.isMember && !scopes.has('chat:write.public')) return refuse('not_in_channel');
  const customised = ['username', 'icon_emoji', 'icon_url'].some((name) => text(args[name]) !== '');
  if (customised && !scopes.has('chat:write.customize')) return missingScope('chat:write.customize', scopes);

  const content = contentOf(args, context);
  if ('error' in content) return refuse(content.error, content.messages);
  const metadata = metadataOf(args.metadata);
  if (metadata === 'invalid') return refuse('invalid_metadata_format');
  const asked = text(args.thread_ts);
  // A reply to a message that was deleted is posted outside of any thread, without an error (slack-go/slack#1571).
  const threadTs = channel.deleted.has(asked) ? '' : asked;
  if (threadTs !== '' && !channel.messages.some(({ ts }) => ts === threadTs))
    return refuse('thread_not_found');

  const message = workspace.post(channel, {
    ...content,
    username: text(args.username) || botName,
    icon: {
      ...(text(args.icon_emoji) === '' ? {} : { emoji: text(args.icon_emoji) }),
      ...(text(args.icon_url) === '' ? {} : { url: text(args.icon_url) }),
    },
    ...(threadTs === '' ? {} : { threadTs }),
    broadcast: threadTs !== '' && isTrue(args.reply_broadcast),
    ...(metadata === undefined ? {} : { metadata }),
  });
  return { ok: true, channel: channel.id, ts: message.ts, message: messageJson(message, true) };
}

function updateMessage(args: Arguments, context: MethodContext): Answer {
  const { workspace } = context;
  const channel = workspace.byId(text(args.channel));
  if (channel === undefined) return refuse('channel_not_found');
  const message = channel.messages.findLast(({ ts }) => ts === args.ts);
  if (message === undefined || message.isTombstone) return refuse('message_not_found');
  if (channel.isArchived) return refuse('is_archived');
  if (!workspace.isEditable(message)) return refuse('edit_window_closed');
  const content = contentOf(args, context);
  if ('error' in content) return refuse(content.error, content.messages);
  // Layout that is not given is retained; an empty list takes it away.
  const { text: body, attachments, blocks } = content;
  workspace.update(message, {
    text: body,
    ...(args.attachments === undefined ? {} : { attachments }),
    ...(args.blocks === undefined ? {} : { blocks }),
  });
  return { ok: true, channel: channel.id, ts: message.ts, text: message.text };
}

function contentOf(args: Arguments, { strict }: MethodContext): SlackContent | LayoutError {
  const body = text(args.text);
  if (!strict) return { text: body, blocks: listOf(args.blocks), attachments: listOf(args.attachments) };
  const blocks = parseBlocks(args.blocks);
  if (!blocks.ok) return blocks;
  const attachments = parseAttachments(args.attachments);
  if (!attachments.ok) return attachments;
  if (body.length > 40_000) return { error: 'msg_too_long' };
  if (body.trim() === '' && blocks.items.length === 0 && attachments.items.length === 0)
    return { error: 'no_text' };
  return { text: body, blocks: blocks.items, attachments: attachments.items };
}

function listOf(source: Json | undefined): JsonObject[] {
  try {
    const value: unknown = typeof source === 'string' ? JSON.parse(source) : source;
    return Array.isArray(value) ? value.filter(isObject) : [];
  } catch {
    return [];
  }
}

function metadataOf(source: Json | undefined): SlackMessage['metadata'] | 'invalid' {
  if (source === undefined || source === '') return undefined;
  try {
    const value: unknown = typeof source === 'string' ? JSON.parse(source) : source;
    if (!isObject(value) || typeof value.event_type !== 'string' || !isObject(value.event_payload))
      return 'invalid';
    return { event_type: value.event_type, event_payload: value.event_payload };
  } catch {
    return 'invalid';
  }
}
