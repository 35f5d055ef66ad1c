import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAttachments, normaliseBlocks } from './go-json.ts';

describe('attachments and blocks', () => {
  it.each(['', ' \n', '\t'])('of nothing but whitespace are empty lists', (text) => {
    expect(normaliseAttachments(text)).toEqual({ ok: true, json: '[]' });
    expect(normaliseBlocks(text)).toEqual({ ok: true, json: '[]' });
  });

  it('keep number literals and escape what HTML could read', () => {
    expect(normaliseAttachments('[{"ts": 1700000000.50, "text": "<&>\u2028"}]')).toEqual({
      ok: true,
      json: '[{"text":"\\u003c\\u0026\\u003e\\u2028","blocks":null,"ts":1700000000.50}]',
    });
  });

  it('take the last of several keys, in any case', () => {
    expect(normaliseBlocks('[{"type":"divider","block_id":"a","Block_ID":"b"}]')).toEqual({
      ok: true,
      json: '[{"type":"divider","block_id":"b"}]',
    });
  });

  it('pass on blocks and table cells that slack-go does not know', () => {
    const table = '[{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}]';
    expect(normaliseBlocks(table)).toEqual({ ok: true, json: table });
    expect(normaliseBlocks('[{"type":"of_tomorrow","x":[1.0, {}]}]')).toEqual({
      ok: true,
      json: '[{"type":"of_tomorrow","x":[1.0,{}]}]',
    });
  });

  it.each([
    ['[{"title": 5}]', '[0].title must be a string'],
    ['[{"fields": {}}]', '[0].fields must be a list'],
    ['[{"id": 1.5}]', '[0].id must be an integer'],
    ['{"title":"a"}', 'the value must be a list'],
    ['[{"title":"a"}] b', 'is not valid JSON'],
    [`${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'is not valid JSON'],
  ])('say what is wrong: %.40s', (text, error) => {
    expect(normaliseAttachments(text)).toEqual({ ok: false, error });
  });

  it('are JSON that means the same when normalised again', () => {
    const attachment = fc.record({ title: fc.string(), text: fc.string(), color: fc.string() });
    fc.assert(
      fc.property(fc.array(attachment), (source) => {
        const once = normaliseAttachments(JSON.stringify(source));
        const json = once.ok ? (once.json ?? '') : '';
        expect(normaliseAttachments(json)).toEqual(once);
        const read = JSON.parse(json) as typeof source;
        const texts = (from: Partial<(typeof source)[number]>[]) =>
          from.map(({ title = '', text = '', color = '' }) => [title, text, color]);
        expect(texts(read)).toEqual(texts(source));
      }),
    );
  });

  it('never throw', () => {
    const kinds = fc.constantFrom('section', 'rich_text', 'context', 'input', 'table', 'actions', 5, null);
    const block = fc.record({
      type: kinds,
      elements: fc.jsonValue(),
      text: fc.jsonValue(),
      rows: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.oneof(fc.array(block), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        const results = [normaliseBlocks(text), normaliseAttachments(text)];
        const posted = results.flatMap((result) => (result.ok ? [result.json ?? '[]'] : []));
        expect(posted.map((json) => Array.isArray(JSON.parse(json)))).toEqual(posted.map(() => true));
      }),
    );
  });
});
