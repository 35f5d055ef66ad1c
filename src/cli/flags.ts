/** One flag of the command line, with all that its help, its parsing and its environment variable need. */
export interface Flag<T> {
  /** Long name without dashes. */
  name: string;
  short?: string;
  /** What stands for the value in the help; absent for a boolean. */
  placeholder?: string;
  group: string;
  help: string;
  env?: string;
  default: T;
  /** The default as the help shows it; absent where nothing is to be said. */
  defaultText?: string;
  /** Occurrences add up; otherwise the last one counts. */
  list?: boolean;
  parse(texts: readonly string[]): Parsed<T>;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type FlagValues<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** `problem` continues "--flag "value" …", `fix` says what to write instead; `error` is a sentence of its own. */
export type Parsed<T> =
  | { ok: true; value: T }
  | { ok: false; problem: string; fix: string }
  | { ok: false; error: string };

/** What was wrong with the command line or the environment, in one line that says how to mend it. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Values by precedence: command line, environment, default. An empty environment variable is an absent one. */
export function readFlags<F extends Flags>(
  flags: F,
  given: ReadonlyMap<string, readonly string[]>,
  env: Readonly<Record<string, string | undefined>>,
): FlagValues<F> {
  const values = Object.entries(flags).map(([key, flag]) => [key, readFlag(flag, given.get(flag.name), env)]);
  return Object.fromEntries(values) as FlagValues<F>;
}

function readFlag(
  flag: Flag<unknown>,
  given: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  const fromEnv = flag.env === undefined ? undefined : env[flag.env];
  if (given) return parseOrThrow(flag, `--${flag.name}`, flag.list ? given : given.slice(-1));
  if (fromEnv) return parseOrThrow(flag, `environment variable ${flag.env}`, [fromEnv]);
  return flag.default;
}

function parseOrThrow(flag: Flag<unknown>, source: string, texts: readonly string[]): unknown {
  const parsed = flag.parse(texts);
  if (parsed.ok) return parsed.value;
  const shown = JSON.stringify(texts.join(','));
  throw new UsageError(
    'error' in parsed ? `${source}: ${parsed.error}` : `${source} ${shown} ${parsed.problem}: ${parsed.fix}`,
  );
}
