import { expect, test } from 'vitest';
import { createRandom, derivedSeed } from '../../faults/random.ts';
import { createTally, type Expectation, type Tally } from '../../faults/tally.ts';
import { createWorkload } from '../../faults/workload.ts';
import type { SimulatedCluster } from '../../simulator/kubernetes/cluster.ts';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';

/** Plays so many changes and answers what was expected and what the cluster went through. */
async function play(seed: number, changes: number) {
  const expected: Pick<Expectation, 'text' | 'channel' | 'lane' | 'change'>[] = [];
  const states: string[] = [];
  const ending = new AbortController();
  const real = createTally();
  const tally: Tally = {
    ...real,
    expect(expectation) {
      expected.push(expectation);
      real.expect(expectation);
    },
    change() {
      const number = real.change();
      if (number === changes) ending.abort();
      return number;
    },
  };
  const { cluster } = createKubernetesSimulator();
  const watched: SimulatedCluster = {
    ...cluster,
    patch(name, patch) {
      states.push(JSON.stringify([name.name, patch.status]).replaceAll(/\d{4}-[^"]*Z/g, 'TIME'));
      return cluster.patch(name, patch);
    },
    remove(name) {
      states.push(`removed ${name.name}`);
      return cluster.remove(name);
    },
  };
  const workload = createWorkload(watched, tally, createRandom(seed), { applications: 5, rate: 100_000 });
  workload.prepare();
  await workload.run(ending.signal);
  return { expected, states, workload, cluster };
}

test('a seed decides every change, and another one others', async () => {
  const [first, again, other] = [await play(7, 400), await play(7, 400), await play(8, 400)];
  expect(again.states).toEqual(first.states);
  expect(again.expected).toEqual(first.expected);
  expect(other.states).not.toEqual(first.states);
});

test('each becoming Degraded, each revision, each beginning and each end is expected, and nothing else', async () => {
  const { expected, states } = await play(1, 2_000);
  const count = (what: string) => expected.filter(({ text }) => text.startsWith(`${what} `)).length;
  expect(count('degraded')).toBe(states.filter((state) => state.includes('"Degraded"')).length);
  const own = expected.filter(({ text, channel }) => text.startsWith('deployed ') && channel !== 'shared');
  expect(own).toHaveLength(states.filter((state) => state.includes('syncResult')).length);
  expect(count('deleted')).toBe(states.filter((state) => state.startsWith('removed')).length);
  expect(count('created')).toBe(5 + count('deleted'));
  expect(count('deleted')).toBeGreaterThan(0);
  expect(expected.some(({ channel }) => channel === 'shared')).toBe(true);
});

test('of a forgotten history only what the list shows must be told', async () => {
  const { expected, workload, cluster } = await play(3, 500);
  const told = expected.filter((expectation) =>
    workload.mustBeTold({ ...expectation, at: 0, optional: false, unordered: false, arrivals: [] }, 0),
  );
  const shown = cluster.list('Application').flatMap(({ metadata, status }) => {
    const { health, operationState } = status as {
      health: { message?: string };
      operationState?: { syncResult: { revision: string } };
    };
    const { annotations } = metadata as { annotations: { life: string } };
    return [
      `created ${annotations.life}`,
      ...(operationState ? [`deployed ${operationState.syncResult.revision}`] : []),
      `degraded ${health.message}`,
    ];
  });
  expect(told.length).toBeGreaterThan(0);
  expect(shown).toEqual(expect.arrayContaining(told.map(({ text }) => text)));
});

test('of two times Degraded with the time between forgotten, the second need not be told', async () => {
  const { expected, workload } = await play(4, 500);
  const degraded = (since: number) =>
    expected.filter(
      (expectation) =>
        expectation.text.startsWith('degraded ') &&
        workload.mustBeTold(
          { ...expectation, at: 0, optional: false, unordered: false, arrivals: [] },
          since,
        ),
    ).length;
  // All of them were mended before: then each that is degraded now has become so since.
  const afterwards = Date.now() + 1_000;
  expect(degraded(afterwards)).toBeGreaterThan(degraded(0));
});

test('a part has a seed of its own, whatever is run beside it', () => {
  expect(derivedSeed(1, 'kill', 'redis')).toBe(derivedSeed(1, 'kill', 'redis'));
  const seeds = [
    derivedSeed(1, 'kill', 'redis'),
    derivedSeed(1, 'kill', 'sqlite'),
    derivedSeed(2, 'kill', 'redis'),
  ];
  expect(new Set(seeds).size).toBe(3);
});
