/** The commands that say what a configuration would send: record and replay. */
import { type CommandSpec, command, type Given } from './command.ts';
import { booleanFlag, choiceFlag, durationFlag, textFlag } from './flag-types.ts';
import { UsageError } from './flags.ts';
import { kubeFlags } from './kube-flags.ts';
import type { ReplayCommandOptions } from './options.ts';
import { outputFlag, outputGroup } from './output-flags.ts';
import { isInMemory, queueFlag, resolveSharedQueue } from './queue-flag.ts';
import { runFlags } from './run-flags.ts';

const recordingGroup = 'Recording:';
const configurationGroup = 'Configuration:';
const hour = 3_600_000;

const recordFlags = {
  to: textFlag({
    name: 'to',
    group: recordingGroup,
    placeholder: 'file',
    help: 'File to write, which must not be there yet; compressed where its name ends with .gz',
  }),
  rotate: durationFlag({
    name: 'rotate',
    group: recordingGroup,
    default: 0,
    defaultText: 'never',
    help: 'Begin another file after so long, each with its time in its name and whole by itself',
  }),
  duration: durationFlag({
    name: 'duration',
    group: recordingGroup,
    default: 0,
    defaultText: 'until it is stopped',
    help: 'Record for so long',
  }),
  applicationNamespaces: runFlags.applicationNamespaces,
  ...kubeFlags,
};

const replayFlags = {
  configMap: textFlag({
    name: 'config-map',
    group: configurationGroup,
    placeholder: 'file',
    help: 'File with the ConfigMap that decides, - for standard input. Without it the ConfigMap of the cluster',
  }),
  against: textFlag({
    name: 'against',
    group: configurationGroup,
    placeholder: 'file',
    help: 'File with another ConfigMap: shows what --config-map sends otherwise',
  }),
  secret: textFlag({
    name: 'secret',
    group: configurationGroup,
    placeholder: 'file',
    help: 'File with the Secret. Without it, or with none, services are taken to have what they refer to',
  }),
  configMapName: runFlags.configMapName,
  secretName: runFlags.secretName,
  fromCluster: booleanFlag({
    name: 'from-cluster',
    group: recordingGroup,
    help: 'Begin with the Applications and the store as they are now, instead of a recording. Nothing is written or sent',
  }),
  ahead: durationFlag({
    name: 'ahead',
    group: recordingGroup,
    default: -1,
    defaultText: '1h with --from-cluster, else 0',
    help: 'Go on for so long after the end, as if nothing happened',
  }),
  queue: {
    ...queueFlag(recordingGroup),
    help: 'Store of the Herald that runs, as it has it. With recordings only its silences count, and without it none',
    defaultText: 'with --from-cluster sqlite:~/.local/state/herald',
  },
  applicationNamespaces: runFlags.applicationNamespaces,
  skipStart: booleanFlag({
    name: 'skip-start',
    group: outputGroup,
    help: 'Leave out what is told of what held before the recording began',
  }),
  output: choiceFlag<ReplayCommandOptions['output']>({
    ...outputFlag,
    default: 'wide',
    choices: ['wide', 'json'],
  }),
  ...kubeFlags,
};

export const replayCommands: readonly CommandSpec[] = [
  command({
    path: ['record'],
    summary: 'Write what the cluster shows into a file, for herald replay',
    description:
      'Follows the Applications, AppProjects and ApplicationSets into a file, until it is stopped with Ctrl-C. What ' +
      'may be a secret is left out; Secrets are not read.',
    arguments: [],
    flags: recordFlags,
    examples: [['A day', 'herald record --to day.ndjson.gz --duration 24h --namespace argocd']],
    read({ to, rotate, duration, applicationNamespaces, ...kube }) {
      if (to === '') throw new UsageError('--to is missing: name the file, as in --to day.ndjson.gz');
      return { command: 'record', options: { kube, applicationNamespaces, to, rotate, duration } };
    },
  }),
  command({
    path: ['replay'],
    summary: 'Show what a ConfigMap would have sent, or would send',
    description:
      'Runs recordings, or the cluster as it is now, through the whole of Herald with a clock, a store and services ' +
      'that reach nobody, and prints the messages; with --against how those of two ConfigMaps differ.',
    arguments: [{ term: '[FILE...]', help: 'Recordings of herald record, in their order' }],
    flags: replayFlags,
    examples: [
      ['What a ConfigMap would have sent', 'herald replay day.ndjson.gz --config-map new.yaml'],
      [
        'What an edit would have changed',
        'herald replay day.ndjson.gz --config-map new.yaml --against old.yaml',
      ],
      [
        'What would be sent if it were applied now',
        'herald replay --from-cluster --config-map new.yaml --queue redis://localhost:6379',
      ],
    ],
    read(
      {
        configMap,
        against,
        secret,
        configMapName,
        secretName,
        fromCluster,
        ahead,
        queue,
        applicationNamespaces,
        skipStart,
        output,
        ...kube
      },
      { arguments: files, env },
    ) {
      if (fromCluster === files.length > 0)
        throw new UsageError('give either recordings or --from-cluster: herald record makes a recording');
      if ([configMap, against, secret].filter((path) => path === '-').length > 1)
        throw new UsageError('standard input (-) can be read only once: give the others a file');
      return {
        command: 'replay',
        options: {
          source: { kube, configMapName, secretName, configMap, secret },
          files,
          against,
          queue: knownQueue(queue, fromCluster, env),
          applicationNamespaces,
          ahead: ahead >= 0 ? ahead : fromCluster ? hour : 0,
          skipStart,
          output,
        },
      };
    },
  }),
];

/** Of a store in memory nobody else knows what it holds: the annotation on Applications tells what was notified. */
function knownQueue(given: string, isNeeded: boolean, env: Given['env']): string | undefined {
  if (isInMemory(given) || (given === '' && !isNeeded)) return undefined;
  return resolveSharedQueue(given, env);
}
