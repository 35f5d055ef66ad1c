/** `shared.syncWindows`: the sync windows of an Application as conditions and templates read them. */
import type { SyncWindow } from '../../sync-window.ts';
import type { SyncWindowsState } from '../../sync-windows.ts';
import { type GoTime, timeFromMillis } from '../time.ts';

/** Nil for what is not in sight. */
const timeOf = (at: number): GoTime | null => (Number.isFinite(at) ? timeFromMillis(at) : null);

export function syncWindowsValues(state: SyncWindowsState, now: number): Record<string, unknown> {
  const shown = (window: SyncWindow) => {
    const { kind, schedule, duration, timeZone, description, manualSync, syncOverrun } = window;
    const active = state.active.includes(window);
    return {
      kind,
      schedule,
      duration,
      timeZone,
      description,
      manualSync,
      syncOverrun,
      active,
      get opensAt() {
        return active ? null : timeOf(window.changesAt(now));
      },
      get closesAt() {
        return active ? timeOf(window.changesAt(now)) : null;
      },
    };
  };
  return {
    canSync: state.canSync,
    canSyncManually: state.canSyncManually,
    operationBlocked: state.isOperationBlocked,
    get until() {
      return timeOf(state.until());
    },
    assigned: state.assigned.map(shown),
    active: state.active.map(shown),
    blocking: state.blocking.map(shown),
    error: state.error ?? '',
  };
}
