import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { didYouMean } from '../go/did-you-mean.ts';
import type { CommandSpec } from './command.ts';
import { commandSpecs } from './commands.ts';
import { type Flag, readFlags, UsageError } from './flags.ts';
import { type FlagShapes, readGoArguments } from './go-arguments.ts';
import { helpFormat } from './help.ts';
import type { CommandLine } from './options.ts';

/** Nothing to run: the text is to be printed, then the process ends with the code: 0 for help, 2 for a mistake. */
export interface Exit {
  exit: 0 | 2;
  stdout: string;
  stderr: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the arguments after `herald`. Pure: it prints nothing, ends nothing, and knows no environment but `env`.
 * `columns` is the width to which help is wrapped.
 */
export function parseCommandLine(
  argv: readonly string[],
  env: Environment,
  columns = 100,
): CommandLine | Exit {
  const output = { stdout: '', stderr: '' };
  const reading: Reading = { env, where: 'herald', result: undefined };
  const program = buildProgram(reading, output, columns);
  try {
    const commanded = withCommand(argv);
    program.parse(readGoArguments(commanded, flagShapes(commanded)), { from: 'user' });
  } catch (error) {
    if (error instanceof Interrupted) return exitOf(error, output);
    if (error instanceof UsageError)
      return { exit: 2, stdout: '', stderr: oneLine(`${reading.where}: ${error.message}`) };
    throw error;
  }
  if (!reading.result) throw new Error('a command line was read and no command took it');
  return reading.result;
}

interface Reading {
  env: Environment;
  /** The command that is being read, for errors. */
  where: string;
  result: CommandLine | undefined;
}

/** commander gave up on a command: help was asked for, or something was wrong. */
class Interrupted extends Error {
  readonly command: Command;
  readonly reason: CommanderError;
  constructor(command: Command, reason: CommanderError) {
    super(reason.message, { cause: reason });
    this.command = command;
    this.reason = reason;
  }
}

function buildProgram(
  reading: Reading,
  output: { stdout: string; stderr: string },
  columns: number,
): Command {
  const program = new Command('herald')
    .enablePositionalOptions()
    .description('Notifications and alerts for Argo CD: a drop-in for argocd-notifications-controller.')
    .version(`herald ${packageJson.version}`, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand('help [command]', 'Print the help of a command')
    .configureHelp(helpFormat)
    .configureOutput({
      writeOut: (text) => {
        output.stdout += text;
      },
      writeErr: (text) => {
        output.stderr += text;
      },
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  interruptible(program);
  for (const spec of commandSpecs) addCommand(program, spec, reading);
  return program;
}

function addCommand(program: Command, spec: CommandSpec, reading: Reading): void {
  const command = spec.path.reduce((parent, name) => childOf(parent, name), program);
  command.description(spec.description).summary(spec.summary);
  for (const { term, help } of spec.arguments) command.argument(term, help);
  for (const flag of Object.values(spec.flags)) command.addOption(commanderOption(flag));
  command.addHelpText('after', examplesOf(spec));
  command.action((...received: unknown[]) => {
    reading.where = pathOf(command);
    const arguments_ = received.slice(0, spec.arguments.length).flat() as (string | undefined)[];
    const given = new Map<string, string[]>();
    for (const flag of Object.values(spec.flags)) {
      const texts = textsOf(command, commanderOption(flag).attributeName());
      if (texts) given.set(flag.name, texts);
    }
    const flags = readFlags(spec.flags, given, reading.env);
    const named = arguments_.filter((argument) => argument !== undefined);
    reading.result = spec.read(flags, { arguments: named, env: reading.env });
  });
}

/** A flag may also stand behind a parent: `herald deliveries --queue … retry …`. */
function textsOf(command: Command | null, attribute: string): string[] | undefined {
  if (!command) return undefined;
  const texts: unknown = command.getOptionValue(attribute);
  return Array.isArray(texts) ? (texts as string[]) : textsOf(command.parent, attribute);
}

function childOf(parent: Command, name: string): Command {
  const existing = parent.commands.find((command) => command.name() === name);
  if (existing) return existing;
  const group = commandSpecs.find((spec) => spec.path[0] === name)?.groupSummary;
  const child = parent
    .command(name)
    .helpOption('-h, --help', 'Print this help')
    .helpCommand(false)
    .enablePositionalOptions();
  if (group !== undefined) child.summary(group).description(`${group}.`);
  interruptible(child);
  return child;
}

function interruptible(command: Command): void {
  command.exitOverride((reason) => {
    throw new Interrupted(command, reason);
  });
}

/** Values are collected as they were written; `readFlags` gives them meaning, so that variables go the same way. */
function commanderOption(flag: Flag<unknown>): Option {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  return new Option(`${short}--${flag.name} <${flag.placeholder ?? 'boolean'}>`, describe(flag))
    .argParser<string[]>((text, before) => [...(Array.isArray(before) ? before : []), text])
    .helpGroup(flag.group);
}

function describe(flag: Flag<unknown>): string {
  const facts = [
    ...(flag.defaultText === undefined ? [] : [`default ${flag.defaultText}`]),
    ...(flag.env === undefined ? [] : [`$${flag.env}`]),
  ];
  return facts.length === 0 ? flag.help : `${flag.help} (${facts.join(', ')})`;
}

function examplesOf(spec: CommandSpec): string {
  if (spec.examples.length === 0) return '';
  return `\nExamples:\n${spec.examples.map(([what, line]) => `  # ${what}\n  ${line}\n`).join('\n')}`;
}

/** Of the command that is given, or of its group: two commands may mean different things by a name. */
function flagShapes(argv: readonly string[]): FlagShapes {
  const isGiven = ({ path }: CommandSpec) => path.every((word, at) => argv[at] === word);
  const exact = commandSpecs.filter(isGiven);
  const given = exact.length > 0 ? exact : commandSpecs.filter(({ path }) => path[0] === argv[0]);
  const flags = (given.length > 0 ? given : commandSpecs).flatMap((spec) => Object.values(spec.flags));
  const valued = flags.filter(({ placeholder }) => placeholder !== undefined);
  return {
    booleans: new Set(flags.filter(({ placeholder }) => placeholder === undefined).map(({ name }) => name)),
    valued: new Set(valued.map(({ name }) => name)),
    shorthands: new Set(valued.flatMap(({ short }) => short ?? [])),
    switches: new Map(
      flags.flatMap(({ name, short, placeholder }) =>
        short !== undefined && placeholder === undefined ? [[short, name]] : [],
      ),
    ),
  };
}

/** argocd-notifications has no commands: what begins with a flag is for the controller. */
function withCommand(argv: readonly string[]): readonly string[] {
  const first = argv[0] ?? '';
  return !first.startsWith('-') || /^(-h|--help|-V|--version)$/.test(first) ? argv : ['run', ...argv];
}

function exitOf({ command, reason }: Interrupted, output: { stdout: string; stderr: string }): Exit {
  if (reason.exitCode === 0) return { exit: 0, stdout: output.stdout, stderr: '' };
  // A command group on its own, or herald without anything: help is the answer, but it is no success.
  if (reason.code === 'commander.help') return { exit: 2, stdout: '', stderr: output.stderr };
  return { exit: 2, stdout: '', stderr: oneLine(`${pathOf(command)}: ${mistake(command, reason)}`) };
}

/** What was given may hold line breaks, escape sequences and marks that turn the direction of a line. */
function oneLine(message: string): string {
  return `${message.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, escaped)}\n`;
}

/** JSON leaves DEL and the controls above it as they are, though terminals obey some. */
function escaped(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : json;
}

function mistake(command: Command, reason: CommanderError): string {
  const quoted = /'([^']*)'/s.exec(reason.message)?.[1] ?? '';
  switch (reason.code) {
    case 'commander.unknownOption': {
      const name = quoted.split('=')[0] ?? '';
      const flags = command.options.flatMap(({ long }) => long ?? []);
      return `unknown flag ${name}${meant(name, flags)} (${pathOf(command)} --help lists the flags)`;
    }
    case 'commander.unknownCommand': {
      return unknownCommand(command, quoted);
    }
    case 'commander.optionMissingArgument': {
      return `${/--[^ ,]+/.exec(quoted)?.[0] ?? quoted} needs a value, as in ${quoted.replace(/^-\w, /, '')}`;
    }
    case 'commander.missingArgument': {
      return `${quoted} is missing: ${pathOf(command)} ${command.usage()}`;
    }
    case 'commander.excessArguments': {
      const first = command.args[command.registeredArguments.length] ?? '';
      if (command.commands.length > 0) return unknownCommand(command, first);
      if (/^(true|false)$/i.test(first)) return `a boolean takes its value after =, as in --flag=${first}`;
      if (commandSpecs.some(({ path }) => path[0] === first))
        return `the command ${first} stands behind flags: write it before them, as in herald ${first} --help`;
      return `unexpected argument ${JSON.stringify(first)} (usage: ${pathOf(command)} ${command.usage()})`;
    }
    default: {
      return reason.message.replace(/^error: /, '').replaceAll('\n', ' ');
    }
  }
}

function unknownCommand(parent: Command, name: string): string {
  const commands = parent.commands.map((child) => child.name());
  const help = `${pathOf(parent)} --help lists the commands`;
  return `unknown command ${JSON.stringify(name)}${meant(name, commands)} (${help})`;
}

function meant(word: string, candidates: readonly string[]): string {
  const candidate = didYouMean(word, candidates);
  return candidate === undefined ? '' : `, did you mean ${candidate}?`;
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
