import { type CommandIo, exitCode } from './io.ts';
import type { CommandLine } from './options.ts';
import { showVersion } from './version.ts';

/** Commands that need no file, cluster or store, and so none of the packages for them. */
export type OfflineCommand = Extract<CommandLine, { command: 'version' | 'completion' }>;

export function isOffline(line: CommandLine): line is OfflineCommand {
  return line.command === 'version' || line.command === 'completion';
}

export async function runOffline(line: OfflineCommand, io: Pick<CommandIo, 'stdout'>): Promise<number> {
  if (line.command === 'version') return showVersion(line.options, io);
  const [{ completionScript }, { commandSpecs }] = await Promise.all([
    import('./completion.ts'),
    import('./commands.ts'),
  ]);
  io.stdout(completionScript(line.options.shell, commandSpecs));
  return exitCode.ok;
}
