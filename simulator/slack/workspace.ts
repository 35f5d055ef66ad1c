import type { JsonObject } from '../../src/model.ts';

export interface SlackChannel {
  id: string;
  name: string;
  isPrivate: boolean;
  isArchived: boolean;
  /** Whether the app is a member. */
  isMember: boolean;
  /** A direct message: its name is the id of the user. */
  isIm: boolean;
  messages: SlackMessage[];
  /** Timestamps of messages that were deleted and had no replies: nothing of them is left. */
  deleted: Set<string>;
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
  /** It was deleted and had replies: its place and its thread stay. */
  isTombstone?: true;
}

export type SlackContent = Pick<SlackMessage, 'text' | 'attachments' | 'blocks'>;

export interface ChannelOptions {
  name: string;
  isPrivate?: boolean;
  isArchived?: boolean;
  isMember?: boolean;
  isIm?: boolean;
}

export interface WorkspaceOptions {
  channels: ChannelOptions[];
  /** Posting to a name that no channel has makes the channel, so that a demo needs no list of them. */
  createChannels: boolean;
  channelId: (name: string) => string;
  nextTs: () => string;
  now: () => number;
  /** Milliseconds for which a message may be edited, a setting of workspaces; absent: for ever. */
  editWindow?: number;
  /** The last so many messages of each channel are kept, and for a while up to twice as many; absent: all. */
  keepMessages?: number;
}

/** Channels and messages of one simulated workspace. */
export interface Workspace {
  channels(): SlackChannel[];
  byId(id: string): SlackChannel | undefined;
  /** All that were posted, also those that are not kept. */
  readonly posted: number;
  /** By id, `#name` or name; makes the channel where that is allowed and `create` is set. */
  find(reference: string, create?: boolean): SlackChannel | undefined;
  add(options: ChannelOptions): SlackChannel;
  post(channel: SlackChannel, message: Omit<SlackMessage, 'ts' | 'channel' | 'postedAt'>): SlackMessage;
  /** What is not given stays as it was. */
  update(message: SlackMessage, content: Partial<SlackContent>): void;
  /** As somebody would in the app: of a message with replies a tombstone stays, of another nothing. */
  remove(channel: SlackChannel, ts: string): void;
  /** Whether the workspace still lets its author edit it. */
  isEditable(message: SlackMessage): boolean;
}

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const channels = new Map<string, SlackChannel>();
  const byName = new Map<string, SlackChannel>();
  const { keepMessages = Number.POSITIVE_INFINITY } = options;
  let posted = 0;

  function add({
    name,
    isPrivate = false,
    isArchived = false,
    isMember = true,
    isIm = false,
  }: ChannelOptions): SlackChannel {
    const id = isIm ? `D${name.slice(1)}` : options.channelId(name);
    const channel = {
      id,
      name,
      isPrivate,
      isArchived,
      isMember,
      isIm,
      messages: [],
      deleted: new Set<string>(),
    };
    channels.set(channel.id, channel);
    byName.set(name, channel);
    return channel;
  }
  for (const channel of options.channels) add(channel);

  return {
    channels: () => [...channels.values()],
    byId: (id) => channels.get(id),
    get posted() {
      return posted;
    },
    find(reference, create = false) {
      const name = reference.replace(/^[#@]/, '');
      const found = channels.get(reference) ?? byName.get(name);
      if (found !== undefined || !create || !options.createChannels || name === '') return found;
      if (/^[UW][A-Z0-9]{8,}$/.test(reference)) return add({ name, isPrivate: true, isIm: true });
      return /^[CDG][A-Z0-9]{8,}$/.test(reference) ? undefined : add({ name });
    },
    add,
    post(channel, message) {
      const stored = { ...message, ts: options.nextTs(), channel: channel.id, postedAt: options.now() };
      const { messages } = channel;
      messages.push(stored);
      posted += 1;
      const { threadTs } = message;
      const parent = threadTs === undefined ? undefined : messages.findLast(({ ts }) => ts === threadTs);
      if (parent !== undefined) parent.threadTs = parent.ts;
      if (messages.length > 2 * keepMessages) messages.splice(0, messages.length - keepMessages);
      return stored;
    },
    update(message, content) {
      Object.assign(message, content, { editedAt: options.now() });
    },
    isEditable: ({ postedAt }) =>
      options.now() - postedAt <= (options.editWindow ?? Number.POSITIVE_INFINITY),
    remove(channel, ts) {
      const hasReplies = channel.messages.some((message) => message.threadTs === ts && message.ts !== ts);
      const root = channel.messages.find((message) => message.ts === ts);
      if (hasReplies && root) {
        Object.assign(root, {
          text: 'This message was deleted.',
          attachments: [],
          blocks: [],
          isTombstone: true,
        });
        delete root.metadata;
        return;
      }
      channel.messages = channel.messages.filter((message) => message.ts !== ts);
      channel.deleted.add(ts);
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
    subtype: message.isTombstone ? 'tombstone' : 'bot_message',
    ts: message.ts,
    text: message.text,
    username: message.username,
    bot_id: 'B0SIMULATOR',
    ...(message.attachments.length > 0 ? { attachments: message.attachments } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.metadata === undefined ? {} : { metadata: metadataJson(message.metadata, withMetadata) }),
    ...(message.editedAt === undefined
      ? {}
      : { edited: { user: 'B0SIMULATOR', ts: `${message.editedAt / 1_000}` } }),
  };
}

/** Without include_all_metadata Slack tells its type and keeps its payload to itself (slackapi/python-slack-sdk#1501). */
function metadataJson(metadata: NonNullable<SlackMessage['metadata']>, all: boolean): JsonObject {
  return all ? metadata : { event_type: metadata.event_type };
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
