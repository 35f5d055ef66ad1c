import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { normaliseAttachments, normaliseBlocks } from '../../src/services/slack/go-json.ts';

interface Case {
  kind: 'attachments' | 'blocks';
  text: string;
  posted?: string;
  refused?: true;
}

const { cases } = JSON.parse(readFileSync(new URL('slack-go.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

it.each(cases)('posts $kind as slack-go does: $text', ({ kind, text, posted }) => {
  const result = kind === 'attachments' ? normaliseAttachments(text) : normaliseBlocks(text);
  expect(result.ok ? result.json : undefined).toBe(posted);
});
