/** Sprig's URLs and paths. */
import { toBytes } from '../../go/bytes.ts';
import { goKindOf } from '../../go/typed.ts';
import { parseUrl, urlText } from '../../go/url.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';

/** Host without port and brackets. */
function hostname(host: string): string {
  const bracket = /^\[(.*)\](?::.*)?$/.exec(host);
  if (bracket !== null) return bracket[1] as string;
  return host.replace(/:[^:]*$/, '');
}

/** User and password as Go writes them again: decoded, and encoded where it must. */
function userinfo(user: string | undefined): string {
  if (user === undefined) return '';
  const colon = user.indexOf(':');
  const parts = colon < 0 ? [user] : [user.slice(0, colon), user.slice(colon + 1)];
  return parts.map((part) => escapeUser(unescapeBytes(part))).join(':');
}

function unescapeBytes(text: string): Uint8Array {
  const latin = Array.from(toBytes(text), (byte) => String.fromCharCode(byte)).join('');
  const decoded = latin.replace(/%([0-9a-fA-F]{2})/g, (_, pair: string) =>
    String.fromCharCode(Number.parseInt(pair, 16)),
  );
  return Uint8Array.from(decoded, (character) => character.charCodeAt(0));
}

function escapeUser(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._~$&+,;=-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

function urlParse(text: string): Record<string, string> {
  const url = parseUrl(text);
  if (url === undefined) throw new Error(`unable to parse url: ${JSON.stringify(text)}`);
  return {
    scheme: url.scheme,
    host: url.host,
    hostname: hostname(url.host),
    path: url.path,
    query: url.rawQuery,
    opaque: url.opaque,
    fragment: url.fragment,
    userinfo: userinfo(url.user),
  };
}

function part(dict: Record<string, unknown>, key: string): string {
  const value = Object.hasOwn(dict, key) ? dict[key] : '';
  if (typeof value === 'string') return value;
  throw new Error(`unable to parse ${key} key, must be of type string, but ${goKindOf(value)} found`);
}

function urlJoin(dict: Record<string, unknown>): string {
  const info = part(dict, 'userinfo');
  const parsed = info === '' ? undefined : parseUrl(`proto://${info}@host`)?.user;
  if (info !== '' && parsed === undefined) throw new Error('unable to parse userinfo in dict');
  return urlText({
    scheme: part(dict, 'scheme'),
    opaque: part(dict, 'opaque'),
    user: parsed === undefined ? undefined : userinfo(parsed),
    host: part(dict, 'host'),
    path: part(dict, 'path'),
    rawPath: '',
    omitHost: false,
    forceQuery: false,
    rawQuery: part(dict, 'query'),
    fragment: part(dict, 'fragment'),
    rawFragment: '',
  });
}

/** Go's `path.Clean`. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') kept.push(name);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push(name);
  }
  return (rooted ? '/' : '') + kept.join('/') || '.';
}

function base(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

const directory = (path: string): string => cleanPath(path.slice(0, path.lastIndexOf('/') + 1));

function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

const TEXT = 'func(string) string';
const isAbsolute = pure('func(string) bool', (path: string) => path.startsWith('/'));

export const URL_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  urlParse: contextual('func(string) map[string]interface {}', (context, text: string) => {
    context.spend(text.length >> 1);
    const parts = Object.entries(urlParse(text));
    return Object.fromEntries(
      parts.map(([name, part]) => [name, typeof part === 'string' ? context.decoded(part) : part]),
    );
  }),
  urlJoin: pure('func(map[string]interface {}) string', urlJoin),
  base: pure(TEXT, base),
  dir: pure(TEXT, directory),
  clean: pure(TEXT, cleanPath),
  ext: pure(TEXT, extension),
  isAbs: isAbsolute,
  osBase: pure(TEXT, base),
  osDir: pure(TEXT, directory),
  osClean: pure(TEXT, cleanPath),
  osExt: pure(TEXT, extension),
  osIsAbs: isAbsolute,
};
