import { counted, herald, orZero, perMinute, q, quantile, type Row, upOrDown } from './panel.ts';

/** What people are told: how it is now, deliveries, alerts. */

const alert = 'trigger, name, namespace, project, severity';
const alerts = `max by (${alert}, state) (herald_alerts{${herald}})`;
const since = `max by (${alert}) (herald_alert_active_since_timestamp_seconds{${herald}})`;

const wrongFrom1 = [
  [null, 'green'],
  [1, 'red'],
] as const;
const stateColors = {
  firing: 'red',
  pending: 'yellow',
  acknowledged: 'blue',
  silenced: 'purple',
  muted: 'super-light-purple',
  inhibited: 'orange',
};

const now: Row = {
  title: 'Now',
  panels: [
    {
      kind: 'stat',
      title: 'Leader',
      about: 'Of the replicas one watches Applications and decides. Nobody: HeraldNobodyLeads.',
      width: 3,
      queries: [q(`sum(herald_leader{${herald}})`)],
      values: { 0: ['nobody', 'red'], 1: ['leads', 'green'] },
    },
    {
      kind: 'stat',
      title: 'Store',
      about: 'Whether the store of the queue answers each replica.',
      width: 3,
      queries: [q(`min(herald_queue_up{${herald}})`)],
      values: upOrDown,
    },
    {
      kind: 'stat',
      title: 'API server',
      about: 'Whether all watches are connected. Which one is not is in "API server and store" below.',
      width: 3,
      queries: [q(`min(max by (resource) (herald_watch_up{${herald}}))`)],
      values: upOrDown,
    },
    {
      kind: 'stat',
      title: 'Other controller',
      about:
        'Whether argocd-notifications-controller notifies of the same Applications, so that messages are double.',
      width: 3,
      queries: [q(`max(herald_other_controller_active{${herald}})`)],
      values: { 0: ['none', 'green'], 1: ['notifies', 'red'] },
    },
    {
      kind: 'stat',
      title: 'Alerts firing',
      about: 'Alerts with an end that fire and that nothing holds back.',
      width: 3,
      queries: [q(orZero(`count(max by (${alert}) (herald_alerts{${herald}, state="firing"}))`))],
      thresholds: wrongFrom1,
    },
    {
      kind: 'stat',
      title: 'Parked',
      about: 'Deliveries that wait for a person: herald deliveries --failed.',
      width: 3,
      queries: [q(orZero(`sum(max by (service) (herald_deliveries_parked{${herald}}))`))],
      thresholds: wrongFrom1,
    },
    {
      kind: 'stat',
      title: 'Wrong keys',
      about: 'Errors in ConfigMaps: herald config check --cluster.',
      width: 3,
      queries: [
        q(
          orZero(`sum(max by (key, config_namespace) (herald_config_problems{${herald}, severity="error"}))`),
        ),
      ],
      thresholds: wrongFrom1,
    },
    {
      kind: 'stat',
      title: 'Messages sent',
      about: 'In the time that is shown.',
      width: 3,
      queries: [
        q(`round(sum(increase(herald_deliveries_settled_total{${herald}, outcome="sent"}[$__range])))`),
      ],
      thresholds: [[null, 'blue']],
    },
  ],
};

const deliveries: Row = {
  title: 'Deliveries',
  panels: [
    {
      kind: 'timeseries',
      title: 'Attempts by service and outcome, a minute',
      about: 'retry is tried again, rejected and expired are parked.',
      width: 12,
      queries: [
        q(perMinute('service, outcome', 'herald_delivery_outcomes_total'), '{{service}} {{outcome}}'),
      ],
      bars: true,
      colors: {
        '/ (sent|degraded)$/': 'green',
        '/ retry$/': 'yellow',
        '/ (rejected|expired)$/': 'red',
      },
    },
    {
      kind: 'timeseries',
      title: 'Latency',
      about:
        'From the change of the Application to the acceptance by the service, which includes outages and pacing.',
      width: 12,
      queries: [0.5, 0.9, 0.99].map((of) =>
        q(quantile(of, 'herald_delivery_latency_seconds', 'le'), `${of * 100} % within`),
      ),
      unit: 's',
    },
    {
      kind: 'timeseries',
      title: 'Latency by service, nine in ten',
      about: 'More than a minute for a quarter of an hour: HeraldDeliverySlow.',
      width: 8,
      queries: [q(quantile(0.9, 'herald_delivery_latency_seconds', 'service, le'), '{{service}}')],
      unit: 's',
    },
    {
      kind: 'table',
      title: 'Why attempts failed, in the time that is shown',
      about: 'An error of Slack that Herald does not know is unknown_error, and the log names it.',
      width: 8,
      queries: [
        q(
          `sort_desc(round(sum by (service, outcome, reason) (increase(herald_delivery_outcomes_total{${herald}, outcome!="sent"}[$__range]))) > 0)`,
        ),
      ],
      valueTitle: 'attempts',
    },
    {
      kind: 'timeseries',
      title: 'Parked deliveries',
      about: 'By service. herald deliveries --failed has each with its error.',
      width: 8,
      queries: [q(`max by (service) (herald_deliveries_parked{${herald}})`, '{{service}}')],
    },
  ],
};

const alertRow: Row = {
  title: 'Alerts',
  panels: [
    {
      kind: 'timeseries',
      title: 'Alerts by state',
      about: 'Alerts with an end. silenced, muted and inhibited are held back: nobody is told.',
      width: 10,
      queries: [q(`sum by (state) (${alerts})`, '{{state}}')],
      stacked: true,
      colors: stateColors,
    },
    {
      kind: 'table',
      title: 'Alerts now',
      about:
        'herald alerts shows them with whom they were told to. 0 s: the condition holds no more, and the alert is kept.',
      width: 14,
      queries: [
        q(`sort_desc(((time() - ${since}) * on (${alert}) group_right () ${alerts}) or ${alerts} * 0)`),
      ],
      unit: 's',
      valueTitle: 'holds for',
    },
    {
      kind: 'timeseries',
      title: 'Alerts that changed their state',
      about: 'Triggers whose alerts come and go want `for` or `keepFiring`.',
      width: 8,
      queries: [q(counted('into', 'herald_alert_transitions_total'), '{{into}}')],
      bars: true,
      colors: { ...stateColors, recovered: 'green' },
    },
    {
      kind: 'timeseries',
      title: 'Messages of alerts by reason, a minute',
      about: 'Why they are sent: the first, one that joins its group, the end, a repetition.',
      width: 8,
      queries: [q(perMinute('reason', 'herald_notices_total'), '{{reason}}')],
      bars: true,
    },
    {
      kind: 'timeseries',
      title: 'Applications by health',
      about: 'All that Herald watches, subscribed to or not.',
      width: 8,
      queries: [
        q(
          `count by (health_status) (max by (namespace, name, health_status) (herald_application_info{${herald}}))`,
          '{{health_status}}',
        ),
      ],
      stacked: true,
      colors: {
        Healthy: 'green',
        Progressing: 'blue',
        Degraded: 'red',
        Suspended: 'purple',
        Missing: 'yellow',
        Unknown: 'orange',
      },
    },
  ],
};

export const messageRows: readonly Row[] = [now, deliveries, alertRow];
