/** What keys and fields of the ConfigMap mean, and an example of each key. Their names are held to the code's. */

export const keyMeanings: Readonly<Record<string, { what: string; ours?: true }>> = {
  'service.<type>': { what: 'A service; its type is its name' },
  'service.<type>.<name>': { what: 'A service with a name of its own, for several of a type' },
  'herald.service.<type>': {
    what: 'As `service.<type>`, for types that argocd-notifications does not know',
    ours: true,
  },
  'herald.service.<type>.<name>': { what: 'The same with a name', ours: true },
  'trigger.<name>': { what: 'When is told, once per what, and by which templates' },
  'template.<name>': { what: 'What is told' },
  'defaultTriggers.<service>': { what: 'As `defaultTriggers`, for one service' },
  context: { what: 'Texts that conditions and templates see as `context`' },
  defaultTriggers: { what: 'Triggers of subscriptions that name none' },
  subscriptions: { what: 'Who is told of every Application, or of those with certain labels' },
  silences: { what: 'Alerts that nobody is told of for a time', ours: true },
  muteTimes: { what: 'Times of the week at which nobody is told', ours: true },
  inhibit: { what: 'Alerts of which nobody is told while another fires', ours: true },
  groups: { what: 'Alerts that are told together', ours: true },
  argocd: { what: "Argo CD's API, for repo functions", ours: true },
};

export const conditionMeanings: Readonly<Record<string, string>> = {
  when: 'An expression; only `true` matches',
  oncePer: 'An expression: of each of its values is told once; without it, at each new match',
  send: 'Names of templates, which are put together in this order',
  description: 'For people',
  severity: 'Label of the alert metrics and for rules; default `none`',
  safe: '`true`: what is missing on the way to a field is nil in place of an error',
  for: 'How long it has to match before anybody is told',
  keepFiring: 'How long an alert goes on after it has stopped to match',
  repeat: 'After how long an alert that still fires is told again; at least a second',
  resolved: 'Templates that tell of the end, or `true` for the default message',
  labels: 'Words to match and group by',
};

export const templateMeanings: Readonly<Record<string, string>> = {
  message: 'A template: the text for every service',
  dialect: '`go` or `mustache`: the language of its texts, where it is not to be recognised',
};

export const subscriptionMeanings: Readonly<Record<string, string>> = {
  recipients: 'A list of `service:recipient`',
  triggers: 'Names of triggers; without them the default triggers',
  selector: 'Labels of Applications, as for kubectl; without it all',
};

export const argocdMeanings: Readonly<Record<string, string>> = {
  url: 'Its address',
  token: 'A token of an account that may `get` applications',
  insecureSkipVerify: '`true`: its certificate is not looked at',
};

const match = 'Labels of alerts: a mapping, or as Alertmanager writes matchers';

export const ruleMeanings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  silences: {
    match,
    from: 'A time; without it the rule holds at once',
    until: 'A time, with its zone',
    comment: 'For people',
  },
  muteTimes: { match, timeZone: 'As in the IANA database; default UTC', times: 'A list of intervals' },
  inhibit: {
    source: 'Labels of alerts that hold others back while they fire',
    target: 'Labels of those that are held back',
    equal: 'Labels that both must have alike',
  },
  groups: {
    match,
    groupBy: "Labels whose values make a group; `'...'`: all of them",
    groupWait: 'How long a new group waits for more; default 30s',
    groupInterval: 'How long after a message a group that has changed waits; default 5m',
    send: 'Templates of the message; without them a list of the alerts',
    maxPerMinute: 'More messages of a destination than so many in a minute become one',
  },
};

export const intervalNote =
  'An interval has `times`, `weekdays`, `daysOfMonth`, `months`, `years` and `timeZone`, as those of Alertmanager.';

export const keyExamples: Readonly<Record<string, string>> = {
  'service.slack': 'token: $slack-token\n',
  'trigger.on-health-degraded': `- when: app.status?.health?.status == 'Degraded'
  for: 5m
  severity: critical
  labels: {team: payments}
  send: [app-health-degraded]
  resolved: true
- when: app.status?.health?.status == 'Missing'
  severity: warning
  send: [app-health-degraded]
`,
  'template.app-health-degraded': `message: "{{.app.metadata.name}} is degraded: {{.shared.link}}"
slack:
  attachments: |
    [{"color": "#f4c030", "title": "{{.app.metadata.name}}", "text": "{{.app.status.health.message}}"}]
`,
  subscriptions: `- recipients: [slack:alerts]
  triggers: [on-health-degraded]
  selector: env=production
`,
  defaultTriggers: '- on-health-degraded\n',
  'defaultTriggers.slack': '- on-health-degraded\n',
  context: 'argocdUrl: https://argocd.example.com\n',
  silences: `- match: {name: shop, trigger: on-health-degraded}
  until: 2036-12-01T00:00:00Z
  comment: is being moved
`,
  muteTimes: `- match: {severity: warning}
  timeZone: Europe/Berlin
  times:
    - weekdays: ['saturday', 'sunday']
`,
  inhibit: `- source: {trigger: on-health-degraded, severity: critical}
  target: {severity: warning}
  equal: [project]
`,
  groups: `- match: {trigger: on-health-degraded}
  groupBy: [project]
  groupWait: 30s
  groupInterval: 5m
`,
  argocd: `url: https://argocd.example.com
token: $argocd-token
`,
};
