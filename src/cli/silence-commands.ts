/** Silences of the store, with the flags of amtool. */
import { authorFlag, requireAuthor } from './alerts-commands.ts';
import { type CommandSpec, command, type Given } from './command.ts';
import {
  booleanFlag,
  choiceFlag,
  integerFlag,
  momentFlag,
  spanFlag,
  textFlag,
  textsFlag,
} from './flag-types.ts';
import { type FlagValues, UsageError } from './flags.ts';
import type { CommandLine, SilenceOutput, SilenceShowOptions } from './options.ts';
import { outputFlag, outputGroup } from './output-flags.ts';
import { queueFlag, resolveSharedQueue } from './queue-flag.ts';

const group = 'Silence:';
const queue = queueFlag('Store:');
const idArgument = {
  term: '<ID...>',
  help: 'Ids as herald silence list shows them, or unambiguous beginnings',
};
const matcherArgument = {
  term: '[MATCHER...]',
  help: 'As Alertmanager writes them; a first one without an operator names a trigger',
};
const hour = 3_600_000;

const outputFlags = {
  quiet: booleanFlag({ name: 'quiet', short: 'q', group: outputGroup, help: 'Only ids' }),
  output: choiceFlag<SilenceOutput>({
    ...outputFlag,
    default: 'simple',
    choices: ['simple', 'extended', 'json', 'yaml', 'name'],
    aliases: { text: 'simple', wide: 'extended' },
  }),
};

const listFlags = {
  expired: booleanFlag({
    name: 'expired',
    group,
    help: 'Those that are over, in place of those that are not',
  }),
  within: spanFlag({
    name: 'within',
    group,
    help: 'Only those that end within this time, or with --expired have ended within it',
  }),
  createdBy: textFlag({ name: 'created-by', group, help: 'Only those of this author' }),
  id: textFlag({ name: 'id', group, help: 'Only the one with this id, or beginning of an id' }),
  ...outputFlags,
  queue,
};

const end = momentFlag({ name: 'end', group, help: 'When it ends, in place of a duration' });
const comment = textFlag({ name: 'comment', short: 'c', group, help: 'Why' });
const durationFlag = { name: 'duration', short: 'd', group, help: 'For how long, from its start' };
const startFlag = { name: 'start', group, help: 'When it begins' };

function readList(
  { quiet, output, queue: given, ...asked }: FlagValues<typeof listFlags>,
  { arguments: matchers, env }: Given,
): CommandLine {
  const queue = resolveSharedQueue(given, env);
  return { command: 'silence list', options: { ...asked, queue, matchers, output: quiet ? 'name' : output } };
}

export const silenceCommands: readonly CommandSpec[] = [
  command({
    path: ['silence'],
    summary: 'Silence alerts for a time',
    description:
      'Shows the silences that are kept in the store, as herald silence list. Those of the ConfigMap and of annotations ' +
      'stand there.',
    arguments: [],
    flags: listFlags,
    examples: [],
    read: readList,
  }),
  command({
    path: ['silence', 'list'],
    summary: 'Show silences',
    description:
      'Shows the silences that are kept in the store and are not over, with how many alerts each holds back, the one ' +
      'that ends first first. With matchers only those that are for what these name.',
    arguments: [matcherArgument],
    flags: listFlags,
    examples: [
      ['Those that end within the day', 'herald silence list --within 8h'],
      ['To keep, or to bring to another Herald', 'herald silence list -o json > silences.json'],
    ],
    read: readList,
  }),
  command({
    path: ['silence', 'show'],
    summary: 'Show all that is known of a silence',
    description: 'Shows silences, also those that are over, and the alerts that they hold back.',
    arguments: [idArgument],
    flags: {
      output: choiceFlag<SilenceShowOptions['output']>({
        ...outputFlag,
        default: 'simple',
        choices: ['simple', 'json', 'yaml'],
        aliases: { text: 'simple', wide: 'simple', extended: 'simple' },
      }),
      queue,
    },
    examples: [['One of them', 'herald silence show 6c1f4a0e']],
    read: ({ output, queue: given }, { arguments: ids, env }) => ({
      command: 'silence show',
      options: { queue: resolveSharedQueue(given, env), ids, output },
    }),
  }),
  command({
    path: ['silence', 'add'],
    summary: 'Add a silence',
    description:
      'Adds a silence, and prints its id: nobody is told of alerts for which all matchers hold. What still fires at its ' +
      'end is told then. The bridge knows of it within seconds.',
    arguments: [matcherArgument],
    flags: {
      author: authorFlag(group),
      comment,
      requireComment: booleanFlag({
        name: 'require-comment',
        group,
        default: true,
        help: 'Refuse a silence without a comment',
      }),
      duration: spanFlag({ ...durationFlag, defaultText: '1h' }),
      start: momentFlag({ ...startFlag, defaultText: 'now' }),
      end,
      annotations: textsFlag({
        name: 'annotation',
        group,
        placeholder: 'name=value',
        help: 'Words of yours to keep with it; may be given several times',
      }),
      queue,
    },
    examples: [
      ['Two hours for one Application', "herald silence add name=shop -d 2h -c 'migration of the database'"],
      [
        'Warnings of a project until Monday',
        "herald silence add project=web severity=~'warning|info' --end 2026-11-30T08:00:00+01:00 -c weekend",
      ],
      ['A trigger', 'herald silence add on-sync-failed -c noise'],
    ],
    read: (values, { arguments: matchers, env }) => {
      const { comment, requireComment, duration = hour, start, end, annotations } = values;
      if (requireComment && comment.trim() === '')
        throw new UsageError("nothing says why: give --comment 'reason', or --require-comment=false");
      const options = {
        queue: resolveSharedQueue(values.queue, env),
        matchers,
        author: requireAuthor(values.author),
        comment,
        duration,
        start,
        end,
        annotations,
      };
      return { command: 'silence add', options };
    },
  }),
  command({
    path: ['silence', 'update'],
    summary: 'Change silences',
    description: 'Changes when silences begin or end, or their comment, and shows them. Each keeps its id.',
    arguments: [idArgument],
    flags: {
      comment,
      duration: spanFlag(durationFlag),
      start: momentFlag(startFlag),
      end,
      ...outputFlags,
      queue,
    },
    examples: [['It takes longer', 'herald silence update 6c1f4a0e --end 2026-12-01T18:00:00Z']],
    read: ({ comment: text, quiet, output, queue: given, ...times }, { arguments: ids, env }) => {
      const changed = { ...times, comment: text === '' ? undefined : text };
      if (Object.values(changed).every((value) => value === undefined))
        throw new UsageError('nothing is to be changed: give --duration, --start, --end or --comment');
      const options = {
        ...changed,
        queue: resolveSharedQueue(given, env),
        ids,
        output: quiet ? 'name' : output,
      };
      return { command: 'silence update', options };
    },
  }),
  command({
    path: ['silence', 'expire'],
    summary: 'End silences',
    description:
      'Ends silences now. What fires, is not known yet and nothing else holds back is told at once.',
    arguments: [idArgument],
    flags: { queue },
    examples: [['One of them', 'herald silence expire 6c1f4a0e']],
    read: (values, { arguments: ids, env }) => ({
      command: 'silence expire',
      options: { queue: resolveSharedQueue(values.queue, env), ids },
    }),
  }),
  command({
    path: ['silence', 'import'],
    summary: 'Add silences from JSON',
    description:
      'Adds silences from the JSON that herald silence list -o json and amtool silence query -o json write, and prints ' +
      'their ids. One whose id is there is replaced. What cannot be read is said, and everything else is added.',
    arguments: [{ term: '[FILE]', help: 'File with JSON, - for standard input, which is the default' }],
    flags: {
      force: booleanFlag({
        name: 'force',
        short: 'f',
        group,
        help: 'As new ones, also those that are there already',
      }),
      worker: integerFlag({
        name: 'worker',
        short: 'w',
        group,
        default: 8,
        min: 1,
        max: 1_000,
        help: 'Taken for the sake of scripts for amtool; one after the other is fast enough',
      }),
      queue,
    },
    examples: [['From Alertmanager', 'amtool silence query -o json | herald silence import']],
    read: ({ force, queue: given }, { arguments: [file = '-'], env }) => ({
      command: 'silence import',
      options: { queue: resolveSharedQueue(given, env), file, force },
    }),
  }),
];
