import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { aborted, orAborted } from './aborted.ts';

test('work that does not end is left when the signal aborts, also one that has aborted before', async () => {
  const controller = new AbortController();
  const left = orAborted(new Promise(() => undefined), controller.signal);
  const over = aborted(controller.signal);
  controller.abort();
  await left;
  await over;
  await orAborted(new Promise(() => undefined), controller.signal);
  await orAborted(Promise.reject(new Error('late')), controller.signal);
});

test('work that ends first leaves no listener, and its failure is passed on', async () => {
  const { signal } = new AbortController();
  await orAborted(Promise.resolve('done'), signal);
  await expect(orAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
