import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { JsonObject } from '../src/model.ts';
import { narrowedInhibit, rules, shortened, shortenedGroups } from './alert-rules.ts';

const config = join(import.meta.dirname, '..', 'config');
const catalogue = join(config, 'catalogue');
const component = (file: string) => readFileSync(join(config, 'components', 'incident-groups', file), 'utf8');

/** Ours beside the catalogue: a deployment told in one thread, drawn with blocks. */
const thread = `groupingKey: "{{.app.metadata.name}} {{.app.status.operationState.startedAt}}"`;
const own: Record<string, string> = {
  'trigger.on-rollout': `
- when: app.status?.operationState?.phase == 'Running'
  oncePer: app.status.operationState.startedAt
  send: [rollout-started]
  severity: info
- when: app.status?.operationState?.phase == 'Succeeded' and app.status?.health?.status == 'Healthy'
  oncePer: app.status.operationState.startedAt
  send: [rollout-finished]
  severity: info
`,
  'template.rollout-started': `
message: ":hourglass_flowing_sand: {{.app.metadata.name}} is being rolled out"
slack:
  ${thread}
  blocks: |
    [
      {"type": "header", "text": {"type": "plain_text", "text": ":hourglass_flowing_sand: {{.app.metadata.name}} is being rolled out"}},
      {"type": "section", "fields": [
        {"type": "mrkdwn", "text": "*Revision*\\n\`{{.app.status.sync.revision | trunc 7}}\`"},
        {"type": "mrkdwn", "text": "*Project*\\n{{.app.spec.project}}"}
      ]},
      {"type": "context", "elements": [{"type": "mrkdwn", "text": "from {{.app.spec.source.repoURL}}"}]}
    ]
`,
  'template.rollout-finished': `
message: ":white_check_mark: {{.app.metadata.name}} is live at \`{{.app.status.sync.revision | trunc 7}}\` and healthy."
slack:
  ${thread}
`,
};

/** The ConfigMap and the Secret of the demo: our catalogue as it ships with its component of rules, and a Slack that is on this machine. */
export function demoConfiguration(slack: { apiUrl: string; token: string }, argocdUrl: string): JsonObject[] {
  const data = {
    context: `argocdUrl: ${argocdUrl}\n`,
    'service.slack': `apiURL: ${slack.apiUrl}\ntoken: $slack-token\nusername: Argo CD\n`,
    ...catalogueKeys('trigger', 'triggers'),
    ...catalogueKeys('template', 'templates'),
    'template.apps-not-comparable': component('apps-not-comparable.yaml'),
    ...own,
    ...rules,
    groups: `${shortenedGroups(component('groups.yaml'))}${rules.groups}`,
    inhibit: `${narrowedInhibit(component('inhibit.yaml'))}${rules.inhibit}`,
  };
  const metadata = (name: string): JsonObject => ({ name, namespace: 'argocd' });
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('argocd-notifications-cm'), data },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('argocd-notifications-secret'),
      data: { 'slack-token': Buffer.from(slack.token).toString('base64') },
    },
  ];
}

function catalogueKeys(kind: string, folder: string): Record<string, string> {
  const files = readdirSync(join(catalogue, folder)).filter((file) => file.endsWith('.yaml'));
  return Object.fromEntries(
    files.map((file) => {
      const name = basename(file, '.yaml');
      const source = readFileSync(join(catalogue, folder, file), 'utf8');
      return [`${kind}.${name}`, kind === 'trigger' ? shortened(name, source) : source];
    }),
  );
}
