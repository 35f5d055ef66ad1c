import { describe, expect, it } from 'vitest';
import { foldToText } from './plain-text.ts';

describe('a message without layout', () => {
  it('holds what the attachments said', () => {
    const attachments = JSON.stringify([
      {
        color: '#f00',
        pretext: 'Heads up',
        title: 'Sync failed',
        title_link: 'https://argo/app',
        text: 'line 1\nline 2',
        fields: [{ title: 'Revision', value: 'abc', short: true }],
        footer: 'Argo CD',
      },
      { fallback: 'only a fallback' },
    ]);
    expect(foldToText('message', attachments, '')).toBe(
      'message\nHeads up\nSync failed https://argo/app\nline 1\nline 2\nArgo CD\nRevision: abc\nonly a fallback',
    );
  });

  it('holds what the blocks said', () => {
    const blocks = JSON.stringify([
      { type: 'header', text: { type: 'plain_text', text: 'Head' } },
      {
        type: 'section',
        fields: [
          { type: 'mrkdwn', text: '*A*' },
          { type: 'mrkdwn', text: 'b' },
        ],
      },
      { type: 'divider' },
      {
        type: 'actions',
        elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' }, url: 'https://x' }],
      },
      { type: 'image', image_url: 'https://i', alt_text: 'a graph' },
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'text', text: 'rich ' },
              { type: 'link', url: 'https://l' },
              { type: 'emoji', name: 'fire' },
            ],
          },
        ],
      },
    ]);
    expect(foldToText('', '', blocks)).toBe('Head\n*A*\nb\nOpen https://x\na graph\nrich https://l:fire:');
  });

  it.each([
    ['[{"title":"Failed","text":"said "no"\nand left"}]', 'Failed\nsaid "no"\nand left'],
    ['[{"title":"a\\u0062c\\n\\"d\\"" ', '[{"title":"a\\u0062c\\n\\"d\\""'],
    ['not json', 'not json'],
    ['[{"text": "cut off', '[{"text": "cut off'],
  ])('holds what can be read of broken JSON: %j', (attachments, expected) => {
    expect(foldToText('m', attachments, '')).toBe(`m\n${expected}`);
  });

  it('holds what slack-go would refuse', () => {
    expect(foldToText('', '[{"title": 5, "text": "five"}]', '{"type":"header","text":{"text":"H"}}')).toBe(
      'H\n5\nfive',
    );
  });

  it('says nothing twice', () => {
    expect(foldToText('same', '[{"text":"same"}]', '')).toBe('same');
  });
});
