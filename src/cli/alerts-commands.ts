/** The commands that look into alerts, and say that somebody is at them. */
import { type CommandSpec, command, type Given } from './command.ts';
import { booleanFlag, choiceFlag, integerFlag, textFlag } from './flag-types.ts';
import { type FlagValues, UsageError } from './flags.ts';
import type { AcknowledgeOptions, AlertShowOptions, AlertsOptions, ShownState } from './options.ts';
import { outputFlag, outputGroup } from './output-flags.ts';
import { queueFlag, resolveSharedQueue } from './queue-flag.ts';

const queue = queueFlag('Store:');
const idArgument = { term: '<ID...>', help: 'Ids as herald alerts shows them, or unambiguous beginnings' };

const stateFlag = (name: ShownState, help: string) => booleanFlag({ name, group: 'Alerts:', help });
const stateFlags = {
  pending: stateFlag('pending', 'Only those that have not lasted for as long as they have to (for)'),
  firing: stateFlag('firing', 'Only those that fire, and that nothing holds back'),
  silenced: stateFlag('silenced', 'Only those that a silence holds back'),
  muted: stateFlag('muted', 'Only those that a mute time holds back'),
  inhibited: stateFlag('inhibited', 'Only those that other alerts hold back'),
  acknowledged: stateFlag('acknowledged', 'Only those that somebody is at'),
  resolved: stateFlag('resolved', 'Only those that have ended, which is still to be told'),
} satisfies Record<ShownState, unknown>;

const acknowledgeFlags = {
  author: authorFlag('Alerts:'),
  comment: textFlag({
    name: 'comment',
    short: 'c',
    group: 'Alerts:',
    help: 'What is being done; it stands in the messages',
  }),
  queue,
};

export const alertsCommands: readonly CommandSpec[] = [
  command({
    path: ['alerts'],
    summary: 'Show alerts, and acknowledge them',
    description:
      'Shows the alerts that have an end: since when they match, who was told and when, what holds them back and when ' +
      'they are looked at next. Flags of states add up; those of metrics are the same.',
    arguments: [
      {
        term: '[APPLICATION|ID...]',
        help: 'Names of Applications (shop, argocd/shop) or ids. Without any: all',
      },
    ],
    flags: {
      ...stateFlags,
      limit: integerFlag({
        name: 'limit',
        group: outputGroup,
        default: 1_000,
        min: 1,
        max: 1_000_000,
        help: 'How many to show at most',
      }),
      output: choiceFlag<AlertsOptions['output']>({
        ...outputFlag,
        default: 'wide',
        choices: ['wide', 'json', 'yaml', 'name'],
      }),
      queue,
    },
    examples: [
      ['What fires and nobody is at', 'herald alerts --firing'],
      ['Why nobody hears of an Application', 'herald alerts argocd/shop --silenced --muted --inhibited'],
    ],
    read: ({ limit, output, queue: given, ...states }, { arguments: about, env }) => ({
      command: 'alerts',
      options: {
        queue: resolveSharedQueue(given, env),
        states: (Object.keys(states) as ShownState[]).filter((state) => states[state]),
        about,
        limit,
        output,
      },
    }),
  }),
  command({
    path: ['alerts', 'show'],
    summary: 'Show all that is known of an alert',
    description:
      'Shows all that is known of an alert: its life, each destination with what it was told, when and why, what holds ' +
      'it back, and deliveries that are under way or were given up.',
    arguments: [idArgument],
    flags: {
      output: choiceFlag<AlertShowOptions['output']>({
        ...outputFlag,
        default: 'wide',
        choices: ['wide', 'json', 'yaml'],
      }),
      queue,
    },
    examples: [['One of them', 'herald alerts show 4f1c9a2b']],
    read: ({ output, queue: given }, { arguments: ids, env }) => ({
      command: 'alerts show',
      options: { queue: resolveSharedQueue(given, env), ids, output },
    }),
  }),
  command({
    path: ['alerts', 'ack'],
    summary: 'Acknowledge alerts',
    description:
      'Says that somebody is at alerts: they are not repeated until they end, and their messages say who it is.',
    arguments: [idArgument],
    flags: acknowledgeFlags,
    examples: [['With what is being done', "herald alerts ack 4f1c9a2b --comment 'rolling back'"]],
    read: (values, given) => ({ command: 'alerts ack', options: acknowledgeOptions(values, given) }),
  }),
  command({
    path: ['alerts', 'unack'],
    summary: 'Take acknowledgements back',
    description: 'Says that nobody is at alerts any more: they are repeated again.',
    arguments: [idArgument],
    flags: acknowledgeFlags,
    examples: [['At the end of the shift', 'herald alerts unack 4f1c9a2b']],
    read: (values, given) => ({ command: 'alerts unack', options: acknowledgeOptions(values, given) }),
  }),
];

function acknowledgeOptions(
  { author, comment, queue: given }: FlagValues<typeof acknowledgeFlags>,
  { arguments: ids, env }: Given,
): AcknowledgeOptions {
  return { queue: resolveSharedQueue(given, env), ids, author: requireAuthor(author), comment };
}

export function authorFlag(group: string) {
  return textFlag({ name: 'author', short: 'a', group, env: 'USER', help: 'Who says so' });
}

export function requireAuthor(author: string): string {
  if (author.trim() !== '') return author;
  throw new UsageError('nobody says so: give --author NAME, since $USER is not set');
}
