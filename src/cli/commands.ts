/** Every command, in the order of the help. */
import { alertsCommands } from './alerts-commands.ts';
import { type CommandSpec, command } from './command.ts';
import { configCommands } from './config-commands.ts';
import { deliveriesCommands } from './deliveries-commands.ts';
import { explainCommands } from './explain-commands.ts';
import { replayCommands } from './replay-commands.ts';
import { runCommandFlags, runOptions } from './run-flags.ts';
import { silenceCommands } from './silence-commands.ts';

export const commandSpecs: readonly CommandSpec[] = [
  command({
    path: ['run'],
    summary: 'Watch Applications and send their notifications',
    description:
      'Watches Applications and sends their notifications until it is stopped. Takes the flags and variables of ' +
      'argocd-notifications-controller.',
    arguments: [],
    flags: runCommandFlags,
    examples: [
      ['In the cluster, next to Argo CD, with a Valkey sidecar', 'herald run --queue redis://localhost:6379'],
      ['From a laptop', 'herald run --kubeconfig ~/.kube/config --namespace argocd'],
    ],
    read: (values, { env }) => ({ command: 'run', options: runOptions(values, env) }),
  }),
  ...configCommands,
  ...explainCommands,
  ...alertsCommands,
  ...silenceCommands,
  ...deliveriesCommands,
  ...replayCommands,
];
