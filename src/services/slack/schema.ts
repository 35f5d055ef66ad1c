import { z } from 'zod';
import type { Json } from '../../model.ts';
import { createOptionReader, hasErrors, type OptionProblem, type Validated } from '../options.ts';

/** `service.slack` of the ConfigMap, after `$key` substitution. */
const SlackOptions = z.object({
  token: z.string(),
  /** With a trailing slash. */
  apiURL: z.string(),
  username: z.string(),
  icon: z.string(),
  disableUnfurl: z.boolean(),
  insecureSkipVerify: z.boolean(),
});
export type SlackOptions = z.infer<typeof SlackOptions>;

/** The rendered `slack:` section of a template. An unknown deliveryPolicy is Post, as in argocd-notifications. */
const SlackSection = z.object({
  username: z.string(),
  icon: z.string(),
  attachments: z.string(),
  blocks: z.string(),
  groupingKey: z.string(),
  notifyBroadcast: z.boolean(),
  deliveryPolicy: z.enum(['Post', 'PostAndUpdate', 'Update']).catch('Post'),
});
export type SlackSection = z.infer<typeof SlackSection>;

const defaultApiUrl = 'https://slack.com/api/';
const policies = ['Post', 'PostAndUpdate', 'Update'];

export function validateSlackOptions(source: Json): Validated<SlackOptions> {
  const reader = createOptionReader(source);
  const token = reader.text('token')?.trim() ?? '';
  const apiURL = reader.text('apiURL') || defaultApiUrl;
  const fields = {
    token,
    apiURL: apiURL.endsWith('/') ? apiURL : `${apiURL}/`,
    username: reader.text('username') ?? '',
    icon: reader.text('icon') ?? '',
    disableUnfurl: reader.flag('disableUnfurl') ?? false,
    insecureSkipVerify: reader.flag('insecureSkipVerify') ?? false,
  };
  reader.ignore('signingSecret', 'channels', ...transportFields);

  if (token === '') {
    reader.problem(
      'token',
      'token is missing',
      'Set token: $slack-token and put slack-token into the Secret.',
    );
  } else if (token.startsWith('$')) {
    reader.problem(
      'token',
      'token names a key that the Secret does not have',
      `Add the key to the Secret, or correct its name.`,
    );
  } else if (!/^[\x21-\x7e]+$/.test(token)) {
    reader.problem(
      'token',
      'token holds spaces, line breaks or other characters that no Slack token has',
      'Store the bare token (xoxb-…) in the Secret.',
    );
  }
  if (!isHttpUrl(apiURL)) {
    reader.problem('apiURL', 'apiURL is no http(s) URL', `Remove it, or write one such as ${defaultApiUrl}.`);
  }
  if (fields.icon !== '' && !/^:.+:$/.test(fields.icon) && !isHttpUrl(fields.icon)) {
    reader.problem(
      'icon',
      'icon is neither an emoji nor a URL and is left out',
      'Write :name: or an https URL.',
      'warning',
    );
  }
  const problems = reader.problems();
  return hasErrors(problems) ? { problems } : { options: SlackOptions.parse(fields), problems };
}

/** Fields of argocd-notifications' HTTP transport: accepted, and managed by the connection pool here. */
export const transportFields = ['maxIdleConns', 'maxIdleConnsPerHost', 'maxConnsPerHost', 'idleConnTimeout'];

/**
 * Reads a `slack:` section: rendered, or as the template has it (then strings are template source). Types are those
 * that argocd-notifications insists on: attachments and blocks are JSON in a string, notifyBroadcast is no string.
 */
export function readSlackSection(source: Json): { section: SlackSection; problems: OptionProblem[] } {
  const reader = createOptionReader(source);
  const deliveryPolicy = reader.text('deliveryPolicy') ?? '';
  const section = SlackSection.parse({
    username: reader.text('username') ?? '',
    icon: reader.text('icon') ?? '',
    attachments: reader.text('attachments') ?? '',
    blocks: reader.text('blocks') ?? '',
    groupingKey: reader.text('groupingKey') ?? '',
    notifyBroadcast: reader.flag('notifyBroadcast') ?? false,
    deliveryPolicy,
  });
  if (deliveryPolicy !== '' && !policies.includes(deliveryPolicy)) {
    reader.problem(
      'deliveryPolicy',
      `deliveryPolicy ${JSON.stringify(deliveryPolicy)} is unknown and means Post`,
      `Use one of ${policies.join(', ')}.`,
      'warning',
    );
  }
  return { section, problems: reader.problems() };
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/?#\s]/i.test(text) && URL.canParse(text);
}
