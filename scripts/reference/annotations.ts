/** docs/reference/annotations.md: annotations of Applications, ApplicationSets and AppProjects, read by the parsers. */
import { notifiedAnnotation } from '../../src/alerts/notified-annotation.ts';
import {
  silenceAnnotations,
  silenceOfAnnotations,
  silenceProblems,
} from '../../src/alerts/silence-annotations.ts';
import {
  annotationForm,
  mostEntries,
  mostYaml,
  parseAnnotation,
} from '../../src/subscriptions/annotations.ts';
import { markdownTable } from '../markdown-table.ts';
import { block, code, type Page, page } from './markdown.ts';

const subscribing: readonly (readonly [name: string, value: string])[] = [
  ['notifications.argoproj.io/subscribe.on-sync-failed.slack', 'deploys;alerts'],
  ['notifications.argoproj.io/subscribe.slack', 'deploys'],
  ['notifications.argoproj.io/subscribe.on-sync-failed.grafana', ''],
  [
    'notifications.argoproj.io/subscriptions',
    '- trigger: [on-sync-failed, on-health-degraded]\n  destinations:\n    - service: slack\n      recipients: [deploys]\n',
  ],
  ['on-sync-failed.recipients.argocd-notifications.argoproj.io', 'slack:deploys,email:a@example.com'],
];

const silencing: Readonly<Record<string, string>> = {
  'herald.argoproj.io/silence-until': '2036-12-01T00:00:00Z',
  'herald.argoproj.io/silence-reason': 'is being moved',
};

/** What the parser makes of an annotation. */
function rows([name, value]: readonly [string, string]): string[][] {
  const form = annotationForm(name);
  if (form === undefined || form === 'unknown') throw new Error(`${name} is no annotation`);
  const { subscriptions, problems } = parseAnnotation(form, name, value);
  if (problems[0]) throw new Error(`${name}: ${problems[0].what}`);
  return subscriptions.map(({ triggers, service, recipients }) => [
    code(name),
    triggers.length === 0 ? 'the default triggers' : triggers.map(code).join(', '),
    code(service),
    recipients.map((recipient) => code(recipient) || 'none').join(', '),
  ]);
}

function asYaml(annotations: readonly (readonly [string, string])[]): string {
  const lines = annotations.map(([name, value]) => {
    if (value.includes('\n')) return `    ${name}: |\n${value.trimEnd().replaceAll(/^/gm, '      ')}`;
    return `    ${name}: ${JSON.stringify(value)}`;
  });
  return block('yaml', `metadata:\n  annotations:\n${lines.join('\n')}`);
}

function silences(): string {
  const unknown = silenceAnnotations.filter((name) => !Object.hasOwn(silencing, name));
  const { silence } = silenceOfAnnotations(silencing, 'the example');
  const problems = silenceProblems({ annotations: silencing, labels: {} });
  if (unknown.length > 0 || !silence || problems.length > 0)
    throw new Error('the example of a silence is none');
  return asYaml(Object.entries(silencing));
}

export function annotationsPage(): Page {
  return page('docs/reference/annotations.md', [
    '# Annotations',
    '## Who is told',
    `On an Application, on an ApplicationSet for [triggers about it](../applicationsets.md), or on an AppProject for all of its
Applications. Recipients are separated by \`;\`. The last form is read on AppProjects only. Names with dots need the form in
YAML, of which an object may have ${mostYaml / 1024} KiB with ${mostEntries.toLocaleString('en')} triggers and destinations.`,
    asYaml(subscribing),
    'This asks for:',
    markdownTable(['annotation', 'triggers', 'service', 'recipients'], subscribing.flatMap(rows)),
    '## Silences',
    'On an Application, or on an AppProject for all of its Applications: nobody is told until then. See [alerts.md](../alerts.md#silences-and-acknowledgements).',
    silences(),
    '## What argocd-notifications has sent',
    `${code(notifiedAnnotation)} on an Application is argocd-notifications' own record. Herald reads it when it first sees the
Application, and writes it with \`--notified-annotation=write\`: [migrating.md](../migrating.md).`,
  ]);
}
