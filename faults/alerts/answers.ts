import { setTimeout as delay } from 'node:timers/promises';
import type { Process } from '../processes.ts';
import type { Judge } from './judge.ts';

/** Milliseconds for an answer, after which the machine has no time for Herald, and between two questions. */
const mostAnswering = 400;
const questionInterval = 200;

/** Tells the judge when a process does not answer although it runs, until the signal. */
export async function observeAnswers(
  processes: readonly Process[],
  judge: Pick<Judge, 'slow' | 'quick'>,
  signal: AbortSignal,
): Promise<void> {
  async function ask({ url }: Process, host: string): Promise<void> {
    const began = Date.now();
    const timer = setTimeout(() => judge.slow(host, began), mostAnswering);
    const answered = await fetch(`${url}/healthz`, { signal }).catch(() => undefined);
    await answered?.body?.cancel();
    clearTimeout(timer);
    judge.quick(host);
  }
  await Promise.all(
    processes.map(async (process, index) => {
      while (!signal.aborted) {
        await ask(process, `${index}`);
        await delay(questionInterval, undefined, { signal }).catch(() => undefined);
      }
    }),
  );
}
