import type { GroupPlace } from '../alerts/routing.ts';
import type { Destination } from '../model.ts';
import { type Group, isTold, keysHeld } from './group.ts';

/** Which groups tell of an alert, or hold it back. */
export interface GroupIndex {
  /** Its alerts may have changed. */
  update(group: Group): void;
  holders(alert: string): (GroupPlace & { destination: Destination; isTold: boolean })[];
}

export function createGroupIndex(): GroupIndex {
  const byAlert = new Map<string, Set<Group>>();
  return {
    update(group) {
      const held = keysHeld(group);
      for (const key of group.held) {
        if (held.has(key)) continue;
        const known = byAlert.get(key);
        known?.delete(group);
        if (known?.size === 0) byAlert.delete(key);
      }
      for (const key of held) {
        if (group.held.has(key)) continue;
        const known = byAlert.get(key);
        if (known) known.add(group);
        else byAlert.set(key, new Set([group]));
      }
      group.held = held;
    },
    holders: (alert) =>
      [...(byAlert.get(alert) ?? [])].map((group) => ({
        key: group.key,
        groupLabels: group.groupLabels,
        destination: group.destination,
        isTold: group.settling.has(alert) || isTold(group, alert),
      })),
  };
}
