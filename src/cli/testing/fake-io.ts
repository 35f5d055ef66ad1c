import type { ParkedDelivery } from '../../episodes/ledger.ts';
import type { Delivery } from '../../model.ts';
import { type ClusterReader, CommandFailure, type CommandIo, type OpenLedger } from '../io.ts';

export interface FakeIo extends CommandIo {
  output: { stdout: string; stderr: string };
}

export interface FakeWorld {
  files?: Record<string, string>;
  stdin?: string;
  /** Objects by API path; absent: no cluster can be reached. */
  cluster?: Record<string, unknown>;
  parked?: ParkedDelivery[];
  pending?: Delivery[];
}

/** A world of plain values. The ledger keeps what is done to it. */
export function fakeIo(world: FakeWorld = {}): FakeIo {
  const output = { stdout: '', stderr: '' };
  return {
    output,
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    readStdin: () => Promise.resolve(world.stdin ?? ''),
    readFile(path) {
      const text = world.files?.[path];
      if (text !== undefined) return Promise.resolve(text);
      return Promise.reject(Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' }));
    },
    isFile: (path) => Promise.resolve(world.files?.[path] !== undefined),
    connect: () => fakeCluster(world.cluster),
    openLedger: () => Promise.resolve(fakeLedger(world)),
    now: () => Date.UTC(2026, 10, 22, 12),
    certificatesOf: () => undefined,
  };
}

function fakeCluster(objects: Record<string, unknown> | undefined): ClusterReader {
  if (!objects) throw new CommandFailure('no kubeconfig and not in a cluster: give --kubeconfig FILE');
  return {
    namespace: 'argocd',
    json({ path }) {
      return path in objects ? Promise.resolve(objects[path]) : Promise.reject(new Error(`404 ${path}`));
    },
    close: () => Promise.resolve(),
  };
}

function fakeLedger(world: FakeWorld): OpenLedger {
  return {
    parked: (limit) => Promise.resolve((world.parked ?? []).slice(0, limit)),
    async *pending() {
      for (const delivery of world.pending ?? []) yield [delivery];
    },
    unpark(ids) {
      const revived = (world.parked ?? []).filter(({ delivery }) => ids.includes(delivery.id));
      world.parked = (world.parked ?? []).filter((parked) => !revived.includes(parked));
      world.pending = [...(world.pending ?? []), ...revived.map(({ delivery }) => delivery)];
      return Promise.resolve(revived.map(({ delivery }) => delivery));
    },
    close: () => Promise.resolve(),
  };
}
