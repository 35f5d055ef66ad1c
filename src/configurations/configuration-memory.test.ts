import { expect, it } from 'vitest';
import type { JsonObject } from '../model.ts';
import { configMap, snapshot } from '../testing/fixtures.ts';
import { createConfigurationMemory } from './configuration-memory.ts';

it('knows over a restart whether the configuration is another, and keeps no secret', async () => {
  const kept = new Map<string, JsonObject>();
  const begin = () =>
    createConfigurationMemory({
      get: async (key) => kept.get(key),
      set: async (key, value) => void kept.set(key, value),
    });
  const before = snapshot(configMap, { secret: { token: 'hunter2', other: 'x' } });
  expect(await begin().isNew(before)).toBe(true);
  await begin().remember(before);
  const sameInAnotherOrder = snapshot(Object.fromEntries(Object.entries(configMap).reverse()), {
    secret: { other: 'x', token: 'hunter2' },
  });
  expect(await begin().isNew(sameInAnotherOrder)).toBe(false);
  expect(await begin().isNew(snapshot(configMap, { secret: { token: 'hunter3', other: 'x' } }))).toBe(true);
  expect(await begin().isNew(snapshot({ ...configMap, 'template.message': 'message: other' }))).toBe(true);
  expect(await begin().isNew(snapshot(configMap, { namespace: 'team-a' }))).toBe(true);
  expect(JSON.stringify([...kept])).not.toContain('hunter2');
});
