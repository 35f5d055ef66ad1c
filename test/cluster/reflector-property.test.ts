import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { connect } from '../../src/cluster/connect.ts';
import { createReflector } from '../../src/cluster/reflector.ts';
import { argoPath } from '../../src/cluster/scope.ts';
import { runs } from '../runs.ts';
import { change, fault, pause } from './scripts.ts';
import { application, quick, silentLog, writeTemporary } from './support.ts';

/** Identity and revision of every object, which is all there is to agree on. */
function identities(objects: Iterable<{ uid: string; resourceVersion: string }>): string[] {
  return [...objects].map(({ uid, resourceVersion }) => `${uid}@${resourceVersion}`).toSorted();
}

it('whatever happens, the view ends as the server is, and each deletion was reported exactly once', async () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: change },
      { weight: 2, arbitrary: fault },
      { weight: 3, arbitrary: pause },
    ),
    {
      minLength: 5,
      maxLength: 60,
    },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (script, pageSize) => {
      const simulator = createKubernetesSimulator();
      const { kubeconfig } = await simulator.start();
      const connection = connect({ kubeconfig: writeTemporary('kubeconfig', kubeconfig) });
      const alive = new Map<string, string>();
      const deleted: string[] = [];
      const wrong: string[] = [];
      let arrived = (_uid: string): void => undefined;
      const reflector = createReflector(
        { connection, log: silentLog },
        {
          name: 'applications',
          path: argoPath('applications', undefined),
          read: (_object, metadata) => metadata,
          handlers: {
            upsert(object, previous) {
              if (deleted.includes(object.uid)) wrong.push(`${object.name} came back after its deletion`);
              if ((previous !== undefined) !== alive.has(object.uid))
                wrong.push(`${object.name} has a wrong previous`);
              if (alive.get(object.uid) === object.resourceVersion)
                wrong.push(`${object.name} was reported twice`);
              alive.set(object.uid, object.resourceVersion);
              arrived(object.uid);
            },
            delete(last) {
              if (!alive.delete(last.uid)) wrong.push(`${last.name} was deleted twice, or never there`);
              deleted.push(last.uid);
            },
          },
          timings: quick({ pageSize, silenceMs: 60, absentPollMs: 1 }),
        },
      );
      try {
        reflector.start();
        for (const step of script) await step(simulator);
        simulator.faults.clear();
        await simulator.until(() => simulator.stats.openWatches() > 0);
        // A mark that the watch shows, and no list, is the last change that there was to see.
        for (let n = 0; n === 0 || reflector.state().phase !== 'watching'; n += 1) {
          const mark = simulator.cluster.apply(application(`zz-mark-${n}`)).metadata as { uid: string };
          await new Promise<void>((resolve) => {
            arrived = (uid) => uid === mark.uid && resolve();
            if (alive.has(mark.uid)) resolve();
          });
        }
        const server = simulator.cluster.list('Application').map((object) => object.metadata as never);
        expect(wrong).toEqual([]);
        expect(identities(reflector.values())).toEqual(identities(server));
        expect(new Set(deleted).size).toBe(deleted.length);
        expect([...alive.keys()].toSorted()).toEqual(
          [...reflector.values()].map((object) => object.uid).toSorted(),
        );
      } finally {
        await reflector.stop();
        await connection.close();
        await simulator.stop();
      }
    }),
    runs(150),
  );
});
