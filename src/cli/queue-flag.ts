import { join } from 'node:path';
import type { Flag, Parsed } from './flags.ts';

const forms = 'use pglite:DIR, redis://HOST:PORT/DB, rediss://… or postgres://USER:PASSWORD@HOST/DATABASE';

/** `--queue`; '' where it is not given, see `resolveQueue`. */
export function queueFlag(group: string): Flag<string> {
  return {
    name: 'queue',
    group,
    env: 'HERALD_QUEUE',
    placeholder: 'url',
    default: '',
    defaultText: 'pglite:~/.local/state/herald',
    // It may hold a password.
    secret: true,
    help:
      'Where deliveries and what was notified are kept: pglite:DIR (a database in a directory, for one process), ' +
      'redis:// or rediss:// (Redis 7, Valkey), or postgres:// (13 or newer)',
    parse: (texts) => parseQueueUrl(texts.at(-1) ?? ''),
  };
}

function parseQueueUrl(text: string): Parsed<string> {
  const scheme = /^([a-z]+):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'pglite') {
    if (text.length > 'pglite:'.length) return { ok: true, value: `pglite:${text.slice('pglite:'.length)}` };
    return {
      ok: false,
      problem: 'names no directory',
      fix: 'write it after pglite:, as in pglite:/var/lib/herald',
    };
  }
  if (scheme === undefined) return { ok: false, problem: 'is not a URL', fix: forms };
  if (!['redis', 'rediss', 'postgres', 'postgresql'].includes(scheme)) {
    return { ok: false, problem: `has the unknown scheme ${scheme}:`, fix: forms };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.hostname) return { ok: true, value: text };
  // PostgreSQL takes a socket directory as the parameter `host`, and then no host name.
  if (url && scheme.startsWith('postgres') && url.searchParams.has('host')) return { ok: true, value: text };
  return { ok: false, problem: 'names no host', fix: forms };
}

/**
 * The queue to use: what was given, with `~/` after `pglite:` resolved, which no shell does there; else a directory
 * of the user's own, by the XDG rules, or one below the working directory where there is no home.
 */
export function resolveQueue(given: string, env: Readonly<Record<string, string | undefined>>): string {
  const home = env['HOME'] || env['USERPROFILE'];
  if (given !== '') return home ? given.replace(/^pglite:~(?=\/|$)/, () => `pglite:${home}`) : given;
  const state = env['XDG_STATE_HOME'] || (home ? join(home, '.local', 'state') : undefined);
  return `pglite:${state === undefined ? 'herald-data' : join(state, 'herald')}`;
}
