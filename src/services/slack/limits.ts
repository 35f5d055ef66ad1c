import { isObject } from '../../json.ts';
import type { Json } from '../../model.ts';
import { cut } from './cut.ts';

/**
 * Slack's limits, by block or element type and field. It answers `invalid_blocks` and posts nothing when one is
 * passed, so what is longer is shortened before it is sent. (docs.slack.dev, reference of blocks and of
 * composition objects; attachments: what Slack shows of the legacy fields.)
 */
const TEXT_LIMITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  header: { text: 150 },
  section: { text: 3_000, fields: 2_000 },
  mrkdwn: { text: 3_000 },
  plain_text: { text: 3_000 },
  image: { alt_text: 2_000, title: 2_000 },
  video: { title: 199, description: 199, alt_text: 2_000 },
  markdown: { text: 12_000 },
  input: { label: 2_000, hint: 2_000 },
  alert: { text: 200 },
  card: { title: 150, subtitle: 150, body: 200 },
  button: { text: 75, value: 2_000, accessibility_label: 75 },
  workflow_button: { text: 75 },
};
const LIST_LIMITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  section: { fields: 10 },
  context: { elements: 10 },
  actions: { elements: 25 },
  context_actions: { elements: 5 },
  carousel: { elements: 10 },
};
const ATTACHMENT_LIMITS: Readonly<Record<string, number>> = {
  title: 1_024,
  author_name: 1_024,
  footer: 300,
  text: 8_000,
  pretext: 8_000,
  fallback: 8_000,
  value: 8_000,
};
/** Of all markdown blocks of a message together. */
const markdownTotal = 12_000;
const mostBlocks = 50;
const mostAttachments = 100;
export const longestText = 40_000;

/** `blocks` as JSON, shortened where a limit is passed; the same text where none is. */
export function fitBlocks(json: string): string {
  return fit(json, (blocks) => fitBlockList(blocks));
}

/** `attachments` as JSON, shortened where a limit is passed; the same text where none is. */
export function fitAttachments(json: string): string {
  return fit(json, (attachments) => {
    const kept = attachments.slice(0, mostAttachments);
    let changed = kept.length < attachments.length;
    for (const attachment of kept.filter(isObject)) {
      changed = cutFields(attachment, ATTACHMENT_LIMITS) || changed;
      for (const field of listOf(attachment.fields).filter(isObject)) {
        changed = cutFields(field, ATTACHMENT_LIMITS) || changed;
      }
      const blocks = fitBlockList(listOf(attachment.blocks));
      if (blocks !== undefined) {
        attachment.blocks = blocks as Json[];
        changed = true;
      }
    }
    return changed ? kept : undefined;
  });
}

type Shrink = (values: unknown[]) => unknown[] | undefined;

function fit(json: string, shrink: Shrink): string {
  const shrunk = shrink(JSON.parse(json) as unknown[]);
  return shrunk === undefined ? json : JSON.stringify(shrunk);
}

function fitBlockList(blocks: unknown[]): unknown[] | undefined {
  const tooMany = blocks.length > mostBlocks;
  const kept = tooMany
    ? [...blocks.slice(0, mostBlocks - 1), moreBlocks(blocks.length - mostBlocks + 1)]
    : blocks;
  let changed = tooMany;
  let markdown = 0;
  for (const block of kept) {
    changed = fitNode(block) || changed;
    if (!isObject(block) || block.type !== 'markdown' || typeof block.text !== 'string') continue;
    const text = cut(block.text, Math.max(1, markdownTotal - markdown));
    markdown += text.length;
    changed = changed || text !== block.text;
    block.text = text;
  }
  return changed ? kept : undefined;
}

function moreBlocks(count: number): unknown {
  return { type: 'context', elements: [{ type: 'plain_text', text: `… ${count} more blocks left out` }] };
}

/** Shortens a block, an element or a text object and all below it; answers whether it had to. */
function fitNode(node: unknown): boolean {
  let changed = false;
  if (Array.isArray(node)) {
    for (const item of node) changed = fitNode(item) || changed;
  } else if (isObject(node)) {
    const type = typeof node.type === 'string' ? node.type : '';
    changed = cutFields(node, limitsOf(TEXT_LIMITS, type));
    for (const [field, most] of Object.entries(limitsOf(LIST_LIMITS, type))) {
      const list = node[field];
      if (!Array.isArray(list) || list.length <= most) continue;
      node[field] = list.slice(0, most);
      changed = true;
    }
    for (const value of Object.values(node)) changed = fitNode(value) || changed;
  }
  return changed;
}

/** `type` is what a template says. */
function limitsOf(limits: typeof TEXT_LIMITS, type: string): Readonly<Record<string, number>> {
  return (Object.hasOwn(limits, type) ? limits[type] : undefined) ?? {};
}

/** A field holds a string, a text object or a list of them. */
function cutFields(node: Record<string, unknown>, limits: Readonly<Record<string, number>>): boolean {
  let changed = false;
  for (const [field, limit] of Object.entries(limits)) {
    const value = node[field];
    if (typeof value === 'string' && value.length > limit) {
      node[field] = cut(value, limit);
      changed = true;
    }
    for (const text of [value, ...listOf(value)].filter(isObject)) {
      changed = cutFields(text, { text: limit }) || changed;
    }
  }
  return changed;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
