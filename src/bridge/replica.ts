import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../cluster/events.ts';
import type { ReflectorState } from '../cluster/reflector.ts';
import type { Configurations } from '../configurations/configurations.ts';
import type { Repo } from '../configurations/repo.ts';
import { createDeliver } from '../delivery/deliver.ts';
import { createFairness } from '../delivery/fairness.ts';
import { createPacing } from '../delivery/pacing.ts';
import { reportParked } from '../delivery/parked.ts';
import { type Mirror, stillHolds } from '../leader/mirror.ts';
import { createStanding, type Standing } from '../leader/standing.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Delivery, JsonObject } from '../model.ts';
import { createPeriodic } from '../periodic.ts';
import { createMembership } from '../store/store-membership.ts';
import { createFigures } from './figures.ts';
import type { Leading } from './leading.ts';
import type { Opened } from './opening.ts';
import { createSetBack } from './set-back.ts';

/** What every replica does with an open store: it sends, takes part in who leads, and counts. */
export interface Replica {
  standing: Standing;
  /** Runs until the signal, and until `standing` and the queue are ended. */
  start(): void;
}

interface Deps {
  opened: Opened;
  configurations: Configurations;
  repo: Repo['lookup'];
  project(application: { project: string }): JsonObject | undefined;
  leading: Leading;
  mirror: Mirror | undefined;
  record: EventRecorder['record'];
  watches(): ReflectorState[];
  signal: AbortSignal;
  clock: Clock;
  metrics: Metrics;
  log: Logger;
}

interface Options {
  controllerNamespace: string;
  /** Deliveries at the same time, in all; a third of them through any one service. */
  places: number;
  /** Milliseconds after which a delivery that cannot be sent is given up. */
  maxAge: number;
  /** Milliseconds for one attempt to send. */
  attemptTimeout: number;
}

const second = 1_000;

export function createReplica(deps: Deps, options: Options): Replica {
  const { opened, leading, mirror, signal, clock, metrics, log } = deps;
  const { ledger, queue } = opened;
  const standing = createStanding({
    membership: createMembership(opened.store),
    member: { id: randomUUID(), host: process.env.HOSTNAME || hostname() },
    begin: (term) => leading.begin({ ledger, queue, term }),
    standBy: leading.standBy,
    metrics,
    log,
    clock,
  });

  async function mirrorSent(delivery: Delivery): Promise<void> {
    try {
      if (mirror && (await stillHolds(ledger, delivery))) mirror.sent(delivery);
    } catch (error) {
      log.warn({ err: error }, 'Could not mirror what was notified');
    }
  }

  const pacing = createPacing();
  const deliver = createDeliver(
    {
      ledger,
      queue,
      configurations: deps.configurations,
      pacing,
      fairness: createFairness({ places: options.places, wake: queue.wake, clock }),
      members: standing.members,
      project: deps.project,
      repo: deps.repo,
      onSent: (delivery) => void mirrorSent(delivery),
      onParked: (delivery, settlement) => reportParked(delivery, settlement, { record: deps.record, log }),
      metrics,
      log,
      clock,
    },
    options,
  );
  const setBack = createSetBack({
    clock,
    reset: () => {
      pacing.reset();
      leading.term()?.hurry();
    },
    hurry: queue.hurry,
    log,
  });
  const figures = createFigures({
    queue,
    ledger,
    metrics,
    watches: deps.watches,
    backlog: () => leading.term()?.backlog() ?? 0,
    nextDue: () => leading.term()?.nextDue(),
  });

  return {
    standing,
    start() {
      const periodic = createPeriodic(signal, log, clock);
      periodic.every(second, 'clock', setBack);
      periodic.every(5 * second, 'figures', figures);
      queue.work(deliver);
      standing.start();
    },
  };
}
