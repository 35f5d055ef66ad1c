import type { ClusterEvent } from '../cluster/events.ts';
import type { Settlement } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { Delivery } from '../model.ts';
import { fieldsOf } from './log-fields.ts';

/** Tells people of a delivery that was given up: in the log, and as an Event on its Application. */
export function reportParked(
  delivery: Delivery,
  { status, reason, error }: Exclude<Settlement, { status: 'sent' }>,
  deps: { record(event: ClusterEvent): void; log: Logger },
): void {
  const { service, recipient } = delivery.destination;
  const [{ trigger, application }] = delivery.alerts;
  const { namespace, name, uid } = application;
  deps.log.error(
    { ...fieldsOf(delivery), status, reason, error },
    'Not delivered: see herald deliveries --failed',
  );
  deps.record({
    subject: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', namespace, name, uid },
    type: 'Warning',
    reason: 'NotificationNotDelivered',
    message: `${trigger} was not delivered to ${service}:${recipient}: ${error}`,
  });
}
