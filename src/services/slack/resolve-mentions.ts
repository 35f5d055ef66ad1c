import type { Json, JsonObject, Notification } from '../../model.ts';
import type { Directory } from './directory.ts';
import type { Markers } from './markers.ts';
import type { Users } from './users.ts';

/** Fields in which Slack shows a mention; anywhere else the address stands. */
const SHOWN = new Set(['attachments', 'blocks']);

/** What a marker stands for, by its first character: `#channel`, `!group`, or else an e-mail address. */
const isChannel = (mentioned: string): boolean => mentioned.startsWith('#');
const isGroup = (mentioned: string): boolean => mentioned.startsWith('!');

/** How a mention reads that Slack does not know. */
const plain = (mentioned: string): string => (isGroup(mentioned) ? `@${mentioned.slice(1)}` : mentioned);

/**
 * The notification with its markers turned into mentions, or into addresses and names where Slack knows nobody. Never
 * rejects.
 */
export async function resolveMentions(
  notification: Notification,
  {
    markers,
    users,
    channels,
    groups,
  }: { markers: Markers; users: Users; channels: Directory; groups: Directory },
  signal: AbortSignal,
): Promise<Notification> {
  const { message, section } = notification;
  const fields = Object.values(section ?? {}).filter((value) => typeof value === 'string');
  const mentioned = markers.addressesIn([message, ...fields]);
  if (mentioned.length === 0) return notification;
  const namesOf = (test: (each: string) => boolean) => mentioned.filter(test).map((each) => each.slice(1));
  const [userIds, channelIds, groupIds] = await Promise.all([
    users.find(
      mentioned.filter((each) => !isChannel(each) && !isGroup(each)),
      signal,
    ),
    channels.find(namesOf(isChannel), signal),
    groups.find(namesOf(isGroup), signal),
  ]);
  const mention = (each: string): string => {
    const [ids, opener, key] = isChannel(each)
      ? [channelIds, '<#', each.slice(1)]
      : isGroup(each)
        ? [groupIds, '<!subteam^', each.slice(1)]
        : [userIds, '<@', each];
    const id = ids.get(key);
    return id === undefined ? plain(each) : `${opener}${id}>`;
  };
  const resolved = (name: string, value: Json): Json =>
    typeof value === 'string' ? markers.replace(value, SHOWN.has(name) ? mention : plain) : value;
  const rest: { section?: JsonObject } =
    section === undefined
      ? {}
      : {
          section: Object.fromEntries(
            Object.entries(section).map(([name, value]) => [name, resolved(name, value)]),
          ),
        };
  return { ...notification, message: markers.replace(message, mention), ...rest };
}
