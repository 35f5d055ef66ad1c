/** The commands that look into the store behind --queue. */
import { type CommandSpec, command, type Given } from './command.ts';
import { booleanFlag, integerFlag } from './flag-types.ts';
import { type FlagValues, UsageError } from './flags.ts';
import type { ParkedOptions } from './options.ts';
import { listOutput, outputGroup } from './output-flags.ts';
import { queueFlag, resolveSharedQueue } from './queue-flag.ts';

const parkedFlags = {
  all: booleanFlag({ name: 'all', group: 'Delivery:', help: 'All that were given up' }),
  queue: queueFlag('Delivery:'),
};

export const deliveriesCommands: readonly CommandSpec[] = [
  command({
    path: ['deliveries'],
    summary: 'Show deliveries, and retry or discard those that were given up',
    description: 'Shows the deliveries that are under way, and those that were given up with the reason.',
    arguments: [],
    flags: {
      failed: booleanFlag({ name: 'failed', group: outputGroup, help: 'Only those that were given up' }),
      limit: integerFlag({
        name: 'limit',
        group: outputGroup,
        default: 100,
        min: 1,
        max: 1_000_000,
        help: 'How many of each to show at most',
      }),
      output: listOutput,
      queue: queueFlag('Delivery:'),
    },
    examples: [['What was given up', 'herald deliveries --failed --queue redis://localhost:6379']],
    read: ({ failed, limit, output, queue }, { env }) => ({
      command: 'deliveries',
      options: { queue: resolveSharedQueue(queue, env), failed, limit, output },
    }),
  }),
  command({
    path: ['deliveries', 'retry'],
    summary: 'Send deliveries again that were given up',
    description: 'Makes deliveries that were given up due again; the running bridge sends them.',
    arguments: [{ term: '[ID...]', help: 'Ids as herald deliveries --failed shows them' }],
    flags: parkedFlags,
    examples: [['After the channel was created', 'herald deliveries retry 4f1c9a2b']],
    read: (values, rest) => ({ command: 'deliveries retry', options: parkedOptions(values, rest) }),
  }),
  command({
    path: ['deliveries', 'discard'],
    summary: 'Remove deliveries that were given up',
    description: 'Removes deliveries that were given up, so that they are neither shown nor sent any more.',
    arguments: [{ term: '[ID...]', help: 'Ids as herald deliveries --failed shows them' }],
    flags: parkedFlags,
    examples: [['News of last week', 'herald deliveries discard --all']],
    read: (values, rest) => ({ command: 'deliveries discard', options: parkedOptions(values, rest) }),
  }),
];

function parkedOptions(
  { all, queue }: FlagValues<typeof parkedFlags>,
  { arguments: ids, env }: Given,
): ParkedOptions {
  if (all === ids.length > 0) {
    throw new UsageError('give either ids or --all: herald deliveries --failed shows them');
  }
  return { queue: resolveSharedQueue(queue, env), ids };
}
