import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import type { Clock } from './clock.ts';

/** Milliseconds. */
const interval = 100;
const mebibyte = 1024 * 1024;

/**
 * V8 doubles the room for objects that pass, up to 128 MiB, while much of what is made lasts, as modules and Applications
 * do at a start, and hardly ever gives it back. bin/herald.cjs keeps it at 2 MiB while modules are loaded; here it may
 * grow with what lasts, up to 16 MiB, at which collecting takes no longer than with more.
 */
export function keepHeapSmall(clock: Clock, signal: AbortSignal): void {
  let isGrowing = false;

  function look(): void {
    if (signal.aborted) return;
    const spaces = new Map(getHeapSpaceStatistics().map((space) => [space.space_name, space]));
    const passing = spaces.get('new_space')?.space_size ?? 0;
    const lasting = spaces.get('old_space')?.space_used_size ?? 0;
    const mayGrow = passing < Math.min(16 * mebibyte, lasting / 8);
    if (mayGrow !== isGrowing) setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
    isGrowing = mayGrow;
    clock.after(interval, look);
  }
  look();
}
