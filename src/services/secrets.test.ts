import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createScrub, excerptOf } from './secrets.ts';

describe('a secret', () => {
  test.each([
    ['as it is', 'abc/def/ghi'],
    ['URL-encoded', 'abc%2Fdef%2fghi'],
    ['as JSON', String.raw`abc\/def\/ghi`],
    ['in another case', 'ABC/Def/ghi'],
    ['in base64', Buffer.from('abc/def/ghi').toString('base64')],
    ['within base64', Buffer.from('user:abc/def/ghi and more').toString('base64')],
    ['in base64 of URLs', Buffer.from('x:abc/def/ghi').toString('base64url')],
    ['in hexadecimal', Buffer.from('abc/def/ghi').toString('hex')],
    ['in half', 'abc/def/'],
  ])('%s is taken out', (_, echo) => {
    expect(createScrub(['abc/def/ghi\n'])(`answered: ${echo}!`)).not.toContain(echo.slice(4, 12));
    expect(createScrub(['abc/def/ghi\n'])(`answered: ${echo}!`)).toMatch(/^answered: .{0,8}\*\*\*.{0,24}!$/);
  });

  test('that is a key in PEM form blacks out no ordinary words', () => {
    const scrub = createScrub([
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n',
    ]);
    expect(scrub('Check the private key: MIIEowIBAAKCAQEA')).toBe('Check the private key: ***');
  });

  test('with quotes and backslashes is taken out of JSON, also of JSON in JSON', () => {
    const secret = 'pa"ss\\wo<rd>é\u2028';
    const scrub = createScrub([secret]);
    const once = JSON.stringify({ a: secret });
    expect(scrub(once)).toBe('{"a":"***"}');
    expect(scrub(JSON.stringify(once))).toBe(String.raw`"{\"a\":\"***\"}"`);
    expect(scrub(once.replaceAll('<', '\\u003C').replaceAll('>', '\\u003E'))).toBe('{"a":"***"}');
  });

  test('short as it is, is taken out whole; a shorter one would be any word', () => {
    expect(createScrub(['key1', 'no', undefined])('key1 and no')).toBe('*** and no');
  });

  test('that an answer ends in the middle of is scrubbed before it is cut', () => {
    const token = 'sk-0123456789abcdefghijklmnopqrstuvwxyz';
    const scrub = createScrub([token]);
    for (let before = 150; before <= 200; before++) {
      const shown = excerptOf(`${'x'.repeat(before)}${token}${'y'.repeat(500)}`, scrub, 200);
      expect(shown).not.toContain('sk-0');
      expect(shown.length).toBeLessThanOrEqual(200);
    }
  });

  test('on several lines is no secret on one either', () => {
    const scrub = createScrub(['abcd efgh ijkl']);
    expect(excerptOf('abcd\n\tefgh\r\nijkl', scrub, 200)).toBe('***');
  });
});

const encodings: Record<string, (text: string) => string> = {
  plain: (text) => text,
  JSON: (text) => JSON.stringify(text),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)),
  URL: (text) => encodeURIComponent(text),
  form: (text) => new URLSearchParams({ text }).toString(),
  base64: (text) => Buffer.from(text).toString('base64'),
  'basic auth': (text) => Buffer.from(`user:${text}`).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
};

/** What would be a part of the secret, in whatever of these encodings. */
function partsOf(secret: string): Set<string> {
  const parts = new Set<string>();
  for (const form of [secret, ...Object.values(encodings).map((encode) => encode(secret))]) {
    const inner = form.replaceAll(/^[\\"]+|[\\"]+$|^text=/g, '');
    for (let at = 0; at + 8 <= inner.length; at++) parts.add(inner.slice(at, at + 8));
  }
  return parts;
}

test('no part of a secret of eight characters or more is shown, whatever is echoed, and where it is cut', () => {
  const secret = fc
    .oneof(
      fc.string({ minLength: 8, maxLength: 60 }),
      fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 }),
      fc.base64String({ minLength: 12, maxLength: 60 }),
      fc.constantFrom('Bearer ey"J0\\eXAiOiJ/KV1Q', 'päss wörd & <more>', '0123456789'.repeat(8)),
    )
    .map((text) => text.toWellFormed())
    .filter((text) => text.trim().length >= 8 && !text.includes('***'));
  const echo = fc.record({
    encoding: fc.constantFrom(...Object.keys(encodings)),
    from: fc.nat(30),
    to: fc.nat(90),
    before: fc.string({ maxLength: 230 }),
  });
  fc.assert(
    fc.property(secret, fc.array(echo, { maxLength: 5 }), fc.nat(240), (text, echoes, longest) => {
      const answer = echoes
        .map(({ encoding, from, to, before }) => `${before}|${encodings[encoding]?.(text).slice(from, to)}`)
        .join('|');
      const shown = excerptOf(answer, createScrub([text, `user:${text}`]), longest);
      expect(shown.length).toBeLessThanOrEqual(longest);
      for (const part of partsOf(text)) expect(shown).not.toContain(part);
    }),
    { numRuns: 300 },
  );
});
