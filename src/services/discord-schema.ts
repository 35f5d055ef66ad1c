import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';

export const discord = serviceSchema({
  type: 'discord',
  product: 'Discord',
  isHeraldOnly: true,
  options: {
    webhooks: {
      kind: 'map',
      of: 'hook',
      required: 'Set webhooks: {<name of a channel>: $<key of the URL of its webhook>}.',
    },
    username: { kind: 'text' },
    avatarUrl: { kind: 'text' },
  },
  check({ webhooks }, report) {
    for (const [name, url] of Object.entries(webhooks)) {
      const fault = hookFault(url);
      if (fault) report(['webhooks', name], `webhooks.${name} ${fault.what}`, fault.fix, 'warning');
    }
  },
  section: {
    merge: 'keep',
    fields: {
      embeds: 'yaml',
      username: 'text',
      avatarUrl: 'text',
      threadId: 'text',
      threadName: 'text',
      allowedMentions: { parse: 'literals', roles: 'literals', users: 'literals' },
    },
    // In embeds nothing mentions anybody.
    yaml: ['embeds'],
  },
  rendering: {
    // What is allowed to mention anybody at all is for the template to say; a value never does.
    filterValue: createMarkdownEscape({ crowds: ['everyone', 'here', String.raw`[&!]?\d+`] }),
    plainFields: ['username', 'avatarUrl', 'threadId', 'threadName'],
  },
  recipient: { noun: 'channel', required: 'a name from webhooks:', keyedBy: 'webhooks' },
  // Of a webhook Discord takes five messages within two seconds, and thirty a minute.
  pace: { perSecond: 0.5, burst: 5 },
});

/** Why a URL is none of a webhook; goes on from its name. */
function hookFault(url: string): { what: string; fix: string } | undefined {
  const suffix = /\/(?:slack|github)\/?$/.exec(new URL(url).pathname)?.[0];
  if (suffix !== undefined) {
    return {
      what: `ends in ${suffix}, which takes messages of another form`,
      fix: 'Write the URL without that end.',
    };
  }
  if (/\/webhooks\/\d+\/[\w-]+\/?$/.test(new URL(url).pathname)) return undefined;
  return {
    what: 'is no URL of a webhook',
    fix: 'Take it from the settings of the channel: Integrations, Webhooks, Copy Webhook URL.',
  };
}
