/** URLs as Go's net/url reads and writes them, which is laxer than WHATWG's. */
import { fromBytes, toBytes } from './bytes.ts';

export interface GoUrl {
  scheme: string;
  opaque: string;
  /** The text before `@`, undecoded; undefined where there is none. */
  user: string | undefined;
  host: string;
  /** Decoded. */
  path: string;
  /** As written, where it differs from the default encoding of `path`. */
  rawPath: string;
  omitHost: boolean;
  forceQuery: boolean;
  rawQuery: string;
  /** Decoded. */
  fragment: string;
  rawFragment: string;
}

/** Nothing of a URL. */
export const noUrl: GoUrl = {
  scheme: '',
  opaque: '',
  user: undefined,
  host: '',
  path: '',
  rawPath: '',
  omitHost: false,
  forceQuery: false,
  rawQuery: '',
  fragment: '',
  rawFragment: '',
};

type Part = 'path' | 'host' | 'query' | 'user' | 'fragment';

const ALWAYS = /[A-Za-z0-9\-_.~]/;
const KEPT: Readonly<Record<Part, string>> = {
  path: '$&+,/:;=@',
  host: `!$&'()*+,;=:[]<>"`,
  query: '',
  user: '$&+,;=',
  fragment: `$&+,/:;=?@!()*`,
};

const mustEscape = (character: string, part: Part): boolean =>
  !ALWAYS.test(character) && !KEPT[part].includes(character);

function escape(text: string, part: Part): string {
  let out = '';
  for (const byte of toBytes(text)) {
    const character = String.fromCharCode(byte);
    if (byte < 0x80 && !mustEscape(character, part)) out += character;
    else if (character === ' ' && part === 'query') out += '+';
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** Decodes percent escapes; undefined where one is malformed or a host holds what no host may. */
function unescape(text: string, part: Part): string | undefined {
  const out: number[] = [];
  const bytes = toBytes(text);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const character = String.fromCharCode(byte);
    if (character === '%') {
      const pair = String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0);
      if (!/^[0-9a-fA-F]{2}$/.test(pair)) return undefined;
      if (part === 'host' && Number.parseInt(pair, 16) < 0x80 && pair !== '25') return undefined;
      out.push(Number.parseInt(pair, 16));
      at += 2;
    } else if (character === '+' && part === 'query') {
      out.push(0x20);
    } else {
      if (part === 'host' && byte < 0x80 && mustEscape(character, part)) return undefined;
      out.push(byte);
    }
  }
  return fromBytes(Uint8Array.from(out));
}

/** Go's `url.QueryEscape`. */
export const queryEscape = (text: string): string => escape(text, 'query');

function validHost(host: string): boolean {
  if (host.startsWith('[')) return /^\[[^\]]*\](:\d*)?$/.test(host);
  const colon = host.lastIndexOf(':');
  return colon < 0 || /^:\d*$/.test(host.slice(colon));
}

/** Sets the decoded and, where they differ, the written form; false where the text is malformed. */
function encoded(text: string, part: 'path' | 'fragment'): { decoded: string; raw: string } | undefined {
  const decoded = unescape(text, part);
  if (decoded === undefined) return undefined;
  return { decoded, raw: escape(decoded, part) === text ? '' : text };
}

/** Go's `url.Parse`; undefined where it returns an error. */
export function parseUrl(text: string): GoUrl | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what Go refuses
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined;
  const hash = text.indexOf('#');
  const fragment = encoded(hash < 0 ? '' : text.slice(hash + 1), 'fragment');
  let rest = hash < 0 ? text : text.slice(0, hash);
  if (fragment === undefined || rest.startsWith(':')) return undefined;
  const url: GoUrl = { ...noUrl, fragment: fragment.decoded, rawFragment: fragment.raw };
  if (rest === '*') return { ...url, path: '*' };
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest);
  if (scheme !== null) {
    url.scheme = (scheme[1] as string).toLowerCase();
    rest = rest.slice(scheme[0].length);
  }
  if (rest.endsWith('?') && rest.indexOf('?') === rest.length - 1) {
    url.forceQuery = true;
    rest = rest.slice(0, -1);
  } else {
    const question = rest.indexOf('?');
    if (question >= 0) {
      url.rawQuery = rest.slice(question + 1);
      rest = rest.slice(0, question);
    }
  }
  if (!rest.startsWith('/')) {
    if (url.scheme !== '') return { ...url, opaque: rest };
    if ((rest.split('/', 1)[0] as string).includes(':')) return undefined;
  }
  if (rest.startsWith('//') && (url.scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    const at = authority.lastIndexOf('@');
    const host = unescape(authority.slice(at + 1), 'host');
    if (host === undefined || !validHost(authority.slice(at + 1))) return undefined;
    if (at >= 0) {
      const user = authority.slice(0, at);
      if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || unescape(user, 'user') === undefined)
        return undefined;
      url.user = user;
    }
    url.host = host;
  } else if (url.scheme !== '' && rest.startsWith('/')) {
    url.omitHost = true;
  }
  const path = encoded(rest, 'path');
  return path === undefined ? undefined : { ...url, path: path.decoded, rawPath: path.raw };
}

const VALID_ENCODED = "!$&'()*+,;=:@[]%";

function escapedOf(decoded: string, raw: string, part: 'path' | 'fragment'): string {
  const valid = [...raw].every(
    (character) => VALID_ENCODED.includes(character) || !mustEscape(character, part),
  );
  if (raw !== '' && valid && unescape(raw, part) === decoded) return raw;
  return decoded === '*' && part === 'path' ? '*' : escape(decoded, part);
}

/** Go's `URL.String()`. */
export function urlText(url: GoUrl): string {
  let text = url.scheme === '' ? '' : `${url.scheme}:`;
  if (url.opaque !== '') text += url.opaque;
  else {
    const bare = url.omitHost && url.host === '' && url.user === undefined;
    if ((url.scheme !== '' || url.host !== '' || url.user !== undefined) && !bare) {
      if (url.host !== '' || url.path !== '' || url.user !== undefined) text += '//';
      if (url.user !== undefined) text += `${url.user}@`;
      text += escape(url.host, 'host');
    }
    const path = escapedOf(url.path, url.rawPath, 'path');
    if (path !== '' && !path.startsWith('/') && url.host !== '') text += '/';
    if (text === '' && (path.split('/', 1)[0] as string).includes(':')) text += './';
    text += path;
  }
  if (url.forceQuery || url.rawQuery !== '') text += `?${url.rawQuery}`;
  return url.fragment === '' ? text : `${text}#${escapedOf(url.fragment, url.rawFragment, 'fragment')}`;
}
