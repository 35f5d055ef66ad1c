/** Every command, in the order of the help. */
import { type CommandSpec, command } from './command.ts';
import { configCommands } from './config-commands.ts';
import { deliveriesCommands } from './deliveries-commands.ts';
import { runCommandFlags, runOptions } from './run-flags.ts';

/** Flags of Argo CD that are accepted, so that manifests need no edit, and mean nothing here. */
function noticesOf(ignored: readonly string[]): string[] {
  return ignored.map((flag) => `${flag} has no effect: Herald asks Argo CD's API, not its repo server`);
}

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
    read: (values, { env, ignored }) => ({
      command: 'run',
      options: runOptions(values, env),
      notices: noticesOf(ignored),
    }),
  }),
  ...configCommands,
  ...deliveriesCommands,
];
