import type { Flags, FlagValues } from './flags.ts';
import type { CommandLine } from './options.ts';

/** A command with its flags, help and examples. */
export interface CommandSpec {
  path: string[];
  summary: string;
  description: string;
  /** Of the first word of a path with two; one spec of a group has it. */
  groupSummary?: string;
  arguments: { term: string; help: string }[];
  flags: Flags;
  /** What it does, and the line. */
  examples: [string, string][];
  read(values: Record<string, unknown>, given: Given): CommandLine;
}

export interface Given {
  arguments: string[];
  env: Readonly<Record<string, string | undefined>>;
}

/** Infers the types of the values from the flags, which a list of specs cannot hold. */
export function command<F extends Flags>(
  spec: Omit<CommandSpec, 'flags' | 'read'> & {
    flags: F;
    read(values: FlagValues<F>, given: Given): CommandLine;
  },
): CommandSpec {
  return { ...spec, read: (values, given) => spec.read(values as FlagValues<F>, given) };
}
