import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { orAborted } from './aborted.ts';

test('work that does not end is left when the signal aborts, also one that has aborted before', async () => {
  const controller = new AbortController();
  const left = orAborted(new Promise(() => undefined), controller.signal);
  controller.abort();
  await expect(left).resolves.toBeUndefined();
  await expect(orAborted(new Promise(() => undefined), controller.signal)).resolves.toBeUndefined();
  await expect(orAborted(Promise.reject(new Error('late')), controller.signal)).resolves.toBeUndefined();
});

test('work that ends first leaves no listener, and its failure is passed on', async () => {
  const { signal } = new AbortController();
  await orAborted(Promise.resolve('done'), signal);
  await expect(orAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
