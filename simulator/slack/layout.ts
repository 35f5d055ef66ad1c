import { isObject } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';

/** What Slack finds wrong with the layout of a message. */
export interface LayoutError {
  error: string;
  /** As in `response_metadata.messages`. */
  messages?: string[];
}

type Layout = { ok: true; items: JsonObject[] } | ({ ok: false } & LayoutError);

const BLOCK_TYPES = new Set(
  (
    'actions context context_actions divider file header image input markdown rich_text section call video table ' +
    'task_card plan alert card carousel'
  ).split(' '),
);
/** Characters of all blocks together; Slack does not document it (measured by slackapi/bolt-js#2509). */
const blocksTotal = 13_200;

/** Checks the `blocks` of a message as Slack does, as far as templates get it wrong. */
export function parseBlocks(source: Json | undefined): Layout {
  const parsed = parseList(source);
  if (parsed === undefined) return { ok: false, error: 'invalid_blocks_format' };
  const messages = checkBlocks(parsed, '/blocks');
  if (messages.length > 0) return { ok: false, error: 'invalid_blocks', messages };
  if (JSON.stringify(parsed).length > blocksTotal) return { ok: false, error: 'msg_blocks_too_long' };
  return { ok: true, items: parsed as JsonObject[] };
}

export function parseAttachments(source: Json | undefined): Layout {
  const parsed = parseList(source);
  if (parsed === undefined || !parsed.every(isObject)) return { ok: false, error: 'invalid_attachments' };
  if (parsed.length > 100) return { ok: false, error: 'too_many_attachments' };
  const messages = parsed.flatMap((attachment, index) =>
    checkAttachment(attachment, `/attachments/${index}`),
  );
  return messages.length > 0
    ? { ok: false, error: 'invalid_attachments', messages }
    : { ok: true, items: parsed };
}

function parseList(source: Json | undefined): Json[] | undefined {
  let value: unknown = source ?? [];
  if (typeof value === 'string') {
    try {
      value = value === '' ? [] : JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  return Array.isArray(value) ? value : undefined;
}

function checkAttachment(attachment: JsonObject, pointer: string): string[] {
  const problems: string[] = [];
  for (const name of [
    'title',
    'text',
    'pretext',
    'fallback',
    'color',
    'title_link',
    'author_name',
    'footer',
  ]) {
    const value = attachment[name];
    if (value !== undefined && value !== null && typeof value !== 'string')
      problems.push(error(`must be a string`, `${pointer}/${name}`));
  }
  const { fields, blocks } = attachment;
  if (fields !== undefined && fields !== null && !(Array.isArray(fields) && fields.every(isObject))) {
    problems.push(error('must provide an array of objects', `${pointer}/fields`));
  }
  if (Array.isArray(blocks)) problems.push(...checkBlocks(blocks, `${pointer}/blocks`));
  return problems;
}

function checkBlocks(blocks: Json[], pointer: string): string[] {
  if (blocks.length > 50) return [error('no more than 50 items allowed', pointer)];
  return blocks.flatMap((block, index) => checkBlock(block, `${pointer}/${index}`));
}

function checkBlock(block: Json, pointer: string): string[] {
  if (!isObject(block) || typeof block.type !== 'string')
    return [error('must provide an object with a type', pointer)];
  if (!BLOCK_TYPES.has(block.type)) return [error(`unsupported type: ${block.type}`, `${pointer}/type`)];
  switch (block.type) {
    case 'section':
      if (block.text === undefined && block.fields === undefined)
        return [error('must define either `text` or `fields`', pointer)];
      return [
        ...(block.text === undefined ? [] : checkText(block.text, 3_000, `${pointer}/text`)),
        ...checkItems(block.fields, 10, `${pointer}/fields`, (field, at) => checkText(field, 2_000, at)),
      ];
    case 'header':
      return checkText(block.text, 150, `${pointer}/text`);
    case 'context':
      return checkItems(block.elements ?? [], 10, `${pointer}/elements`, (element, at) =>
        isObject(element) && element.type === 'image'
          ? checkImage(element, at)
          : checkText(element, 3_000, at),
      );
    case 'actions':
      return checkItems(block.elements ?? [], 25, `${pointer}/elements`, (element, at) =>
        isObject(element) && element.type === 'button' ? checkText(element.text, 75, `${at}/text`) : [],
      );
    case 'image':
      return checkImage(block, pointer);
    case 'markdown':
      return typeof block.text === 'string' && block.text.length <= 12_000
        ? []
        : [error('must be less than 12001 characters', `${pointer}/text`)];
    default:
      return [];
  }
}

function checkItems(
  items: Json | undefined,
  most: number,
  pointer: string,
  check: (item: Json, pointer: string) => string[],
): string[] {
  if (items === undefined) return [];
  if (!Array.isArray(items)) return [error('must provide an array', pointer)];
  if (items.length > most) return [error(`no more than ${most} items allowed`, pointer)];
  return items.flatMap((item, index) => check(item, `${pointer}/${index}`));
}

function checkText(text: Json | undefined, most: number, pointer: string): string[] {
  if (
    !isObject(text) ||
    typeof text.text !== 'string' ||
    (text.type !== 'mrkdwn' && text.type !== 'plain_text')
  ) {
    return [error('must provide a text object', pointer)];
  }
  if (text.text.length === 0) return [error('must be more than 0 characters', `${pointer}/text`)];
  return text.text.length > most
    ? [error(`must be less than ${most + 1} characters`, `${pointer}/text`)]
    : [];
}

function checkImage(image: JsonObject, pointer: string): string[] {
  const addressed = typeof image.image_url === 'string' || image.slack_file !== undefined;
  if (!addressed) return [error('must define `image_url` or `slack_file`', pointer)];
  return typeof image.alt_text === 'string' && image.alt_text.length <= 2_000
    ? []
    : [error('must be less than 2001 characters', `${pointer}/alt_text`)];
}

function error(what: string, pointer: string): string {
  return `[ERROR] ${what} [json-pointer:${pointer}]`;
}
