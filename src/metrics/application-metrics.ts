import { ongoingLabels } from './alert-series.ts';
import { alertLabels, infoLabels, operationLabels, stuckLabels } from './application-series.ts';
import { createManySeries } from './many-series.ts';

/** The metrics that have series of each Application. */
export function createApplicationMetrics() {
  return {
    info: createManySeries({
      name: 'herald_application_info',
      help: 'Status of each watched Application, always 1.',
      type: 'gauge',
      labelNames: infoLabels,
    }),
    operations: createManySeries({
      name: 'herald_application_operations_total',
      help: 'Operations that finished while Herald watched, by phase.',
      type: 'counter',
      labelNames: operationLabels,
    }),
    operationFinished: createManySeries({
      name: 'herald_application_operation_finished_timestamp_seconds',
      help: 'When the last operation finished, by its phase, Unix time.',
      type: 'gauge',
      labelNames: operationLabels,
    }),
    operationStuck: createManySeries({
      name: 'herald_application_operation_stuck_since_timestamp_seconds',
      help: 'When an operation started that is over and has no end, Unix time.',
      type: 'gauge',
      labelNames: stuckLabels,
    }),
    alertActive: createManySeries({
      name: 'herald_alert_active',
      help: '1 while the condition of the trigger holds for a subscribed Application.',
      type: 'gauge',
      labelNames: alertLabels,
    }),
    alerts: createManySeries({
      name: 'herald_alerts',
      help: 'Alerts with an end, by their state, always 1.',
      type: 'gauge',
      labelNames: ongoingLabels,
    }),
    alertSince: createManySeries({
      name: 'herald_alert_active_since_timestamp_seconds',
      help: 'Since when the condition has held, Unix time.',
      type: 'gauge',
      labelNames: alertLabels,
    }),
  };
}
