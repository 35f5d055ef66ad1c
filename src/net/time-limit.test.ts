import { getEventListeners, once } from 'node:events';
import { expect, test } from 'vitest';
import { withTimeLimit } from './time-limit.ts';

const aborted = (signal: AbortSignal) => once(signal, 'abort').then(() => signal.reason as Error);

test('the time is over', async () => {
  expect(await withTimeLimit(1, undefined, aborted)).toMatchObject({ name: 'TimeoutError' });
});

test('the outer signal aborts, also before', async () => {
  const outer = new AbortController();
  const reason = withTimeLimit(60_000, outer.signal, aborted);
  outer.abort(new Error('stopping'));
  expect(await reason).toMatchObject({ message: 'stopping' });
  const isAborted = (signal: AbortSignal) => Promise.resolve(signal.aborted);
  expect(await withTimeLimit(60_000, outer.signal, isAborted)).toBe(true);
});

test('nothing is left on the outer signal, whatever came of it', async () => {
  const outer = new AbortController();
  expect(await withTimeLimit(60_000, outer.signal, () => Promise.resolve('done'))).toBe('done');
  const failing = withTimeLimit(60_000, outer.signal, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
});
