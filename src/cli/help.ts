import type { Command, HelpConfiguration, Option } from 'commander';

/** Booleans are collected as `--flag <boolean>`; the help shows them as people write them. */
export const helpFormat: HelpConfiguration = {
  optionTerm: (option: Option) => option.flags.replace(/ <boolean>$/, ''),
  optionDescription: (option: Option) => option.description,
  subcommandTerm: (command: Command) => command.name(),
  subcommandDescription: (command: Command) => command.summary() || command.description(),
  // commander counts what it prints, not what it was told to print.
  longestOptionTermLength: (command, helper) =>
    Math.max(0, ...helper.visibleOptions(command).map((option) => helper.optionTerm(option).length)),
};
