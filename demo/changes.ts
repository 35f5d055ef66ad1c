/** What happens to Applications: as Argo CD writes it. */
import type { SimulatedCluster } from '../simulator/kubernetes/cluster.ts';
import { objectsAt, textAt } from '../src/json.ts';
import type { JsonObject } from '../src/model.ts';
import { named } from './applications.ts';
import { ago, at, imageOf, synced, syncPolicy } from './fields.ts';

export function patch(cluster: SimulatedCluster, name: string, status: JsonObject): void {
  cluster.patch(named(name), { status: { reconciledAt: at(1), ...status } });
}

export function annotate(
  cluster: SimulatedCluster,
  name: string,
  annotations: Record<string, string | null>,
): void {
  cluster.patch(named(name), { metadata: { annotations } });
}

export function automate(cluster: SimulatedCluster, name: string, automated: boolean): void {
  cluster.patch(named(name), { spec: { syncPolicy: automated ? syncPolicy : null } });
}

/** Deploys a revision, by default the one before, and with it an image; both stand in the history. */
export function deploy(
  cluster: SimulatedCluster,
  name: string,
  { revision, version, by }: { revision?: string; version: string; by: string },
): void {
  const history = objectsAt(cluster.get(named(name)), 'status', 'history');
  const deployed = revision ?? textAt(history.at(-2), 'revision');
  const { operationState, ...others } = succeeded(cluster, name, deployed);
  patch(cluster, name, {
    ...others,
    operationState: {
      ...operationState,
      startedAt: at(-20),
      operation: { sync: { revision: deployed }, initiatedBy: { username: by } },
    },
    summary: { images: [imageOf(name, version)] },
    history: [...history, { id: history.length + 1, revision: deployed, deployedAt: at(0) }],
  });
}

export function running(startedAt = at(0)): JsonObject {
  return { operationState: { phase: 'Running', startedAt, finishedAt: null, message: null } };
}

export function succeeded(cluster: SimulatedCluster, name: string, revision: string) {
  const status = cluster.get(named(name))?.status as JsonObject | undefined;
  const before = status?.operationState as JsonObject | undefined;
  return {
    sync: synced(revision),
    health: { status: 'Healthy', lastTransitionTime: at(0), message: null },
    operationState: {
      phase: 'Succeeded',
      startedAt: before?.phase === 'Running' ? (before.startedAt ?? at(-5)) : at(-5),
      finishedAt: at(0),
      message: 'successfully synced (all tasks run)',
      operation: { sync: { revision }, initiatedBy: { automated: true } },
      syncResult: { revision, resources: [] },
    },
  };
}

export function failed(revision: string, message: string): JsonObject {
  return {
    operationState: {
      phase: 'Failed',
      startedAt: at(-10),
      finishedAt: at(0),
      message,
      operation: { sync: { revision }, initiatedBy: { automated: true } },
      syncResult: { revision, resources: [] },
    },
  };
}

export function health(status: string, message: string | null = null, since = at(0)): JsonObject {
  return { health: { status, message, lastTransitionTime: since } };
}

/** For longer than `for` says. */
export function longDegraded(message: string): JsonObject {
  return health('Degraded', message, ago({ minutes: 10 }));
}
