import type { Delivery } from '../model.ts';

/** A delivery for each alert that it tells of. */
export function eachAlert(delivery: Delivery): Delivery[] {
  return delivery.alerts.flatMap((alert, index): Delivery[] => {
    const snapshot = delivery.snapshots[index];
    return snapshot ? [{ ...delivery, alerts: [alert], snapshots: [snapshot] }] : [];
  });
}
