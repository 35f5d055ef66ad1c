import fc from 'fast-check';
import type { KubernetesSimulator } from '../../simulator/kubernetes.ts';
import { application } from './support.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const namespace = fc.constantFrom('argocd', 'team');

/** What may happen to a cluster and to the way to it, one step at a time. */
export type Step = (simulator: KubernetesSimulator) => unknown;
export const shown = <A extends unknown[]>(
  label: string,
  step: (...values: A) => Step,
  ...arbitraries: fc.Arbitrary<unknown>[]
) =>
  fc
    .tuple(...arbitraries)
    .map((values) =>
      Object.assign(step(...(values as A)), { toString: () => `${label}(${values.join(', ')})` }),
    );

export const change = fc.oneof(
  {
    weight: 6,
    arbitrary: shown(
      'apply',
      (n: string, ns: string, value: number, team: string): Step =>
        (s) =>
          s.cluster.apply(application(n, { namespace: ns, labels: { team }, status: { value } })),
      name,
      namespace,
      fc.nat(3),
      fc.constantFrom('web', 'data'),
    ),
  },
  {
    weight: 3,
    arbitrary: shown(
      'remove',
      (n: string, ns: string): Step =>
        (s) =>
          s.cluster.remove({ kind: 'Application', namespace: ns, name: n }),
      name,
      namespace,
    ),
  },
  {
    weight: 2,
    arbitrary: shown(
      'recreate',
      (n: string): Step =>
        (s) => {
          s.cluster.remove({ kind: 'Application', namespace: 'argocd', name: n });
          s.cluster.apply(application(n));
        },
      name,
    ),
  },
);

export const fault = fc.oneof(
  shown(
    'blackout',
    (): Step => (s) => {
      s.faults.fail({ verb: 'watch', status: 503, times: 2 });
      s.faults.watches.drop();
    },
  ),
  shown('drop', (): Step => (s) => s.faults.watches.drop()),
  shown('finish', (): Step => (s) => s.faults.watches.finish()),
  shown('stall', (): Step => (s) => s.faults.watches.stall()),
  shown('bookmark', (): Step => (s) => s.faults.watches.bookmark()),
  shown('expire', (): Step => (s) => s.faults.expireHistory()),
  shown(
    'error frame',
    (code: number): Step =>
      (s) =>
        s.faults.watches.fail(code, 'simulated'),
    fc.constantFrom(410, 500),
  ),
  shown(
    'spoil',
    (how: 'malformed' | 'truncated'): Step =>
      (s) =>
        s.faults.watches.spoil(how),
    fc.constantFrom('malformed', 'truncated'),
  ),
  shown(
    'fail',
    (status: number, times: number): Step =>
      (s) =>
        s.faults.fail({ status, times }),
    fc.constantFrom(401, 403, 410, 500, 503),
    fc.integer({ min: 1, max: 4 }),
  ),
  shown('reset', (): Step => (s) => s.faults.reset({})),
  shown('garble', (): Step => (s) => s.faults.garble({ verb: 'list' })),
);

export const pause = shown(
  'turns',
  (turns: number): Step =>
    async () => {
      for (let i = 0; i < turns; i += 1) await new Promise(setImmediate);
    },
  fc.integer({ min: 1, max: 30 }),
);
