import type { Clock } from '../clock.ts';

type Timers = Pick<Clock, 'after'>;

/** The store did not answer in time. What was asked may still have happened. */
class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Rejects with a {@link DeadlineError} when `promise` is not settled after `milliseconds`; `what` completes "… did not finish". */
export function withDeadline<T>(
  promise: Promise<T>,
  milliseconds: number,
  what: string,
  clock: Timers,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(milliseconds, () =>
      reject(new DeadlineError(`${what} did not finish within ${milliseconds / 1000} s`)),
    );
    promise.then(
      (answer) => {
        cancel();
        resolve(answer);
      },
      (error: unknown) => {
        cancel();
        reject(error as Error);
      },
    );
  });
}

/** Waits for `promise` at most so long; whether it was settled in time. Its rejection counts as settled. */
export async function settledWithin(
  promise: Promise<unknown>,
  milliseconds: number,
  clock: Timers,
): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const cancel = clock.after(Math.max(0, milliseconds), () => late.resolve(false));
  const settled = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, late.promise]).finally(cancel);
}

/** Rejects with the signal's reason when it comes before `promise` is settled, whose own rejection is then ignored. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
