import type { Slot } from './keys.ts';
import {
  goJsonString,
  type NotifiedState,
  parseNotified,
  serialiseNotified,
  stateKey,
  tenantOf,
} from './notified-annotation.ts';

/**
 * The keys under which an alert stands in the annotation when it is mirrored: that of its value, by which Herald finds
 * it again, and the one that argocd-notifications would have written, where it prints another value. `index` is the
 * condition's position now: argocd-notifications would look for it there.
 */
export function mirrorKeys(
  alert: Slot & { oncePer: string },
  condition: {
    index: number;
    /** What the engine prints for oncePer. */
    printed: string;
  },
  controllerNamespace: string,
): string[] {
  const { configNamespace, trigger, destination, oncePer } = alert;
  const tenant = tenantOf(configNamespace, controllerNamespace);
  const parts = { tenant, trigger, index: condition.index, condition: alert.condition, destination };
  return [...new Set([oncePer, condition.printed])].map((printed) =>
    stateKey({ ...parts, oncePer: printed }),
  );
}

/**
 * Bytes that the annotation may grow to. Kubernetes refuses an object whose annotations exceed 256 KiB together, and
 * an Application that cannot be written any more is a worse fate than an old revision that is told of twice.
 */
const maxAnnotationBytes = 64 * 1024;

export interface MirrorChange {
  /** State keys of what has been notified; `at` in Unix milliseconds. */
  notified: { key: string; at: number }[];
  /** State keys of what is over: alerts without oncePer that ended. */
  ended: string[];
}

/**
 * The annotation after a change; undefined when it is to be removed. Keys of others stay. What no longer fits goes
 * oldest first, but nothing that was notified now.
 */
export function mirrorNotified(
  text: string | undefined,
  change: MirrorChange,
  maxBytes: number = maxAnnotationBytes,
): string | undefined {
  const state = new Map(parseNotified(text));
  for (const key of change.ended) state.delete(key);
  for (const { key, at } of change.notified) state.set(key.toWellFormed(), BigInt(Math.floor(at / 1000)));
  if (state.size === 0) return undefined;
  let bytes = Buffer.byteLength(serialiseNotified(state));
  for (const [key, at] of bytes > maxBytes ? oldestFirst(state, change) : []) {
    if (bytes <= maxBytes) break;
    state.delete(key);
    bytes -= Buffer.byteLength(`${goJsonString(key)}:${at},`);
  }
  return serialiseNotified(state);
}

/** What may be dropped. */
function oldestFirst(state: NotifiedState, change: MirrorChange): [string, bigint][] {
  const fresh = new Set(change.notified.map(({ key }) => key.toWellFormed()));
  return [...state].filter(([key]) => !fresh.has(key)).sort((a, b) => (a[1] < b[1] ? -1 : 1));
}
