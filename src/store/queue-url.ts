import { resolve } from 'node:path';

export type QueueUrl =
  /** `directory` is undefined for a store in memory. */
  | { kind: 'sqlite'; directory: string | undefined; name: string }
  | {
      kind: 'redis' | 'postgres';
      url: string;
      /** Without the password. */
      name: string;
    };

export type ParsedQueueUrl = { ok: true; value: QueueUrl } | { ok: false; error: string };

const forms =
  'sqlite:DIRECTORY, redis://HOST:6379, rediss://HOST:6379, postgres://USER@HOST:5432/DATABASE, or memory: to try things';

/** Reads `--queue`. The error is one line that says what is wrong and how to mend it, and holds no password. */
export function parseQueueUrl(text: string): ParsedQueueUrl {
  const trimmed = text.trim();
  if (trimmed === '') {
    return failed(`The queue URL is empty. Use ${forms}`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return failed(`The queue URL has no scheme: ${quoted(trimmed)}. Use ${forms}`);
    case 'sqlite':
      return parseDirectory(trimmed.slice('sqlite:'.length));
    case 'memory':
      if (trimmed.length > 'memory:'.length) {
        return failed(
          'The queue URL memory: takes nothing after it. Use memory:, or sqlite:DIRECTORY to keep what is queued',
        );
      }
      return { ok: true, value: { kind: 'sqlite', directory: undefined, name: 'memory:' } };
    case 'pglite':
      return failed(
        'pglite: was the embedded store of a development version. Use sqlite:DIRECTORY, with a directory of its own',
      );
    case 'redis':
    case 'rediss':
      return parseServer(trimmed, 'redis', redisProblem);
    case 'postgres':
    case 'postgresql':
      return parseServer(trimmed, 'postgres', postgresProblem);
    default:
      return failed(`The queue URL has an unknown scheme ${quoted(`${scheme}:`)}. Use ${forms}`);
  }
}

function parseDirectory(rest: string): ParsedQueueUrl {
  if (rest.startsWith('//')) {
    return failed(`Write the directory without slashes before it: sqlite:${rest.replace(/^\/+/, '/')}`);
  }
  if (rest === '' || rest.includes('\0')) {
    return failed(
      'The queue URL names no directory. Use sqlite:DIRECTORY, for example sqlite:/var/lib/herald',
    );
  }
  const directory = resolve(rest);
  return { ok: true, value: { kind: 'sqlite', directory, name: `sqlite:${directory}` } };
}

function parseServer(
  text: string,
  kind: 'redis' | 'postgres',
  problem: (url: URL) => string | undefined,
): ParsedQueueUrl {
  const url = URL.parse(text);
  if (url === null) {
    return failed(
      `The queue URL cannot be read. Use ${forms}; percent-encode special characters of the password`,
    );
  }
  const named = new URL(url);
  named.password = '';
  named.search = '';
  named.hash = '';
  // A password with an unescaped slash lands here.
  if (/[@:]/.test(named.pathname)) named.pathname = '';
  const broken = (['username', 'password', 'pathname'] as const).find((part) => !isDecodable(url[part]));
  if (broken !== undefined) {
    const part = broken === 'username' ? 'user name' : broken === 'password' ? 'password' : 'database';
    return failed(
      `The ${part} of the queue URL has a % that stands for no character. Write a percent sign as %25`,
    );
  }
  const what = problem(url);
  if (what !== undefined) {
    return failed(`${what}. Use ${forms}`);
  }
  return { ok: true, value: { kind, url: text, name: named.href } };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function redisProblem(url: URL): string | undefined {
  if (url.hostname === '') return 'The queue URL names no host';
  const database = url.pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database)) {
    return `The queue URL names a database that is no number: ${quoted(database)}`;
  }
  return undefined;
}

function postgresProblem(url: URL): string | undefined {
  // A socket directory is given as the parameter `host`, and then there is no host name.
  if (url.hostname === '' && !url.searchParams.has('host')) return 'The queue URL names no host';
  return undefined;
}

function failed(error: string): ParsedQueueUrl {
  return { ok: false, error };
}

/** Quotes a part of the URL that cannot hold a password. */
function quoted(text: string): string {
  return JSON.stringify(text.includes('@') ? text.slice(text.lastIndexOf('@') + 1) : text);
}
