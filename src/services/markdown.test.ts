import { describe, expect, it } from 'vitest';
import { createMarkdownEscape } from './markdown.ts';

const mattermost = createMarkdownEscape({ crowds: ['all', 'channel', 'here'] });
const webex = createMarkdownEscape({ html: true });
const escape = (value: string, preceding = '', filter = mattermost, own = 0) =>
  filter(value, { preceding, isForeign: (index) => index >= own });

describe('a value in Markdown', () => {
  it.each([
    ['', 'my_app *x* [y](z)', String.raw`my\_app \*x\* \[y\](z)`],
    ['**', 'a*b', String.raw`a\*b`],
    ['', '# no heading\n> no quote', '\\# no heading\n\\> no quote'],
    ['run `', 'a_`b', "a_'b"],
    ['done `x` ', 'a_b', String.raw`a\_b`],
    ['```\nlog: ', 'a_b', 'a_b'],
    ['[app](https://argocd.example/', 'a_b)c', 'a_b%29c'],
    ['see https://argocd.example/applications/', 'my_app', 'my_app'],
    ['', '@all and @channel-x @here', '@\u200ball and @channel-x @\u200bhere'],
    ['[{"title": "', 'my_app @all', 'my_app @\u200ball'],
  ])('behind %j: %j is %j', (preceding, value, expected) => {
    expect(escape(value, preceding)).toBe(expected);
  });

  it('is Markdown as far as the template has written it', () => {
    expect(escape('*a*b', '', mattermost, 3)).toBe('*a*b');
    expect(escape('@all_x_', '', mattermost, 4)).toBe(String.raw`@all\_x\_`);
  });

  it('is no HTML where HTML is read', () => {
    expect(escape('<@all> & <b>', '', webex)).toBe('&lt;@all> &amp; &lt;b>');
  });

  it('is written in entities where there is no backslash', () => {
    const zulip = createMarkdownEscape({
      crowds: [String.raw`_?\*`],
      html: true,
      entities: true,
      markup: String.raw`\$`,
    });
    const written = '@\u200b&#42;&#42;all&#42;&#42; $ &#96;x&#96; &#60;time:1> &#38;lt;'.replace(
      '$',
      '&#36;',
    );
    expect(escape('@**all** $ `x` <time:1> &lt;', '', zulip)).toBe(written);
    expect(escape('@**all** `x`', '```\n', zulip)).toBe("@**all** 'x'");
  });
});
