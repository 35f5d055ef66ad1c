import { join } from 'node:path';
import { parseQueueUrl } from '../store/queue-url.ts';
import { type Flag, UsageError } from './flags.ts';

/** `--queue` as given, '' where it is not: see `resolveQueue`. */
export function queueFlag(group: string): Flag<string> {
  return {
    name: 'queue',
    group,
    env: 'HERALD_QUEUE',
    placeholder: 'url',
    default: '',
    defaultText: 'sqlite:~/.local/state/herald',
    help:
      'Where deliveries and what was notified are kept: sqlite:DIR (a database in a directory, for one process), ' +
      'redis:// or rediss:// (Redis 7, Valkey), postgres:// (13 or newer), or memory: (gone with the process, but for ' +
      "argocd-notifications' annotation)",
    parse(texts) {
      const text = texts.at(-1) ?? '';
      const parsed = parseQueueUrl(text);
      return parsed.ok ? { ok: true, value: text } : parsed;
    },
  };
}

/** A store that lives as long as the process. */
export function isInMemory(queue: string): boolean {
  return queue === 'memory:';
}

/**
 * The queue to use, as `openStore` takes it: what was given, with `~/` after `sqlite:` resolved, which no shell does there; else a directory
 * of the user's own, by the XDG rules, or one below the working directory where there is no home.
 */
export function resolveQueue(given: string, env: Environment): string {
  const parsed = parseQueueUrl(given === '' ? defaultQueue(env) : expandHome(given, env));
  if (!parsed.ok) throw new UsageError(parsed.error);
  return parsed.value.kind === 'sqlite' ? parsed.value.name : parsed.value.url;
}

/** The queue of a command that looks into the store of a Herald that runs. */
export function resolveSharedQueue(given: string, env: Environment): string {
  const queue = resolveQueue(given, env);
  if (!isInMemory(queue)) return queue;
  throw new UsageError(
    '--queue memory: is inside the Herald that runs, and nothing else can look into it: its log and /metrics tell of it',
  );
}

type Environment = Readonly<Record<string, string | undefined>>;

function expandHome(given: string, env: Environment): string {
  const home = homeOf(env);
  return home === undefined ? given : given.replace(/^sqlite:~(?=\/|$)/, () => `sqlite:${home}`);
}

function defaultQueue(env: Environment): string {
  const home = homeOf(env);
  const state = env['XDG_STATE_HOME'] || (home === undefined ? undefined : join(home, '.local', 'state'));
  return `sqlite:${state === undefined ? 'herald-data' : join(state, 'herald')}`;
}

function homeOf(env: Environment): string | undefined {
  return env['HOME'] || env['USERPROFILE'] || undefined;
}
