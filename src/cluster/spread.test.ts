import { expect, it } from 'vitest';
import type { Reflector } from './reflector.ts';
import type { ReflectorState } from './reflector-state.ts';
import { createSpread } from './spread.ts';

interface Found {
  namespace: string;
  name: string;
}

/** A reflector that knows its objects, and is ready. */
function reflectorOf(objects: Found[]): Reflector<Found> {
  return {
    start: () => undefined,
    stop: async () => undefined,
    ready: async () => true,
    get: (namespace: string, name: string) =>
      objects.find((each) => each.namespace === namespace && each.name === name),
    values: () => objects.values(),
    state: () => ({ forbidden: undefined }) as ReflectorState,
  } as unknown as Reflector<Found>;
}

it('tells of a namespace again when all may be asked at once, though its objects came before that was known', async () => {
  const wide: Found[] = [];
  let allow: (isForbidden: boolean) => void = () => undefined;
  const told: string[][] = [];
  const spread = createSpread<Found>(
    (namespace, onForbidden) => {
      if (namespace === undefined) allow = onForbidden;
      return reflectorOf(namespace === undefined ? wide : []);
    },
    {
      namespace: undefined,
      onForbidden: (namespace) => {
        if (namespace !== undefined) told.push([namespace, ...[...spread.values()].map(({ name }) => name)]);
      },
    },
  );
  allow(true);
  await spread.need('team-a');
  wide.push({ namespace: 'team-a', name: 'my-slack' });
  expect([...spread.values()]).toEqual([]);
  allow(false);
  expect(told).toEqual([['team-a', 'my-slack']]);
});
