/** For tests of `cli/`: files, streams and a cluster in memory. The folder may import what `cli/` may. */
import type { ParkedDelivery } from '../../ledger/ledger.ts';
import type { RowKind, ScopedRow } from '../../ledger/rows.ts';
import type { DeliveryFacts } from '../../model.ts';
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
  pending?: DeliveryFacts[];
  rows?: ScopedRow[];
  /** Unix milliseconds. */
  now?: number;
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
    openConnection: () => {
      throw new CommandFailure('no kubeconfig and not in a cluster: give --kubeconfig FILE');
    },
    interrupted: () => new AbortController().signal,
    openLedger: () => Promise.resolve(fakeLedger(world)),
    get: () => Promise.resolve(undefined),
    reaches: () => Promise.resolve(false),
    now: () => world.now ?? Date.UTC(2026, 10, 22, 12),
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
    serverTime: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
}

function fakeLedger(world: FakeWorld): OpenLedger {
  function take(ids: readonly string[]): ParkedDelivery[] {
    const taken = ids.flatMap((id) => (world.parked ?? []).filter(({ delivery }) => delivery.id === id));
    world.parked = (world.parked ?? []).filter((parked) => !taken.includes(parked));
    return taken;
  }
  return {
    async *parked() {
      for (const each of world.parked ?? []) yield [each];
    },
    async *pending() {
      for (const delivery of world.pending ?? []) yield [delivery];
    },
    async unpark(ids) {
      world.pending = [...(world.pending ?? []), ...take(ids).map(({ delivery }) => delivery)];
      return [...ids];
    },
    discard: async (ids) => take(ids).length,
    async *rows<Kind extends RowKind>(kind: Kind) {
      for (const row of world.rows ?? []) if (row.kind === kind) yield [row as ScopedRow<Kind>];
    },
    load: async <Kind extends RowKind>(scope: string, kinds: readonly Kind[]) =>
      (world.rows ?? []).filter(
        (row) => row.scope === scope && kinds.includes(row.kind as Kind),
      ) as ScopedRow<Kind>[],
    async put(row) {
      const isOther = ({ scope, kind, key }: ScopedRow) =>
        scope !== row.scope || kind !== row.kind || key !== row.key;
      world.rows = [...(world.rows ?? []).filter(isOther), row];
    },
    read: async <Kind extends RowKind>(scope: string, kind: Kind, keys: readonly string[]) =>
      (world.rows ?? []).filter(
        (row) => row.scope === scope && row.kind === kind && keys.includes(row.key),
      ) as ScopedRow<Kind>[],
    leader: () => Promise.resolve({ host: 'herald-0', term: 1 }),
    jobs: () => Promise.resolve(new Map()),
    close: () => Promise.resolve(),
  };
}
