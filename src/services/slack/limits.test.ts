import { describe, expect, it } from 'vitest';
import { fitAttachments, fitBlocks } from './limits.ts';

const long = (length: number) => 'x'.repeat(length);
const fitted = (blocks: unknown) => JSON.parse(fitBlocks(JSON.stringify(blocks)));
const text = (length: number, type = 'mrkdwn') => ({ type, text: long(length) });

describe('limits of blocks', () => {
  it.each(['constructor', '__proto__', 'toString'])('know no block of type %s', (type) => {
    const blocks = [{ type, name: long(9_000), length: long(9_000) }];
    expect(fitted(blocks)).toEqual(blocks);
  });

  it('leave the very text of what is within them', () => {
    const json = '[{"type":"section","text":{"type":"mrkdwn","text":"\\u003ca\\u003e"}}]';
    expect(fitBlocks(json)).toBe(json);
  });

  it.each([
    ['section text', { type: 'section', text: text(9_000) }, ['text', 'text'], 3_000],
    ['section field', { type: 'section', fields: [text(3_000)] }, ['fields', 0, 'text'], 2_000],
    ['header', { type: 'header', text: text(200, 'plain_text') }, ['text', 'text'], 150],
    ['context element', { type: 'context', elements: [text(4_000)] }, ['elements', 0, 'text'], 3_000],
    [
      'button',
      { type: 'actions', elements: [{ type: 'button', text: text(99, 'plain_text') }] },
      ['elements', 0, 'text', 'text'],
      75,
    ],
    ['alt text', { type: 'image', alt_text: long(3_000) }, ['alt_text'], 2_000],
  ])('shorten a %s', (_, block, path, limit) => {
    const value = (path as (string | number)[]).reduce<unknown>(
      (node, key) => (node as Record<string | number, unknown>)[key],
      fitted([block])[0],
    );
    expect(value).toBe(`${long(limit - 1)}…`);
  });

  it('leave out blocks, fields and elements beyond the last, and say how many blocks', () => {
    const blocks = fitted(Array.from({ length: 60 }, () => ({ type: 'divider' })));
    expect(blocks).toHaveLength(50);
    expect(blocks[49].elements[0].text).toBe('… 11 more blocks left out');
    expect(fitted([{ type: 'section', fields: Array(12).fill(text(1)) }])[0].fields).toHaveLength(10);
    expect(fitted([{ type: 'context', elements: Array(12).fill(text(1)) }])[0].elements).toHaveLength(10);
  });

  it('count the markdown of all blocks together', () => {
    const blocks = fitted([
      { type: 'markdown', text: long(8_000) },
      { type: 'markdown', text: long(8_000) },
    ]);
    expect(blocks.map((block: { text: string }) => block.text.length)).toEqual([8_000, 4_000]);
  });
});

describe('limits of attachments', () => {
  it('shorten texts, fields and the blocks inside', () => {
    const [attachment] = JSON.parse(
      fitAttachments(
        JSON.stringify([
          {
            title: long(2_000),
            text: long(9_000),
            fields: [{ value: long(9_000) }],
            blocks: [{ type: 'header', text: text(200) }],
          },
        ]),
      ),
    );
    expect(attachment.title).toHaveLength(1_024);
    expect(attachment.text).toHaveLength(8_000);
    expect(attachment.fields[0].value).toHaveLength(8_000);
    expect(attachment.blocks[0].text.text).toHaveLength(150);
  });

  it('leave out attachments beyond the hundredth', () => {
    expect(JSON.parse(fitAttachments(JSON.stringify(Array(120).fill({ text: 'a' }))))).toHaveLength(100);
  });
});
