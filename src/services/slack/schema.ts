import type { Json } from '../../model.ts';
import { isHttpUrl, type OptionsOf, transport } from '../fields.ts';
import { createOptionReader, type OptionProblem } from '../options.ts';
import { serviceSchema } from '../schema.ts';
import { neutraliseMentions } from './mentions.ts';

/** Where `service.slack` without `apiURL` posts. */
const defaultApiUrl = 'https://slack.com/api/';

export const slack = serviceSchema({
  type: 'slack',
  product: 'Slack',
  options: {
    token: { kind: 'token', required: 'Set token: $slack-token and put slack-token into the Secret.' },
    apiURL: { kind: 'url', default: defaultApiUrl },
    username: { kind: 'text', harmless: true },
    icon: { kind: 'text', harmless: true },
    signingSecret: { kind: 'password', harmless: true, ignored: true },
    channels: { kind: 'list', of: 'text', ignored: true },
    disableUnfurl: { kind: 'flag' },
    ...transport,
  },
  check({ icon }, report) {
    if (icon === '' || /^:.+:$/.test(icon) || isHttpUrl(icon)) return;
    const what = 'icon is neither an emoji nor a URL and is left out';
    report(['icon'], what, 'Write :name: or an https URL.', 'warning');
  },
  section: {
    merge: 'set',
    fields: {
      username: 'text',
      icon: 'text',
      attachments: 'text',
      blocks: 'text',
      groupingKey: 'text',
      notifyBroadcast: 'flag',
      deliveryPolicy: 'literal',
    },
    json: ['attachments', 'blocks'],
    words: { deliveryPolicy: ['Post', 'PostAndUpdate', 'Update'] },
  },
  rendering: { filterValue: neutraliseMentions },
  mentions: true,
  recipient: {
    noun: 'channel',
    required: 'the name of a channel',
    pattern: {
      test: /^\S+$/,
      what: 'holds white space, so it is no channel',
      fix: 'Separate recipients by ";".',
    },
  },
  // Slack takes about one message a second and channel, and short bursts.
  pace: { perSecond: 1, burst: 5 },
});

export type SlackOptions = OptionsOf<(typeof slack)['options']>;

/** What becomes of later messages of a thread; the first is that of a template which says none. */
export const policies = ['Post', 'PostAndUpdate', 'Update'] as const;

/** The rendered `slack:` section of a template. An unknown deliveryPolicy is Post, as in argocd-notifications. */
export interface SlackSection {
  username: string;
  icon: string;
  attachments: string;
  blocks: string;
  groupingKey: string;
  notifyBroadcast: boolean;
  deliveryPolicy: (typeof policies)[number];
}

/**
 * Reads a `slack:` section: rendered, or as the template has it (then strings are template source). Types are those
 * that argocd-notifications insists on: attachments and blocks are JSON in a string, notifyBroadcast is no string.
 */
export function readSlackSection(source: Json): { section: SlackSection; problems: OptionProblem[] } {
  const reader = createOptionReader(source);
  const deliveryPolicy = reader.text('deliveryPolicy') ?? '';
  const known = policies.find((policy) => policy === deliveryPolicy);
  const section: SlackSection = {
    username: reader.text('username') ?? '',
    icon: reader.text('icon') ?? '',
    attachments: reader.text('attachments') ?? '',
    blocks: reader.text('blocks') ?? '',
    groupingKey: reader.text('groupingKey') ?? '',
    notifyBroadcast: reader.flag('notifyBroadcast') ?? false,
    deliveryPolicy: known ?? 'Post',
  };
  if (deliveryPolicy !== '' && known === undefined) {
    reader.problem(
      'deliveryPolicy',
      `deliveryPolicy ${JSON.stringify(deliveryPolicy)} is unknown and means Post`,
      `Use one of ${policies.join(', ')}.`,
      'warning',
    );
  }
  return { section, problems: reader.problems() };
}
