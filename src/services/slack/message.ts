import type { Notification } from '../../model.ts';
import { isHttpUrl } from '../fields.ts';
import { cut } from './cut.ts';
import { type Normalised, normaliseAttachments, normaliseBlocks } from './go-json.ts';
import { fitAttachments, fitBlocks, longestText } from './limits.ts';
import { foldToText } from './plain-text.ts';
import { policies, readSlackSection, type SlackOptions, type SlackSection } from './schema.ts';

export type Form = Readonly<Record<string, string>>;

export interface SlackMessage {
  /** Fields of the form that argocd-notifications posts for it, but for channel and thread; within Slack's limits. */
  form: Form;
  /** Why the form holds plain text in place of the layout that the template describes. */
  degraded?: { reason: string; detail: string };
  /** The message in plain text, at most `limit` long; the layout fields are taken out. */
  plain(limit: number): Form;
  groupingKey: string;
  broadcast: boolean;
  policy: SlackSection['deliveryPolicy'];
  /** The same, where the template says one. */
  givenPolicy?: SlackSection['deliveryPolicy'];
  /** What becomes of later messages of an alert or a group, where no template says. */
  usualPolicy: SlackSection['deliveryPolicy'];
  /** What is new, in one line; absent where nothing was said before. */
  brief?: string;
}

/** What a message in plain text may have after Slack called it too long: Slack's advice for a readable message. */
export const shortText = 4_000;

/**
 * The form of a notification. With a `slack` section, `attachments` and `blocks` are always posted, without one
 * never (pipeline.json, group slack-fields).
 */
export function slackMessage(notification: Notification, options: SlackOptions): SlackMessage {
  const { section, problems } = readSlackSection(notification.section ?? null);
  const common = {
    ...nonEmpty('username', section.username || options.username),
    ...iconField(section.icon || options.icon),
    ...(options.disableUnfurl ? { unfurl_links: 'false', unfurl_media: 'false' } : {}),
  };
  const plain = (limit: number): Form => {
    const text = foldToText(notification.message, section.attachments, section.blocks);
    return wellFormed({ ...common, text: cut(text, limit) });
  };
  const given = policies.find((policy) => policy === notification.section?.['deliveryPolicy']);
  const rest = {
    plain,
    groupingKey: section.groupingKey,
    broadcast: section.notifyBroadcast,
    policy: section.deliveryPolicy,
    ...(given ? { givenPolicy: given } : {}),
    usualPolicy: notification.replaces ? ('Update' as const) : ('Post' as const),
    ...(notification.brief === undefined ? {} : { brief: notification.brief }),
  };
  const text = cut(notification.message, longestText);
  if (notification.section === undefined) return { form: wellFormed({ ...common, text }), ...rest };

  const problem = problems.find(({ severity }) => severity === 'error');
  if (problem !== undefined) {
    return {
      form: plain(longestText),
      degraded: { reason: 'invalid_section', detail: `was sent plain text: ${problem.what}` },
      ...rest,
    };
  }
  const attachments = normaliseAttachments(section.attachments);
  const blocks = normaliseBlocks(section.blocks);
  if (!attachments.ok || !blocks.ok) {
    return { form: plain(longestText), degraded: broken(attachments, blocks), ...rest };
  }
  const form = {
    ...common,
    text,
    ...(attachments.json === undefined ? {} : { attachments: fitAttachments(attachments.json) }),
    blocks: fitBlocks(withLead(blocks.json ?? '[]', notification.lead)),
  };
  return { form: wellFormed(form), ...rest };
}

/** What is new in one line, as a message of its own; the message itself where nothing was said before. */
export function inBrief(message: SlackMessage): SlackMessage {
  const { brief, degraded: _degraded, ...rest } = message;
  if (brief === undefined) return message;
  const { attachments: _attachments, blocks: _blocks, ...common } = message.form;
  const plain = (limit: number) => wellFormed({ ...common, text: cut(brief, limit) });
  return { ...rest, form: plain(shortText), plain };
}

/** As it replaces another: an edit keeps the layout that it does not name. */
export function replacing(message: SlackMessage): SlackMessage {
  return { ...message, form: { attachments: '[]', blocks: '[]', ...message.form } };
}

function broken(attachments: Normalised, blocks: Normalised): { reason: string; detail: string } {
  if (!attachments.ok)
    return {
      reason: 'invalid_attachments',
      detail: `was sent plain text: attachments: ${attachments.error}`,
    };
  return {
    reason: 'invalid_blocks',
    detail: `was sent plain text: blocks: ${blocks.ok ? '' : blocks.error}`,
  };
}

/** Blocks hide the text of a message, which has the lead. */
function withLead(json: string, lead: string | undefined): string {
  const blocks = JSON.parse(json) as unknown[];
  if (lead === undefined || blocks.length === 0) return json;
  return JSON.stringify([{ type: 'context', elements: [{ type: 'mrkdwn', text: lead }] }, ...blocks]);
}

/** An icon that is neither an emoji nor a URL is left out, and does not fall back to the service's. */
function iconField(icon: string): Form {
  if (/^:.+:$/.test(icon)) return { icon_emoji: icon };
  return isHttpUrl(icon) ? { icon_url: icon } : {};
}

function nonEmpty(name: string, value: string): Form {
  return value === '' ? {} : { [name]: value };
}

/** Lone surrogates cannot be posted. */
function wellFormed(form: Form): Form {
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.toWellFormed()]));
}
