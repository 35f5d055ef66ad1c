import { describe, expect, it } from 'vitest';
import type { Json } from '../model.ts';
import { readFields, textsIn, transport } from './fields.ts';

const fields = {
  url: { kind: 'url', required: 'Set url.' },
  token: { kind: 'token' },
  password: { kind: 'password' },
  port: { kind: 'whole', default: 25 },
  html: { kind: 'flag' },
  targets: { kind: 'list', of: 'host', default: ['a:1'] },
  hooks: { kind: 'map', of: 'hook' },
  auth: { kind: 'object', fields: { username: { kind: 'text' } } },
  headers: { kind: 'objects', fields: { name: { kind: 'text' }, value: { kind: 'header' } } },
  ...transport,
} as const;

const read = (source: Json) => readFields(fields, source);
const said = (source: Json) =>
  read(source).problems.map(({ severity, path, what }) => `${severity} ${path.join('.')}: ${what}`);

describe('options', () => {
  it('have the values that Go gives to what is absent', () => {
    expect(read({ url: 'https://a.example' })).toEqual({
      options: {
        url: 'https://a.example',
        token: '',
        password: '',
        port: 25,
        html: false,
        targets: ['a:1'],
        hooks: {},
        auth: undefined,
        headers: [],
        insecureSkipVerify: false,
      },
      problems: [],
    });
  });

  it('are read without regard to case, and scalars as text', () => {
    const source = {
      URL: ' https://a.example\n',
      Token: 5,
      PORT: '26',
      auth: { UserName: true },
      maxIdleConns: 3,
    };
    const { options, problems } = read(source);
    expect(problems).toEqual([]);
    expect(options).toMatchObject({
      url: 'https://a.example',
      token: '5',
      port: 26,
      auth: { username: 'true' },
    });
    expect(options).not.toHaveProperty('maxIdleConns');
  });

  it.each<[Json, string]>([
    [{}, 'error url: url is missing'],
    [{ url: ['x'] }, 'error url: url must be a string, not a list'],
    [{ url: 'ftp://a' }, 'error url: url is no http(s) URL'],
    [{ url: 'https://a', token: 'a b' }, 'error token: token holds spaces'],
    [{ url: 'https://a', token: '$x' }, 'error token: token names a key'],
    [{ url: 'https://a', port: '3s' }, 'error port: port must be a whole number, not a string'],
    [{ url: 'https://a', html: 'true' }, 'error html: html must be true or false'],
    [{ url: 'https://a', targets: { a: 1 } }, 'error targets: targets must be a list'],
    [{ url: 'https://a', targets: ['http://b'] }, 'error targets.0: targets[0] is no host'],
    [{ url: 'https://a', hooks: ['b'] }, 'error hooks: hooks must be a mapping'],
    [{ url: 'https://a', headers: [{ value: 'a\nb' }] }, 'error headers.0.value: value holds line breaks'],
    [{ url: 'https://a', auth: 'x' }, 'error auth: must be a map'],
    [{ url: 'https://a', uurl: 'x' }, 'warning uurl: unknown field "uurl"'],
    [{ url: 'https://a', maxIdleConns: 'many' }, 'warning maxIdleConns: maxIdleConns must be a whole number'],
  ])('%j: %s', (source, expected) => {
    expect(said(source)).toEqual([expect.stringContaining(expected)]);
  });

  it('keep the good entries of a mapping', () => {
    const { options, problems } = read({
      url: 'https://a',
      hooks: { good: 'https://b', bad: 'x', missing: '$key', empty: '', nothing: null },
    });
    expect(options.hooks).toEqual({ good: 'https://b' });
    expect(problems.map(({ severity, path }) => [severity, path])).toEqual([
      ['warning', ['hooks', 'bad']],
      ['warning', ['hooks', 'missing']],
      ['warning', ['hooks', 'empty']],
      ['warning', ['hooks', 'nothing']],
    ]);
  });

  it('say where each of their texts stands, and of which kind it is', () => {
    const { options } = read({
      url: 'https://a',
      hooks: { x: 'https://b' },
      headers: [{ name: 'n', value: 'v' }],
      auth: { username: 'u' },
    });
    const texts = textsIn(fields, options).filter(({ text }) => text !== '');
    expect(texts.map(({ path, kind, text }) => `${path.join('.')} ${kind} ${text}`)).toEqual([
      'url url https://a',
      'targets.0 host a:1',
      'hooks.x hook https://b',
      'auth.username text u',
      'headers.0.name text n',
      'headers.0.value header v',
    ]);
  });
});
