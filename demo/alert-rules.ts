import { parse, stringify } from 'yaml';

/** A demo waits for seconds where a day has minutes: what a trigger says is kept, and its times are these. */
const shortTimes: Readonly<Record<string, string>> = { for: '2s', keepFiring: '1s' };

/** Milliseconds in which syncs of one revision are a loop. */
export const loopWindow = 3_000;

/** What the demo's conditions have beside what the catalogue says of them. */
const more: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'on-sync-failed': { repeat: '4h', resolved: true },
  'on-health-degraded': { for: '2s', keepFiring: '1s', resolved: true },
  'on-sync-status-unknown': { resolved: true },
  'on-out-of-sync': { for: '1s', resolved: true },
};

/** A trigger as the catalogue ships it, with the times of the demo. */
export function shortened(trigger: string, source: string): string {
  const added = more[trigger];
  const conditions = parse(source) as Record<string, unknown>[];
  if (!added && !conditions.some((condition) => Object.keys(shortTimes).some((name) => name in condition)))
    return source;
  return stringify(
    conditions.map((condition) => {
      const given = { ...added, ...condition };
      const times = Object.entries(shortTimes).filter(([name]) => name in given);
      return { ...given, ...Object.fromEntries(times) };
    }),
    { lineWidth: 0 },
  );
}

/** What the demo has beside the catalogue: what is told together, and what holds alerts back. */
export const rules: Readonly<Record<string, string>> = {
  'trigger.on-sync-loop': `
- description: The same revision is synced again and again.
  when: changes(app.status?.operationState?.startedAt, '${loopWindow}ms') >= 3
  severity: warning
  send: [sync-loop]
  resolved: true
`,
  'template.sync-loop': `
message: ":warning: {{.app.metadata.name}} is synced again and again, always to {{.app.status.sync.revision | trunc 7}}: something changes what it deploys."
slack:
  attachments: |
    [{
      "color": "#f4c030",
      "title": {{ printf "%s drifts" .app.metadata.name | toRawJson }},
      "text": {{ printf "Look what drifts:\\n\`argocd app diff %s\`\\nand leave it to whoever changes it, with \`ignoreDifferences\`." .app.metadata.name | toRawJson }}
    }]
`,
  'trigger.on-cluster-unreachable': `
- description: The cluster that it is deployed to does not answer.
  when: app.status?.health?.status == 'Unknown' and app.status?.health?.message contains 'cluster'
  severity: critical
  send: [cluster-unreachable]
  resolved: true
`,
  'template.cluster-unreachable': `
message: ":rotating_light: {{.app.metadata.name}}: {{.app.status.health.message}}. What else fails there is not told."
`,
  'trigger.on-health-missing': `
- description: What it deploys is not there.
  when: app.status?.health?.status == 'Missing'
  severity: warning
  send: [app-health-degraded]
  resolved: true
`,
  groups: `
# A storm is one message, which is brought up to date.
- match: {trigger: on-sync-status-unknown}
  groupBy: [trigger, repository]
  groupWait: 4s
  groupInterval: 1s
- match: {trigger: on-deleted}
  groupBy: [trigger, project]
  groupWait: 1s
  groupInterval: 1s
`,
  inhibit: `
- source: {trigger: on-cluster-unreachable}
  target: {trigger: on-health-missing}
  equal: [destination]
`,
  muteTimes: `
- match: {project: batch, severity: warning}
  times:
  - times: [{start: '00:00', end: '24:00'}]
`,
};
