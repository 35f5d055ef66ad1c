/** The commands that say why: explain, doctor, routes. */
import { type CommandSpec, command } from './command.ts';
import { sourceFlags, sourceOf } from './config-commands.ts';
import { choiceFlag, textFlag } from './flag-types.ts';
import type { ExplainOptions } from './options.ts';
import { outputFlag, outputGroup } from './output-flags.ts';
import { isInMemory, queueFlag, resolveQueue } from './queue-flag.ts';
import { runFlags } from './run-flags.ts';

const watchFlags = {
  applicationNamespaces: runFlags.applicationNamespaces,
  appLabelSelector: runFlags.appLabelSelector,
  selfService: runFlags.selfService,
};

const wideOutput = choiceFlag<ExplainOptions['output']>({
  ...outputFlag,
  default: 'wide',
  choices: ['wide', 'json', 'yaml'],
});

const triggerFlag = textFlag({
  name: 'trigger',
  group: outputGroup,
  placeholder: 'name',
  help: 'Only subscriptions to this trigger',
});

export const explainCommands: readonly CommandSpec[] = [
  command({
    path: ['explain'],
    summary: 'Say why nothing is sent of an Application',
    description:
      'Says in one sentence why nothing is sent of an Application, and shows its subscriptions with where they come ' +
      'from, the value of each part of their conditions, alerts, silences, deliveries and the last messages. Run it ' +
      'where the store is, with the flags and variables of herald run.',
    arguments: [
      { term: '<APPLICATION>', help: 'NAME or NAMESPACE/NAME of one in the cluster, or a file with one' },
    ],
    flags: {
      output: wideOutput,
      trigger: triggerFlag,
      ...watchFlags,
      queue: queueFlag('Delivery:'),
      bridge: textFlag({
        name: 'bridge',
        group: 'Delivery:',
        placeholder: 'url',
        default: 'http://localhost:9001',
        help: 'Where the Herald that runs serves /readyz, to see what it does without; empty for nowhere',
      }),
      ...sourceFlags,
    },
    examples: [
      ['In the cluster', 'kubectl -n argocd exec deploy/herald -- herald explain guestbook'],
      ['One trigger, for a program', 'herald explain team-a/shop --trigger on-sync-failed -o json'],
    ],
    read: (
      { output, trigger, queue, bridge, applicationNamespaces, appLabelSelector, selfService, ...values },
      { arguments: [application = ''], env },
    ) => ({
      command: 'explain',
      options: {
        source: sourceOf(values, env),
        application,
        trigger,
        bridge,
        applicationNamespaces,
        appLabelSelector,
        selfService,
        queue: queueOf(queue, env),
        output,
      },
    }),
  }),
];

function queueOf(given: string, env: Readonly<Record<string, string | undefined>>): string {
  const queue = resolveQueue(given, env);
  return isInMemory(queue) ? 'memory:' : queue;
}
