import { counted, herald, q, quantile, type Row, upOrDown } from './panel.ts';

/** How the bridge does: queue, watches, store, who leads, configuration. */

const queue: Row = {
  title: 'Queue',
  panels: [
    {
      kind: 'timeseries',
      title: 'Deliveries in the queue',
      about: 'delayed are paced or tried again later; waiting for long means that nothing moves.',
      width: 8,
      queries: [q(`max by (state) (herald_queue_jobs{${herald}})`, '{{state}}')],
      stacked: true,
    },
    {
      kind: 'timeseries',
      title: 'What is due and not done yet',
      about: 'More than five minutes: HeraldQueueStuck, HeraldAlertsOverdue.',
      width: 8,
      queries: [
        q(`max(herald_queue_oldest_due_job_age_seconds{${herald}})`, 'oldest delivery'),
        q(`clamp_min(time() - max(herald_next_due_timestamp_seconds{${herald}}), 0)`, 'next alert'),
      ],
      unit: 's',
    },
    {
      kind: 'timeseries',
      title: 'Changes that wait for the store',
      about: 'In memory, up to 20,000; above that Herald watches again from what is in the store.',
      width: 8,
      queries: [q(`sum by (instance) (herald_ledger_backlog{${herald}})`, '{{instance}}')],
    },
  ],
};

const cluster: Row = {
  title: 'Leader, API server and store',
  panels: [
    {
      kind: 'state-timeline',
      title: 'Who leads',
      about: 'One at each moment, but for seconds after a replica was killed.',
      width: 8,
      queries: [q(`max by (instance) (herald_leader{${herald}})`, '{{instance}}')],
      values: { 0: ['stands by', 'text'], 1: ['leads', 'green'] },
    },
    {
      kind: 'state-timeline',
      title: 'API server and store',
      about: 'Each watch, and the store as each replica sees it.',
      width: 8,
      queries: [
        q(`max by (resource) (herald_watch_up{${herald}})`, '{{resource}}'),
        q(`min(herald_queue_up{${herald}})`, 'store'),
      ],
      values: upOrDown,
    },
    {
      kind: 'timeseries',
      title: 'Watches that ended',
      about:
        'The API server ends each after some minutes (closed); expired is followed by a list of everything.',
      width: 8,
      queries: [q(counted('resource, reason', 'herald_watch_restarts_total'), '{{resource}} {{reason}}')],
      bars: true,
    },
    {
      kind: 'timeseries',
      title: 'How late changes are seen',
      about:
        "From Argo CD's comparison to the event, nine in ten, and for how long a watch may have missed something.",
      width: 8,
      queries: [
        q(quantile(0.9, 'herald_application_event_lag_seconds', 'le'), 'events'),
        q(`max by (resource) (herald_watch_lag_seconds{${herald}})`, '{{resource}}'),
      ],
      unit: 's',
    },
    {
      kind: 'timeseries',
      title: 'CPU',
      about: 'Of one core, by replica.',
      width: 4,
      queries: [q(`rate(process_cpu_seconds_total{${herald}}[$__rate_interval])`, '{{instance}}')],
      unit: 'percentunit',
    },
    {
      kind: 'timeseries',
      title: 'Memory',
      about: 'Resident, by replica.',
      width: 4,
      queries: [q(`process_resident_memory_bytes{${herald}}`, '{{instance}}')],
      unit: 'bytes',
    },
    {
      kind: 'timeseries',
      title: 'Event loop, 99 % within',
      about: 'By how much what the process wants to do is late. Above a second for long: it wants more CPU.',
      width: 8,
      queries: [q(`nodejs_eventloop_lag_p99_seconds{${herald}}`, '{{instance}}')],
      unit: 's',
    },
  ],
};

const configuration: Row = {
  title: 'Configuration',
  panels: [
    {
      kind: 'table',
      title: 'Problems of ConfigMaps',
      about: 'What is wrong is out of force, or in force as it was before.',
      width: 8,
      queries: [q(`max by (config_namespace, key, severity) (herald_config_problems{${herald}}) > 0`)],
      valueTitle: 'problems',
    },
    {
      kind: 'timeseries',
      title: 'Conditions and templates that failed',
      about:
        'A condition that fails neither sends nor ends anything; a template that fails parks its delivery.',
      width: 8,
      queries: [
        q(counted('trigger', 'herald_trigger_eval_errors_total'), 'trigger {{trigger}}'),
        q(counted('template', 'herald_template_render_errors_total'), 'template {{template}}'),
      ],
      bars: true,
    },
    {
      kind: 'table',
      title: 'Problems of subscriptions',
      about: 'Annotations that name what does not exist; an Event on each object says what is wrong.',
      width: 8,
      queries: [q(`max by (namespace, kind) (herald_subscription_problems{${herald}}) > 0`)],
      valueTitle: 'problems',
    },
  ],
};

export const bridgeRows: readonly Row[] = [queue, cluster, configuration];
