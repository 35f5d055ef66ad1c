/** A ConfigMap of triggers with and without a lifecycle, a group, an inhibition and a mute time. */
export const configMap: Readonly<Record<string, string>> = {
  'service.slack': 'token: $slack-token',
  'trigger.on-health-degraded': `
- when: app.status.health.status == 'Degraded'
  for: 5m
  keepFiring: 2m
  severity: critical
  repeat: 4h
  send: [degraded]
  resolved: true`,
  'trigger.on-sync-failed': `
- when: app.status.operationState != nil and app.status.operationState.phase in ['Error', 'Failed']
  severity: warning
  send: [sync-failed]
  resolved: true`,
  'trigger.on-sync-status-unknown': `
- when: app.status.sync.status == 'Unknown'
  for: 1m
  severity: warning
  send: [unknown]
  resolved: true`,
  'trigger.on-deployed': `
- when: app.status.operationState != nil and app.status.operationState.phase in ['Succeeded'] and app.status.health.status == 'Healthy'
  oncePer: app.status.sync.revision
  send: [deployed]`,
  'template.degraded':
    'message: "{{.app.metadata.name}} is degraded since {{.app.status.health.lastTransitionTime}}"',
  'template.sync-failed':
    'message: "Sync of {{.app.metadata.name}} failed: {{.app.status.operationState.message}}"',
  'template.unknown': 'message: "{{.app.metadata.name}} cannot be compared"',
  'template.deployed': 'message: "{{.app.metadata.name}} runs {{.app.status.sync.revision | trunc 7}}"',
  groups: `
- match: {trigger: on-sync-status-unknown}
  groupBy: [trigger, repository]
  groupWait: 30s
  groupInterval: 5m`,
  inhibit: `
- source: {trigger: on-sync-status-unknown}
  target: {trigger: on-health-degraded}
  equal: [name]`,
  muteTimes: `
- match: {severity: warning, team: team-3}
  timeZone: Europe/Berlin
  times: [{times: [{start: '22:00', end: '06:00'}]}]`,
};
