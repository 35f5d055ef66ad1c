import type { Json, JsonObject } from '../../src/model.ts';

export interface SlackChannel {
  id: string;
  name: string;
  isPrivate: boolean;
  isArchived: boolean;
  /** Whether the app is a member. */
  isMember: boolean;
  messages: SlackMessage[];
}

export interface SlackMessage {
  ts: string;
  /** Id of the channel. */
  channel: string;
  text: string;
  username: string;
  icon: { emoji?: string; url?: string };
  attachments: JsonObject[];
  blocks: JsonObject[];
  /** Of the first message of its thread; a first message with replies has its own. */
  threadTs?: string;
  /** A reply that is shown in the channel as well. */
  broadcast: boolean;
  metadata?: { event_type: string; event_payload: JsonObject };
  /** Unix milliseconds. */
  postedAt: number;
  editedAt?: number;
}

export type SlackContent = Pick<SlackMessage, 'text' | 'attachments' | 'blocks'>;

export interface ChannelOptions {
  name: string;
  isPrivate?: boolean;
  isArchived?: boolean;
  isMember?: boolean;
}

export interface WorkspaceOptions {
  channels: ChannelOptions[];
  /** Posting to a name that no channel has makes the channel, so that a demo needs no list of them. */
  createChannels: boolean;
  channelId: (name: string) => string;
  nextTs: () => string;
  now: () => number;
}

/** Channels and messages of one simulated workspace. */
export interface Workspace {
  channels(): SlackChannel[];
  /** By id, `#name` or name; makes the channel where that is allowed and `create` is set. */
  find(reference: string, create?: boolean): SlackChannel | undefined;
  add(options: ChannelOptions): SlackChannel;
  post(channel: SlackChannel, message: Omit<SlackMessage, 'ts' | 'channel' | 'postedAt'>): SlackMessage;
  update(message: SlackMessage, content: SlackContent): void;
  /** As somebody would in the app. */
  remove(channel: SlackChannel, ts: string): void;
}

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const channels = new Map<string, SlackChannel>();

  function add({
    name,
    isPrivate = false,
    isArchived = false,
    isMember = true,
  }: ChannelOptions): SlackChannel {
    const channel = { id: options.channelId(name), name, isPrivate, isArchived, isMember, messages: [] };
    channels.set(channel.id, channel);
    return channel;
  }
  for (const channel of options.channels) add(channel);

  return {
    channels: () => [...channels.values()],
    find(reference, create = false) {
      const name = reference.replace(/^[#@]/, '');
      const found =
        channels.get(reference) ?? [...channels.values()].find((channel) => channel.name === name);
      const makes =
        create && options.createChannels && name !== '' && !/^[CDGU][A-Z0-9]{8,}$/.test(reference);
      return found ?? (makes ? add({ name }) : undefined);
    },
    add,
    post(channel, message) {
      const posted = { ...message, ts: options.nextTs(), channel: channel.id, postedAt: options.now() };
      channel.messages.push(posted);
      const parent = channel.messages.find(({ ts }) => ts === message.threadTs);
      if (parent !== undefined) parent.threadTs = parent.ts;
      return posted;
    },
    update(message, content) {
      Object.assign(message, content, { editedAt: options.now() });
    },
    remove(channel, ts) {
      channel.messages = channel.messages.filter((message) => message.ts !== ts);
    },
  };
}

/** Timestamps as Slack makes them: Unix seconds and a counter, each greater than the last. */
export function createTsClock(now: () => number): () => string {
  let lastSecond = 0;
  let count = 0;
  return () => {
    const second = Math.max(Math.floor(now() / 1_000), lastSecond);
    count = second === lastSecond ? count + 1 : 1;
    lastSecond = second;
    return `${second}.${String(count * 100 + 19).padStart(6, '0')}`;
  };
}

/** A message as Slack's API gives it. */
export function messageJson(message: SlackMessage, withMetadata: boolean): JsonObject {
  return {
    type: 'message',
    subtype: 'bot_message',
    ts: message.ts,
    text: message.text,
    username: message.username,
    bot_id: 'B0SIMULATOR',
    ...(message.attachments.length > 0 ? { attachments: message.attachments } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata as Json } : {}),
    ...(message.editedAt === undefined
      ? {}
      : { edited: { user: 'B0SIMULATOR', ts: `${message.editedAt / 1_000}` } }),
  };
}

/** What a channel shows, for a page that draws it. */
export interface ChannelView {
  id: string;
  name: string;
  /** In the order of the channel: messages outside of threads, with their replies, and broadcast replies. */
  messages: (SlackMessage & { replies: SlackMessage[] })[];
}

export function channelView(channel: SlackChannel): ChannelView {
  const shown = channel.messages.filter((message) => isShown(message));
  return {
    id: channel.id,
    name: channel.name,
    messages: shown.map((message) => ({
      ...message,
      replies: channel.messages.filter((reply) => reply !== message && reply.threadTs === message.ts),
    })),
  };
}

/** Whether the channel itself shows it, and not only its thread. */
export function isShown(message: SlackMessage): boolean {
  return message.threadTs === undefined || message.threadTs === message.ts || message.broadcast;
}
