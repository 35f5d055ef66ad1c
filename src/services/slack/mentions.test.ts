import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neutraliseMentions } from './mentions.ts';

/** `own`: how many characters at the beginning of the value are the operator's. */
const filter = (value: string, preceding = '', own = 0) =>
  neutraliseMentions(value, { preceding, isForeign: (index) => index >= own });

describe('mentions in values', () => {
  it.each([
    ['<!channel>', '&lt;!channel>'],
    ['fix <!here|here> now', 'fix &lt;!here|here> now'],
    ['<!everyone>', '&lt;!everyone>'],
    ['<!subteam^S012|@ops>', '&lt;!subteam^S012|@ops>'],
    ['<@U012ABC> and <@W9>', '&lt;@U012ABC> and &lt;@W9>'],
    ['<!CHANNEL>', '&lt;!CHANNEL>'],
    ['"\\u003c!channel\\u003e"', '"&lt;!channel\\u003e"'],
    ['\\u003C\\u0021ch\\u0061nnel>', '&lt;\\u0021ch\\u0061nnel>'],
    ['ends with <!chan', 'ends with &lt;!chan'],
    ['ends with <@', 'ends with &lt;@'],
  ])('%s is shown, not obeyed', (value, shown) => {
    expect(filter(value)).toBe(shown);
  });

  it.each([
    'a < b && c > d',
    '<https://example.com|x>',
    '<#C012|general>',
    '<!date^1392734382^{date}|x>',
    'mail@example.com @channel !channel',
    '\\\\u003c!channel>',
    'ünïcødé 🚀\n\t"quotes"',
    '{"type":"section"}',
  ])('%s is left alone', (value) => {
    expect(filter(value)).toBe(value);
  });

  it('breaks a mention whose opener crosses from the template', () => {
    expect(filter('!channel', 'see <')).toBe('\u200b!channel');
    expect(filter('!channel', '"see \\u003c')).toBe('\u200b!channel');
    expect(filter('@U012', '<')).toBe('\u200b@U012');
    expect(filter('!here|', 'a <')).toBe('\u200b!here|');
    expect(filter('!hereditary.example', 'a ')).toBe('!hereditary.example');
    expect(filter('https://x', '<')).toBe('https://x');
  });

  it('leaves a mention to a template that began it', () => {
    expect(filter('U012', '<@')).toBe('U012');
    expect(filter('S012', '<!subteam^')).toBe('S012');
    expect(filter('<@U012>', '', 2)).toBe('<@U012>');
    expect(filter('<!channel>', '', 2)).toBe('<!channel>');
    expect(filter('!here>', '<', 1)).toBe('!here>');
  });

  it('does not leave it to one that wrote less of it', () => {
    expect(filter('<!channel|x>', '', 1)).toBe('&lt;!channel|x>');
    expect(filter('<@U012>', '', 1)).toBe('&lt;@U012>');
    expect(filter('ends with <!', '', 11)).toBe('ends with &lt;!');
  });

  it('disarms rich text that a value smuggles into blocks', () => {
    expect(filter('"},{"type": "broadcast","range":"channel"')).toBe(
      '"},{"type": "\u200bbroadcast","range":"channel"',
    );
    expect(filter('he said \\"type\\": \\"broadcast\\"')).toBe('he said \\"type\\": \\"broadcast\\"');
  });

  it('lets no mention through', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<',
        '!',
        '@',
        'channel',
        '<!here',
        '<@U1>',
        '\\u003c',
        '\\u0021',
        '\\\\',
        '&lt;',
        'S^',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const value = pieces.join('');
        const filtered = filter(value);
        const seen = filtered.replace(/\\u([0-9a-f]{4})|(\\[^])/gi, (_, hex?: string) =>
          hex === undefined ? '\0' : String.fromCharCode(Number.parseInt(hex, 16)),
        );
        expect(seen).not.toMatch(/<(?:!(?:channel|here|everyone|group|subteam\^)|@[UW])/i);
      }),
    );
  });

  it('changes nothing but mentions', () => {
    const harmless = fc
      .string({ unit: 'grapheme' })
      .filter((value) => !/<[!@]|<$|^[!@]|\\u|"type"/.test(value));
    fc.assert(
      fc.property(harmless, fc.string(), (value, preceding) => {
        expect(filter(value, preceding)).toBe(value);
      }),
    );
  });
});
