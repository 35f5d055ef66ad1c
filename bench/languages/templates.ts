/**
 * How fast templates compile and render: `node bench/languages/templates.ts [SECONDS]`.
 *
 * The templates are the forms that public ConfigMaps use most: a one-line message, attachments with fields, blocks
 * with sprig, a webhook body, and one in mustache. What limits a rendering is the look-up of paths in the
 * Application (an own-property test for each name) and the text that is put together. The last lines are the
 * variables of one rendering, and the JSON-safe second rendering of a value that breaks its attachment.
 */
import type { JsonObject } from '../../src/model.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import type { Template } from '../../src/templates/template.ts';
import { templateVars } from '../../src/templates/vars.ts';

const app: JsonObject = {
  metadata: {
    name: 'guestbook',
    namespace: 'argocd',
    labels: { team: 'shop' },
    annotations: { 'a.b/c': 'x' },
  },
  spec: {
    project: 'default',
    source: { repoURL: 'https://github.com/acme/widgets.git', targetRevision: 'main' },
  },
  status: {
    sync: { status: 'OutOfSync', revision: '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80' },
    health: { status: 'Degraded' },
    conditions: [{ type: 'SyncError', message: 'one or more objects failed to apply' }],
    operationState: {
      phase: 'Failed',
      message: 'one or more objects failed to apply',
      startedAt: '2026-11-22T11:00:00Z',
      finishedAt: '2026-11-22T11:10:00Z',
      syncResult: { revision: '9c5d2e7fa81b40c3d6e5f708192a3b4c5d6e7f80' },
    },
  },
};

const ATTACHMENTS = `slack:
  attachments: |
    [{
      "title": "{{ .app.metadata.name}}",
      "title_link": "{{.context.argocdUrl}}/applications/{{.app.metadata.name}}",
      "color": "#E96D76",
      "fields": [
      {"title": "Sync Status", "value": "{{.app.status.sync.status}}", "short": true},
      {"title": "Repository", "value": "{{.app.spec.source.repoURL}}", "short": true}
      {{range $index, $c := .app.status.conditions}}
      {{if not $index}},{{end}}
      {{if $index}},{{end}}
      {"title": "{{$c.type}}", "value": "{{$c.message}}", "short": true}
      {{end}}
      ]
    }]
`;

const TEMPLATES: Readonly<Record<string, string>> = {
  message:
    'message: |\n  {{if eq .serviceType "slack"}}:white_check_mark:{{end}} Application {{.app.metadata.name}} is {{.app.status.sync.status}} at {{.app.status.operationState.finishedAt}}.\n',
  attachments: ATTACHMENTS,
  blocks: `slack:
  blocks: |
    [{"type": "header", "text": {"type": "plain_text", "text": {{ printf "%s: %s" .app.metadata.name .app.status.health.status | toJson }}}},
     {"type": "section", "text": {"type": "mrkdwn", "text": {{ .app.status.operationState.message | trunc 120 | default "none" | toJson }}}},
     {"type": "context", "elements": [{"type": "mrkdwn", "text": "{{ (call .time.Parse .app.status.operationState.startedAt).Local.Format "2006-01-02 15:04" }}"}]}]
`,
  webhook: `webhook:
  github:
    method: POST
    path: /repos/{{call .repo.FullNameByRepoURL .app.spec.source.repoURL}}/statuses/{{.app.status.operationState.syncResult.revision}}
    body: |
      {{if eq .app.status.operationState.phase "Running"}}{"state": "pending"}{{end}}
      {{if eq .app.status.operationState.phase "Failed"}}{"state": "error", "target_url": "{{.context.argocdUrl}}"}{{end}}
`,
  mustache: `message: |
  {{app.metadata.name}} is {{app.status.sync.status}}.{{#app.status.conditions}} {{type}}: {{message}}{{/app.status.conditions}}
`,
};

/** Processor time of this thread in microseconds: what others do on the machine does not count. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Microseconds of one call, measured over a time. */
function measure(call: () => unknown, milliseconds: number): number {
  for (let at = 0; at < 500; at++) call();
  const start = cpu();
  const end = start + milliseconds * 1000;
  let calls = 0;
  let now = start;
  while (now < end) {
    for (let at = 0; at < 100; at++) call();
    calls += 100;
    now = cpu();
  }
  return (now - start) / calls;
}

function compiled(name: string, text: string): Template {
  const { template, problems } = compileTemplate(name, text);
  if (template === undefined) throw new Error(`${name}: ${problems[0]?.what}`);
  return template;
}

const variables = (object: JsonObject) =>
  templateVars({
    app: object,
    appProject: {},
    context: { argocdUrl: 'https://argocd.example.com' },
    serviceType: 'slack',
    recipient: 'deploys',
    now: Date.UTC(2026, 10, 22, 12),
  });

function render(template: Template, vars: ReturnType<typeof variables>): void {
  const serviceType = template.sections.has('webhook') ? 'webhook' : 'slack';
  const result = renderNotification([template], vars, { serviceType, jsonFields: ['attachments', 'blocks'] });
  if (!result.ok) throw new Error(result.error);
}

const milliseconds = Number(process.argv[2] ?? 0.5) * 1000;
const row = (cost: number, compile: string, what: string): void =>
  console.log(
    `${cost.toFixed(2).padStart(9)} ${Math.round(1e6 / cost)
      .toString()
      .padStart(12)} ${compile.padStart(12)}   ${what}`,
  );

console.log('render µs   per second   compile µs   template');
const vars = variables(app);
for (const [name, text] of Object.entries(TEMPLATES)) {
  const template = compiled(name, text);
  const compile = measure(() => compileTemplate(name, text), milliseconds / 2);
  row(
    measure(() => render(template, vars), milliseconds),
    compile.toFixed(0),
    name,
  );
}
row(
  measure(() => variables(app), milliseconds),
  '',
  'variables of one rendering',
);
const breaking = structuredClone(app);
(breaking.status as { conditions: { message: string }[] }).conditions[0]!.message =
  'failed to apply "web"\nforbidden';
const breakingVars = variables(breaking);
const attachments = compiled('attachments', ATTACHMENTS);
row(
  measure(() => render(attachments, breakingVars), milliseconds),
  '',
  'attachments that a value breaks, rendered twice',
);
