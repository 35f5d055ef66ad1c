import type { Clock } from '../clock.ts';

/** Calls back once when there was no sign of life for so long; the answer ends the watching. */
export function watchSilence(
  clock: Clock,
  limitMs: number,
  lastSign: () => number,
  onSilence: () => void,
): () => void {
  let cancel = clock.after(limitMs, check);
  function check(): void {
    const age = clock.now() - lastSign();
    if (age >= limitMs) onSilence();
    else cancel = clock.after(limitMs - age, check);
  }
  return () => cancel();
}
