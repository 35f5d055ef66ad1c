/** The commands that say why, and about the program itself: explain, doctor, routes, version, completion. */
import { type CommandSpec, command } from './command.ts';
import { sourceFlags, sourceOf } from './config-commands.ts';
import { choiceFlag, textFlag, textsFlag } from './flag-types.ts';
import { UsageError } from './flags.ts';
import type { ExplainOptions, RoutesOptions } from './options.ts';
import { listOutput, outputFlag, outputGroup } from './output-flags.ts';
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
      'Says in one sentence why nothing is sent of an Application or an ApplicationSet, and shows its subscriptions with where they come ' +
      'from, the value of each part of their conditions, alerts, silences, deliveries and the last messages. Run it ' +
      'where the store is, with the flags and variables of herald run.',
    arguments: [
      {
        term: '<APPLICATION>',
        help: 'NAME or NAMESPACE/NAME of one in the cluster, or a file with one; applicationset/NAME for an ApplicationSet',
      },
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
      ['An ApplicationSet', 'herald explain applicationset/shops'],
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
  command({
    path: ['doctor'],
    summary: 'Find what keeps Herald from working',
    description:
      'Checks the API server, every right that the configuration needs, the CRDs, the clock, the store, who leads, the ' +
      "Slack token with its scopes and channels, certificates, and Argo CD's API or repo-server; each with what to do. " +
      'Sends nothing. Exits with 1 if something fails.',
    arguments: [],
    flags: {
      output: listOutput,
      ...watchFlags,
      queue: queueFlag('Delivery:'),
      notifiedAnnotation: runFlags.notifiedAnnotation,
      ...sourceFlags,
    },
    examples: [
      ['In the cluster', 'kubectl -n argocd exec deploy/herald -- herald doctor'],
      [
        'From outside, as the account of the pod',
        'herald doctor --namespace argocd --as system:serviceaccount:argocd:herald',
      ],
    ],
    read: (
      { output, queue, notifiedAnnotation, applicationNamespaces, appLabelSelector, selfService, ...values },
      { env },
    ) => {
      const store = queueOf(queue, env);
      const isWriting = notifiedAnnotation === '' && store === 'memory:';
      const viaProxy = Boolean(env['HTTPS_PROXY'] || env['https_proxy']);
      return {
        command: 'doctor',
        options: {
          source: sourceOf(values, env),
          applicationNamespaces,
          appLabelSelector,
          selfService,
          queue: store,
          writesAnnotation: notifiedAnnotation === 'write' || isWriting,
          viaProxy,
          output,
        },
      };
    },
  }),
  command({
    path: ['routes'],
    summary: 'Show which Applications go where',
    description:
      'Shows who is told of which Applications by which triggers, where that comes from, and the rules by which messages ' +
      'are told together: of the cluster, or of files. Exits with 1 if nobody is told.',
    arguments: [{ term: '[APPLICATION...]', help: 'NAME or NAMESPACE/NAME. Without any: all' }],
    flags: {
      files: textsFlag({
        name: 'filename',
        short: 'f',
        group: 'Configuration:',
        placeholder: 'file',
        help: 'File with Applications and AppProjects, - for standard input; may be given several times. Without it those of the cluster',
      }),
      trigger: triggerFlag,
      destination: textFlag({
        name: 'destination',
        group: outputGroup,
        placeholder: 'service:recipient',
        help: 'Only to this destination, or to all of this service',
      }),
      by: choiceFlag<RoutesOptions['by']>({
        name: 'by',
        group: outputGroup,
        default: 'application',
        choices: ['application', 'destination'],
        help: 'What the rows of the table are of',
      }),
      output: wideOutput,
      ...watchFlags,
      ...sourceFlags,
    },
    examples: [
      ['Who is told what', 'herald routes --by destination'],
      ['In CI, with files only', 'herald routes -f apps.yaml --config-map cm.yaml'],
    ],
    read: (
      {
        files,
        trigger,
        destination,
        by,
        output,
        applicationNamespaces,
        appLabelSelector,
        selfService,
        ...values
      },
      { arguments: applications, env },
    ) => ({
      command: 'routes',
      options: {
        source: sourceOf(values, env),
        files,
        applications,
        trigger,
        destination,
        by,
        output,
        applicationNamespaces,
        appLabelSelector,
        selfService,
      },
    }),
  }),
  command({
    path: ['version'],
    summary: 'Print the version',
    description: 'Prints the version of Herald, and of what it runs on.',
    arguments: [],
    flags: { output: listOutput },
    examples: [],
    read: ({ output }) => ({ command: 'version', options: { output } }),
  }),
  command({
    path: ['completion'],
    summary: 'Print the script by which a shell completes command lines',
    description: 'Prints a script for bash, zsh or fish that completes commands, flags and their values.',
    arguments: [{ term: '<SHELL>', help: 'bash, zsh or fish' }],
    flags: {},
    examples: [
      ['In bash', 'source <(herald completion bash)'],
      ['In zsh', 'source <(herald completion zsh)'],
      ['In fish', 'source (herald completion fish | psub)'],
    ],
    read: (_values, { arguments: [given = ''] }) => {
      const shell = shells.find((each) => each === given);
      if (shell === undefined)
        throw new UsageError(`there is no completion for ${JSON.stringify(given)}: give bash, zsh or fish`);
      return { command: 'completion', options: { shell } };
    },
  }),
];

const shells = ['bash', 'zsh', 'fish'] as const;

function queueOf(given: string, env: Readonly<Record<string, string | undefined>>): string {
  const queue = resolveQueue(given, env);
  return isInMemory(queue) ? 'memory:' : queue;
}
