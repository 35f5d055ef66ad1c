/** The commands that read a configuration, from files or from the cluster: config check, trigger, template. */
import { type CommandSpec, command, type Given } from './command.ts';
import { booleanFlag, choiceFlag, textFlag, textsFlag } from './flag-types.ts';
import { type FlagValues, UsageError } from './flags.ts';
import { kubeFlags } from './kube-flags.ts';
import type { ConfigSource, GetOptions, TemplateRenderOptions, TriggerRunOptions } from './options.ts';
import { listOutput, outputFlag, outputGroup } from './output-flags.ts';
import { commandRepoServerFlags, splitRepoServer } from './repo-server-flags.ts';
import { runFlags } from './run-flags.ts';

const sourceGroup = 'Configuration:';

export const sourceFlags = {
  configMap: textFlag({
    name: 'config-map',
    group: sourceGroup,
    placeholder: 'file',
    help: 'File with the ConfigMap, - for standard input. Without it the ConfigMap of the cluster',
  }),
  secret: textFlag({
    name: 'secret',
    group: sourceGroup,
    placeholder: 'file',
    help: 'File with the Secret, :empty for one without keys. Without it the Secret of the cluster',
  }),
  configMapName: runFlags.configMapName,
  secretName: runFlags.secretName,
  ...commandRepoServerFlags,
  ...kubeFlags,
};

const getOutput = choiceFlag<GetOptions['output']>({
  ...outputFlag,
  default: 'wide',
  choices: ['wide', 'name', 'json', 'yaml'],
});

/** `--cluster` takes a name elsewhere, of a kubeconfig's cluster; here --context has to do. */
const checkFlags = {
  application: textFlag({
    name: 'app',
    group: sourceGroup,
    placeholder: 'file',
    help: 'File with an Application that templates are rendered for, to see whether JSON comes of them. Without it a sample',
  }),
  ...sourceFlags,
  cluster: booleanFlag({
    name: 'cluster',
    group: sourceGroup,
    help: 'Also check the subscriptions of all Applications and AppProjects of the cluster',
  }),
  applicationNamespaces: runFlags.applicationNamespaces,
  selfService: runFlags.selfService,
  strict: booleanFlag({
    name: 'strict',
    group: outputGroup,
    help: 'Exit with 1 for warnings, too',
  }),
  output: listOutput,
};

const applicationArgument = {
  term: '<APPLICATION>',
  help: 'File with an Application or ApplicationSet, or the name of one in the cluster (applicationset/NAME)',
};

export function sourceOf(values: FlagValues<typeof sourceFlags>, env: Given['env']): ConfigSource {
  const { configMap, secret, configMapName, secretName, repoServer, ...kube } = splitRepoServer(values, env);
  if (configMap === '-' && secret === '-') {
    throw new UsageError(
      '--config-map - and --secret - cannot both read standard input: give one of them a file',
    );
  }
  return { kube, configMapName, secretName, configMap, secret, ...(repoServer && { repoServer }) };
}

export const configCommands: readonly CommandSpec[] = [
  command({
    path: ['config', 'check'],
    groupSummary: 'Check a ConfigMap (config check)',
    summary: 'Find what is wrong in a ConfigMap',
    description:
      'Reports every problem of a ConfigMap, and of a Secret if there is one, with its key, line and fix: what keeps a ' +
      'key from working is an error, what can hardly be meant is a warning. Exits with 1 if there is an error, 0 if ' +
      'there are only warnings.',
    arguments: [
      {
        term: '[FILE...]',
        help: 'Files with ConfigMap and Secret, - for standard input. Without any: the cluster',
      },
    ],
    flags: checkFlags,
    examples: [
      ['What is in the cluster', 'herald config check --namespace argocd'],
      ['And what its Applications subscribe to', 'herald config check --cluster --namespace argocd'],
      ['In CI, with an Application of yours', 'herald config check cm.yaml --app app.yaml --strict'],
      ['What kustomize would install', 'kubectl kustomize ./argocd | herald config check -'],
    ],
    read: (
      { output, application, cluster, strict, selfService, applicationNamespaces, ...values },
      { arguments: files, env },
    ) => {
      const source = sourceOf({ ...values, cluster: '' }, env);
      const inputs = [...files, source.configMap, source.secret, application].filter(
        (input) => input === '-',
      );
      if (inputs.length > 1)
        throw new UsageError('standard input (-) can be read only once: give the other a file');
      const scope = { cluster, applicationNamespaces, selfService };
      return { command: 'config check', options: { source, files, application, ...scope, strict, output } };
    },
  }),
  command({
    path: ['trigger', 'get'],
    groupSummary: 'Show and try triggers (trigger get, trigger run)',
    summary: 'Show triggers',
    description: 'Shows the configured triggers and their conditions.',
    arguments: [{ term: '[NAME]', help: 'Name of a trigger. Without it all' }],
    flags: { output: getOutput, ...sourceFlags },
    examples: [
      ['All triggers', 'herald trigger get'],
      [
        'One trigger of a file',
        'herald trigger get on-sync-failed -o yaml --config-map cm.yaml --secret :empty',
      ],
    ],
    read: (values, given) => ({ command: 'trigger get', options: getOptions(values, given) }),
  }),
  command({
    path: ['trigger', 'run'],
    summary: 'Evaluate a trigger for an Application',
    description:
      'Evaluates the conditions of a trigger for an Application, and shows what each part of a condition that does ' +
      'not match amounts to.',
    arguments: [{ term: '<NAME>', help: 'Name of the trigger' }, applicationArgument],
    flags: {
      output: choiceFlag<TriggerRunOptions['output']>({
        ...outputFlag,
        default: 'wide',
        choices: ['wide', 'json', 'yaml'],
      }),
      ...sourceFlags,
    },
    examples: [
      ['An Application of the cluster', 'herald trigger run on-sync-failed guestbook'],
      ['Files only', 'herald trigger run on-sync-failed ./app.yaml --config-map cm.yaml --secret :empty'],
    ],
    read: ({ output, ...values }, { arguments: [trigger = '', application = ''], env }) => ({
      command: 'trigger run',
      options: { source: sourceOf(values, env), trigger, application, output },
    }),
  }),
  command({
    path: ['template', 'get'],
    groupSummary: 'Show and try templates (template get, template render, template notify)',
    summary: 'Show templates',
    description: 'Shows the configured templates, and the dialect of each of their texts.',
    arguments: [{ term: '[NAME]', help: 'Name of a template. Without it all' }],
    flags: { output: getOutput, ...sourceFlags },
    examples: [
      ['All templates', 'herald template get'],
      ['One template', 'herald template get app-sync-succeeded -o yaml'],
    ],
    read: (values, given) => ({ command: 'template get', options: getOptions(values, given) }),
  }),
  command({
    path: ['template', 'render'],
    summary: 'Render templates for an Application, sending nothing',
    description:
      'Renders templates for an Application and prints the notification as the service would get it. Sends nothing.',
    arguments: [
      { term: '<NAME>', help: 'Name of the template; several, merged, with commas' },
      applicationArgument,
    ],
    flags: {
      recipient: textFlag({
        name: 'recipient',
        group: outputGroup,
        placeholder: 'service:recipient',
        default: 'console:stdout',
        help: 'Whom the notification is for: shows what that service would get. Without it the sections of all',
      }),
      output: choiceFlag<TemplateRenderOptions['output']>({
        ...outputFlag,
        default: 'yaml',
        choices: ['yaml', 'json'],
      }),
      ...sourceFlags,
    },
    examples: [
      ['As Slack would get it', 'herald template render app-sync-failed guestbook --recipient slack:deploys'],
    ],
    read: ({ output, recipient, ...values }, { arguments: [names = '', application = ''], env }) => ({
      command: 'template render',
      options: { source: sourceOf(values, env), templates: names.split(','), application, recipient, output },
    }),
  }),
  command({
    path: ['template', 'notify'],
    summary: 'Send a notification made from a template',
    description: 'Renders a template for an Application and sends it, once, to each recipient.',
    arguments: [{ term: '<NAME>', help: 'Name of the template' }, applicationArgument],
    flags: {
      recipients: textsFlag({
        name: 'recipient',
        group: outputGroup,
        placeholder: 'service:recipient',
        default: ['console:stdout'],
        defaultText: 'console:stdout',
        help: 'Whom to send to; may be given several times',
      }),
      ...sourceFlags,
    },
    examples: [
      ['To the console', 'herald template notify app-sync-succeeded guestbook'],
      ['To Slack', 'herald template notify app-sync-succeeded guestbook --recipient slack:my-channel'],
    ],
    read: ({ recipients, ...values }, { arguments: [template = '', application = ''], env }) => ({
      command: 'template notify',
      options: { source: sourceOf(values, env), template, application, recipients },
    }),
  }),
];

function getOptions(
  { output, ...values }: FlagValues<typeof sourceFlags & { output: typeof getOutput }>,
  { arguments: [name], env }: Given,
): GetOptions {
  return { source: sourceOf(values, env), ...(name === undefined ? {} : { name }), output };
}
