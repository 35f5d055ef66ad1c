import type { Json, JsonObject, Notification } from '../../model.ts';
import type { Markers } from './markers.ts';
import type { Users } from './users.ts';

/** Fields in which Slack shows a mention; anywhere else the address stands. */
const SHOWN = new Set(['attachments', 'blocks']);

/** The notification with its markers turned into mentions, or into addresses where Slack knows nobody. Never rejects. */
export async function resolveMentions(
  notification: Notification,
  { markers, users }: { markers: Markers; users: Users },
  signal: AbortSignal,
): Promise<Notification> {
  const { message, section } = notification;
  const fields = Object.values(section ?? {}).filter((value) => typeof value === 'string');
  const addresses = markers.addressesIn([message, ...fields]);
  if (addresses.length === 0) return notification;
  const ids = await users.find(addresses, signal);
  const mention = (address: string): string => {
    const id = ids.get(address);
    return id === undefined ? address : `<@${id}>`;
  };
  const resolved = (name: string, value: Json): Json =>
    typeof value === 'string' ? markers.replace(value, SHOWN.has(name) ? mention : String) : value;
  const rest: { section?: JsonObject } =
    section === undefined
      ? {}
      : {
          section: Object.fromEntries(
            Object.entries(section).map(([name, value]) => [name, resolved(name, value)]),
          ),
        };
  return { message: markers.replace(message, mention), ...rest };
}
