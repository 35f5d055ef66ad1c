import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTelegramMarkdown, escapeTelegramMarkdown, withoutEscapes } from './telegram-markdown.ts';

const escape = (value: string, preceding = '') =>
  escapeTelegramMarkdown(value, { preceding, isForeign: () => true });

/** What Telegram shows of a text; undefined where it refuses the text. Markup within `[label](url)` is not looked at. */
function shown(text: string): string | undefined {
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const [escaped] = /^\\[_*`[]/.exec(text.slice(at)) ?? [];
    const opener = text.startsWith('```', at) ? '```' : /[_*`[]/.exec(text[at] ?? '')?.[0];
    if (escaped !== undefined) {
      plain += escaped.slice(1);
      at += 2;
    } else if (opener === undefined) {
      plain += text[at];
      at += 1;
    } else {
      const closer = opener === '[' ? ']' : opener;
      const end = text.indexOf(closer, at + opener.length);
      if (end < 0) return undefined;
      plain += text.slice(at + opener.length, end);
      at = end + closer.length;
    }
  }
  return plain;
}

const nasty = fc.string({ unit: fc.constantFrom('_', '*', '`', '[', ']', '(', ')', 'a', ' ') });

describe('a value in Markdown', () => {
  it.each([
    ['', 'my_app *x* [y] `z`', String.raw`my\_app \*x\* \[y] \`z\``],
    ['*', 'a*b_c', String.raw`a*\**b_c`],
    ['_', 'snake_case', String.raw`snake_\__case`],
    ['done *x* ', 'a_b', String.raw`a\_b`],
    ['```\n', 'a```b', "a'''b"],
    ['[', 'a]b', 'a)b'],
    ['[a](http://x/', 'b)c', 'b%29c'],
    [String.raw`\*`, 'a*', String.raw`a\*`],
  ])('behind %j: %j is %j', (preceding, value, expected) => {
    expect(escape(value, preceding)).toBe(expected);
  });

  it('is shown as it is, outside of entities and in bold and italic ones', () => {
    fc.assert(
      fc.property(nasty, fc.constantFrom('', '*', '_'), (value, around) => {
        const text = `x ${around}${escape(value, `x ${around}`)}${around} y`;
        expect(shown(text)).toBe(`x ${value} y`);
      }),
    );
  });
});

describe('a text that is cut', () => {
  it('is as long as it may be, and leaves nothing open', () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 10, max: 60 }), (value, limit) => {
        const cut = cutTelegramMarkdown(`*bold* ${escape(value.repeat(10), '*bold* ')}`, limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
        expect(shown(cut)).toBeDefined();
      }),
    );
  });

  it('loses its escapes where it goes out as plain text', () => {
    expect(withoutEscapes(escape('my_app [x]'))).toBe('my_app [x]');
  });
});
