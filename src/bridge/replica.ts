import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { EventRecorder } from '../cluster/events.ts';
import type { ReflectorState } from '../cluster/reflector-state.ts';
import { createDeliver } from '../delivery/deliver.ts';
import { createFairness } from '../delivery/fairness.ts';
import { createPacing } from '../delivery/pacing.ts';
import { reportParked } from '../delivery/parked.ts';
import { eachAlert } from '../leader/each-alert.ts';
import { createStanding, type Standing } from '../leader/standing.ts';
import { stillHolds } from '../leader/still-holds.ts';
import type { Delivery } from '../model.ts';
import { createPeriodic } from '../periodic.ts';
import { createMembership } from '../store/store-membership.ts';
import type { Configuring } from './configuring.ts';
import { createFigures } from './figures.ts';
import type { Leadership } from './leadership.ts';
import type { Opened } from './opening.ts';
import { attemptTimeout, type BridgeDeps, type BridgeOptions, maxAge, placesOf } from './options.ts';
import { createSetBack } from './set-back.ts';
import type { Watching } from './watching.ts';

/** What every replica does with an open store: it sends, takes part in who leads, and counts. */
export interface Replica {
  standing: Standing;
  /** Runs until the signal, and until `standing` and the queue are ended. */
  start(): void;
}

interface Deps
  extends Pick<BridgeDeps, 'signal' | 'clock' | 'metrics' | 'log'>,
    Pick<Configuring, 'configurations' | 'repo'>,
    Leadership {
  opened: Opened;
  watching: Pick<Watching, 'project'>;
  record: EventRecorder['record'];
  watches(): ReflectorState[];
}

const second = 1_000;

export function createReplica(deps: Deps, options: BridgeOptions): Replica {
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
      if (!mirror) return;
      for (const each of eachAlert(delivery)) if (await stillHolds(ledger, each)) mirror.sent(each);
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
      fairness: createFairness({ places: placesOf(options), wake: queue.wake, clock }),
      members: standing.members,
      project: deps.watching.project,
      repo: deps.repo.lookup,
      onSent: (delivery) => void mirrorSent(delivery),
      onParked: (delivery, settlement) => reportParked(delivery, settlement, { record: deps.record, log }),
      metrics,
      log,
      clock,
    },
    { controllerNamespace: options.scope.namespace, maxAge, attemptTimeout },
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
    unevaluated: () => leading.term()?.unevaluated() ?? 0,
    backlog: () => leading.term()?.backlog() ?? 0,
    nextDue: () => leading.term()?.nextDue(),
  });

  return {
    standing,
    start() {
      const periodic = createPeriodic(signal, log, clock);
      periodic.every(second, 'clock', setBack);
      periodic.every(5 * second, 'figures', figures);
      queue.work(deliver, standing.members);
      standing.start();
    },
  };
}
