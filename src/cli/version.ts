import packageJson from '../../package.json' with { type: 'json' };
import { type CommandIo, exitCode } from './io.ts';
import type { VersionOptions } from './options.ts';

/** `herald version`: of Herald, and of what it runs on. */
export function showVersion({ output }: VersionOptions, io: Pick<CommandIo, 'stdout'>): number {
  const { version } = packageJson;
  const { node } = process.versions;
  const platform = `${process.platform}/${process.arch}`;
  io.stdout(
    output === 'json'
      ? `${JSON.stringify({ version, node, platform }, null, 2)}\n`
      : `herald ${version} (Node.js ${node}, ${platform})\n`,
  );
  return exitCode.ok;
}
