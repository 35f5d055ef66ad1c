import { type Config, type ConfigInput, parseConfig } from '../config/parse-config.ts';
import { suggestion } from '../go/did-you-mean.ts';
import type { Problem } from '../model.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import type { LoadedConfig } from './source.ts';
import { printable } from './table.ts';

export function configOf(loaded: LoadedConfig, secretName: string, inspect?: ConfigInput['inspect']): Config {
  const { configMap, secret, secrets } = loaded;
  return parseConfig({ configMap, secret, secrets, secretName, ...(inspect && { inspect }) });
}

/** What is configured under a name. Says why, where there is nothing: wrong, or not there at all. */
export function requireNamed<T>(
  config: Config,
  kind: 'trigger' | 'template',
  name: string,
  io: CommandIo,
): T {
  const all: ReadonlyMap<string, unknown> = kind === 'trigger' ? config.triggers : config.templates;
  const found = all.get(name);
  if (found !== undefined) return found as T;
  const key = `${kind}.${name}`;
  const errors = config.problems.filter((problem) => problem.key === key && problem.severity === 'error');
  for (const error of errors) io.stderr(`${problemText(error)}\n`);
  if (errors.length > 0)
    throw new CommandFailure(`${kind} ${name} is not usable`, { exit: exitCode.negative });
  const has = [...all.keys()].sort().join(', ') || 'none';
  const message = `there is no ${kind} ${JSON.stringify(name)}; there are: ${has}.${suggestion(name, all.keys())}`;
  throw new CommandFailure(message, { exit: exitCode.negative });
}

/** `trigger.on-deployed, line 3, column 9: what`, and the fix below it. */
function problemText({ key, line, column, what, fix }: Problem): string {
  const place = [
    key,
    ...(line === undefined ? [] : [`line ${line}`, ...(column === undefined ? [] : [`column ${column}`])]),
  ];
  return printable(`${place.join(', ')}: ${what}\n    ${fix}`);
}
