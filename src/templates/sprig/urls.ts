/** Sprig's URLs and paths. */
import { goKindOf } from '../../go/typed.ts';
import { type GoUrl, parseUrl, urlText } from '../../go/url.ts';
import { pure, type TemplateFunction } from '../gotemplate/functions.ts';

/** Host without port and brackets. */
function hostname(host: string): string {
  const bracket = /^\[(.*)\](?::.*)?$/.exec(host);
  if (bracket !== null) return bracket[1] as string;
  return host.replace(/:[^:]*$/, '');
}

/** User and password as Go writes them again. */
function userinfo(url: GoUrl): string {
  if (url.user === undefined) return '';
  return urlText({ ...url, scheme: '', opaque: '', host: '', path: '', rawPath: '', rawQuery: '', fragment: '', rawFragment: '', forceQuery: false, omitHost: false })
    .replace(/^\/\//, '')
    .replace(/@$/, '');
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
    userinfo: userinfo(url),
  };
}

function part(dict: Record<string, unknown>, key: string): string {
  const value = Object.hasOwn(dict, key) ? dict[key] : '';
  if (typeof value === 'string') return value;
  throw new Error(`unable to parse ${key} key, must be of type string, but ${goKindOf(value)} found`);
}

function urlJoin(dict: Record<string, unknown>): string {
  const info = part(dict, 'userinfo');
  const user = info === '' ? undefined : parseUrl(`proto://${info}@host`)?.user;
  if (info !== '' && user === undefined) throw new Error('unable to parse userinfo in dict');
  return urlText({
    scheme: part(dict, 'scheme'),
    opaque: part(dict, 'opaque'),
    user,
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
export function cleanPath(path: string): string {
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
  urlParse: pure('func(string) map[string]interface {}', urlParse),
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
