import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import type { Clock } from './clock.ts';

/** Milliseconds. */
const interval = 250;
/** What is loaded takes half of it. */
const small = 80 * 1024 * 1024;

/**
 * V8 doubles the room for objects that pass, up to 32 MiB, while much of what is made lasts, as the modules of a start do.
 * bin/herald.cjs keeps it at 2 MiB, which is enough for a hundred Applications; from where the heap is larger it may grow.
 */
export function letHeapGrow(clock: Clock, signal: AbortSignal): void {
  if (signal.aborted) return;
  if (getHeapStatistics().used_heap_size > small) setFlagsFromString('--semi-space-growth-factor=2');
  else clock.after(interval, () => letHeapGrow(clock, signal));
}
