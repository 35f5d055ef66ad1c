/** A ConfigMap of alerts with an end, with times that a short run goes through. Seconds where nothing else is said. */

/** What the story may change of it while alerts are open: none of that may tell anything or end anything. */
export interface Edit {
  /** Of `on-alert`, 2 or 3. */
  wait: number;
  keep: number;
  /** How its condition is written. */
  when: number;
  /** Seconds between the messages of a group. */
  interval: number;
}

export interface Rules {
  /** Until when the project `quiet` is silenced, Unix milliseconds; undefined: it is not. */
  silencedUntil?: number;
  /** Minutes of the hour in which the project `night` is muted. */
  mutedMinutes: readonly number[];
}

/** Bounds of what edits make of `on-alert`, milliseconds. */
export const bounds = { wait: { least: 2_000, most: 3_000 }, keep: { least: 2_000, most: 3_000 } };
/** Of groups, milliseconds. */
export const grouping = { wait: 1_000, mostInterval: 3_000 };
export const repeat = 4_000;
/** Messages to one recipient in a minute, beyond which a rule makes one of them. */
const mostPerMinute = 10;

export const firstEdit: Edit = { wait: 2, keep: 2, when: 0, interval: 2 };

const spellings = [
  `app.status.health.status == 'Degraded'`,
  `app.status?.health?.status == 'Degraded'`,
  `app.status.health.status in ['Degraded']`,
];

/** Unix milliseconds. */
const decided = 'decided {{.alert.decidedAt.UnixMilli}}';

/** Each line names an Application and since when the cluster has it failing, and so the failure. */
const lines = `{{- range .alerts}}
    {{.state}} {{.app.metadata.name}} {{.since.Unix}} {{.why}}
    {{- end}}
    {{- if .truncated}}
    truncated {{.truncated}}
    {{- end}}`;

export function alertConfiguration(
  { wait, keep, when, interval }: Edit,
  rules: Rules,
): Record<string, string> {
  const { silencedUntil, mutedMinutes } = rules;
  const degraded = `- when: ${spellings[when % spellings.length]}`;
  return {
    'trigger.on-alert': `${degraded}
  for: ${wait}s
  keepFiring: ${keep}s
  severity: critical
  labels: {edit: "${wait}${keep}${when}${interval}"}
  send: [alert]
  resolved: [alert]
`,
    'trigger.on-repeat': `${degraded}
  keepFiring: ${keep}s
  repeat: ${repeat / 1_000}s
  send: [alert]
  resolved: [alert]
`,
    'trigger.on-warning': `${degraded}
  keepFiring: ${keep}s
  severity: warning
  send: [alert]
  resolved: [alert]
`,
    'trigger.on-capped': `${degraded}\n  keepFiring: ${keep}s\n  send: [alert]\n  resolved: [alert]\n`,
    'trigger.on-outage': `${degraded}\n  severity: critical\n  send: [alert]\n  resolved: [alert]\n`,
    'template.alert': `message: |-
    reason {{.alert.reason}}
    ${decided}
    ${lines}
slack:
  deliveryPolicy: PostAndUpdate
`,
    'template.digest': `message: |-
    reason {{.reason}}
    ${decided}
    ${lines}
slack:
  deliveryPolicy: PostAndUpdate
`,
    groups: `- match: {recipient: storms}
  groupBy: [trigger, project]
  groupWait: ${grouping.wait / 1_000}s
  groupInterval: ${interval}s
  send: [digest]
- match: {recipient: capped}
  groupBy: ['...']
  groupWait: 0s
  groupInterval: 1s
  send: [digest]
  maxPerMinute: ${mostPerMinute}
`,
    inhibit: `- source: {trigger: on-outage}\n  target: {severity: warning}\n  equal: [destination]\n`,
    ...(mutedMinutes.length > 0 ? { muteTimes: muteTimesOf(mutedMinutes) } : {}),
    ...(silencedUntil === undefined
      ? {}
      : { silences: `- match: {project: quiet}\n  until: ${new Date(silencedUntil).toISOString()}\n` }),
  };
}

/** Every second minute, so that a change comes within half a minute or so. */
export function mutedMinutesFrom(now: number): number[] {
  const minute = new Date(now).getUTCMinutes();
  const isNowMuted = now % 60_000 > 30_000;
  const first = (minute + (isNowMuted ? 0 : 1)) % 2;
  return Array.from({ length: 30 }, (_, index) => first + 2 * index);
}

function muteTimesOf(minutes: readonly number[]): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const times = Array.from({ length: 24 }, (_, hour) =>
    minutes.map((minute) => {
      const end = hour * 60 + minute + 1;
      return `{start: '${two(hour)}:${two(minute)}', end: '${two(Math.floor(end / 60))}:${two(end % 60)}'}`;
    }),
  ).flat();
  return `- match: {project: night}\n  times:\n  - times: [${times.join(', ')}]\n`;
}
