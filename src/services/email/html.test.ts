import { expect, it } from 'vitest';
import { cutHtml, escapeHtml } from './html.ts';

const escape = (value: string, isForeign = true) =>
  escapeHtml(value, { preceding: '', isForeign: () => isForeign });

it('shows values as they are', () => {
  expect(escape(`<script>alert("x")</script> & 'y'`)).toBe(
    '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;',
  );
});

it('leaves what the operator writes, and what is escaped', () => {
  expect(escape('<b>', false)).toBe('<b>');
  expect(escape('&lt;b&#62; &x3;')).toBe('&lt;b&#62; &amp;x3;');
});

it.each([
  ['<p>short</p>', 100, '<p>short</p>'],
  ['abc<b class="x">d</b>', 10, 'abc…'],
  ['abcd&amp;efghijk', 10, 'abcd…'],
])('cuts outside of tags and entities: %s', (html, limit, expected) => {
  expect(cutHtml(html, limit)).toBe(expected);
});
