import { type Clock, systemClock } from '../clock.ts';

/**
 * Runs with a signal that aborts with the outer one, and with a `TimeoutError` after so many milliseconds. Afterwards
 * nothing of it is left: `AbortSignal.any` keeps some hundred bytes of each use for good (Node.js 24.21), which in a
 * process that sends a message a second is megabytes a day.
 */
export async function withTimeLimit<T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
  clock: Pick<Clock, 'after'> = systemClock,
): Promise<T> {
  const controller = new AbortController();
  const end = () => controller.abort(outer?.reason);
  const cancel = clock.after(milliseconds, () =>
    controller.abort(new DOMException(`Not done within ${milliseconds} ms`, 'TimeoutError')),
  );
  if (outer?.aborted) end();
  outer?.addEventListener('abort', end, { once: true });
  try {
    return await run(controller.signal);
  } finally {
    cancel();
    outer?.removeEventListener('abort', end);
  }
}
