/** The scopes of a bot token that Herald has a use for: what `herald doctor` asks for, and docs/slack.md lists. */
export interface BotScope {
  name: string;
  /** What it is for. */
  use: string;
  /** What becomes of it without the scope. */
  without: string;
  /** Without it nothing can be sent. */
  isNeeded?: true;
}

const doubled = 'a message whose answer was lost may be doubled';

export const botScopes: readonly BotScope[] = [
  {
    name: 'chat:write',
    use: 'posting and editing messages',
    without: 'nothing is delivered',
    isNeeded: true,
  },
  {
    name: 'chat:write.public',
    use: 'public channels that the app was not invited to',
    without: 'channels have to have the app as a member',
  },
  {
    name: 'chat:write.customize',
    use: '`username` and `icon`',
    without: 'messages have the name and icon of the app',
  },
  { name: 'channels:history', use: 'looking for an earlier attempt in public channels', without: doubled },
  { name: 'groups:history', use: 'the same in private channels', without: doubled },
  { name: 'im:history', use: 'the same in direct messages', without: doubled },
  {
    name: 'channels:read',
    use: 'the ids of public channels: for that search, and for `slackChannel`',
    without: 'the first message to a channel may be doubled, and channels are not mentioned',
  },
  {
    name: 'groups:read',
    use: 'the ids of private channels, for that search',
    without: 'the first message to a private channel may be doubled',
  },
  {
    name: 'users:read',
    use: 'Slack wants it beside `users:read.email`',
    without: 'people are not mentioned by their address',
  },
  {
    name: 'users:read.email',
    use: 'mentioning people by their e-mail address',
    without: 'people are not mentioned by their address',
  },
  {
    name: 'usergroups:read',
    use: 'mentioning user groups by their handle, with `slackUserGroup`',
    without: 'user groups are not mentioned',
  },
];
