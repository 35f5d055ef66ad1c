import { parse, stringify } from 'yaml';

/** A demo waits for seconds where a day has minutes: what a trigger says is kept, and its times are these. */
const shortTimes: Readonly<Record<string, string>> = { for: '1s', keepFiring: '1s' };

/** What the demo's conditions have beside what the catalogue says of them, or in its place. */
const more: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'on-sync-failed': { repeat: '4h' },
  // For long enough to be seen before it has passed.
  'on-health-degraded': { for: '3s' },
};

/** A trigger as the catalogue ships it, with the times of the demo. */
export function shortened(trigger: string, source: string): string {
  const added = more[trigger] ?? {};
  const conditions = parse(source) as Record<string, unknown>[];
  if (
    !more[trigger] &&
    !conditions.some((condition) => Object.keys(shortTimes).some((name) => name in condition))
  )
    return source;
  return stringify(
    conditions.map((condition) => {
      const times = Object.entries(shortTimes).filter(([name]) => name in condition);
      return { ...condition, ...Object.fromEntries(times), ...added };
    }),
    { lineWidth: 0 },
  );
}

/** The rules of a component, with the times of the demo. */
export function shortenedGroups(source: string): string {
  const rules = parse(source) as Record<string, unknown>[];
  return stringify(rules.map((rule) => ({ ...rule, groupWait: '2s', groupInterval: '1s' })));
}

/** Those of a component, for one project: whatever could be inhibited waits for half a minute, which others do not. */
export function narrowedInhibit(source: string): string {
  const rules = parse(source) as { target: Record<string, unknown> }[];
  return stringify(rules.map((rule) => ({ ...rule, target: { ...rule.target, project: 'shop' } })));
}

/** What the demo has beside the catalogue and its component: what is told together, and what holds alerts back. */
export const rules: Readonly<Record<string, string>> = {
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
- match: {trigger: on-sync-failed, project: mobile}
  groupBy: [trigger, project]
  groupWait: 2s
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
