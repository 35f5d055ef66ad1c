import type { DeliveryFacts } from '../model.ts';

/** What logs say of a delivery. */
export function fieldsOf({ id, alerts, destination }: DeliveryFacts): Record<string, string> {
  const [{ application, trigger }] = alerts;
  return {
    delivery: id,
    application: `${application.namespace}/${application.name}`,
    trigger,
    destination: `${destination.service}:${destination.recipient}`,
  };
}
