import type { Gauge } from 'prom-client';

/** What is measured from time to time, and replaced by what is measured next. */
export interface FigureSeries {
  /** Replaces what is known of a watch; undefined where there is nothing to watch. */
  setWatch(resource: string, watch: WatchFigures | undefined): void;
  /** Replaces what is known of the queue; undefined when the store does not answer, so that no stale figure stands. */
  setQueue(queue: QueueFigures | undefined): void;
  /** Whether the store outlives the process. */
  setQueueIsDurable(isDurable: boolean): void;
  /** Replaces what is known of the processes that share the store. */
  setReplicas(replicas: { members: number; isLeader: boolean }): void;
  /** Whether another controller has notified of the same Applications within the last hour, as the leader sees it. */
  setOtherController(isActive: boolean): void;
  /** Replaces the number of events that wait to be evaluated. */
  setUnevaluated(events: number): void;
  /** Replaces the number of changes that wait in memory for the store. */
  setBacklog(writes: number): void;
  /** Replaces the number of parked deliveries by service. */
  setParked(byService: ReadonlyMap<string, number>): void;
  /** Replaces the number of problems in the subscriptions of a namespace's Applications or AppProjects. */
  setSubscriptionProblems(
    of: { namespace: string; kind: 'Application' | 'ApplicationSet' | 'AppProject' },
    problems: number,
  ): void;
}

export interface WatchFigures {
  up: boolean;
  /** When an event, a bookmark or a page of a list last arrived, Unix milliseconds; undefined: never. */
  lastFrameAt: number | undefined;
  /** For how long changes may have gone unseen, milliseconds; 0 while the watch is open. */
  lagMs: number;
}

export interface QueueFigures {
  counts: Readonly<Record<string, number>>;
  /** Milliseconds. */
  oldestDueAge: number;
}

interface Gauges
  extends Record<'watchUp' | 'watchFrame' | 'watchLag', Gauge<'resource'>>,
    Record<
      | 'queueUp'
      | 'queueDurable'
      | 'queueAge'
      | 'replicas'
      | 'leader'
      | 'otherController'
      | 'unevaluated'
      | 'backlog',
      Gauge
    > {
  queueJobs: Gauge<'state'>;
  parked: Gauge<'service'>;
  subscriptionProblems: Gauge<'namespace' | 'kind'>;
}

/** `shown` gives the name of a service as a label's value. */
export function createFigureSeries(gauges: Gauges, shown: (service: string) => string): FigureSeries {
  // Nothing was measured yet; a gauge without labels stands at 0 from the start.
  gauges.queueAge.remove();
  return {
    setWatch(resource, watch) {
      for (const figure of [gauges.watchUp, gauges.watchFrame, gauges.watchLag]) figure.remove({ resource });
      if (watch === undefined) return;
      gauges.watchUp.set({ resource }, watch.up ? 1 : 0);
      gauges.watchLag.set({ resource }, watch.lagMs / 1000);
      if (watch.lastFrameAt !== undefined) gauges.watchFrame.set({ resource }, watch.lastFrameAt / 1000);
    },

    setQueue(queue) {
      gauges.queueUp.set(queue === undefined ? 0 : 1);
      if (queue === undefined) {
        gauges.queueJobs.reset();
        gauges.queueAge.remove();
        return;
      }
      for (const [state, jobs] of Object.entries(queue.counts)) gauges.queueJobs.set({ state }, jobs);
      gauges.queueAge.set(queue.oldestDueAge / 1000);
    },

    setQueueIsDurable: (isDurable) => gauges.queueDurable.set(isDurable ? 1 : 0),

    setOtherController: (isActive) => gauges.otherController.set(isActive ? 1 : 0),

    setReplicas({ members, isLeader }) {
      gauges.replicas.set(members);
      gauges.leader.set(isLeader ? 1 : 0);
    },

    setUnevaluated: (events) => gauges.unevaluated.set(events),

    setBacklog: (writes) => gauges.backlog.set(writes),

    setParked(byService) {
      gauges.parked.reset();
      for (const [service, count] of byService) gauges.parked.inc({ service: shown(service) }, count);
    },

    setSubscriptionProblems({ namespace, kind }, problems) {
      if (problems === 0) gauges.subscriptionProblems.remove({ namespace, kind });
      else gauges.subscriptionProblems.set({ namespace, kind }, problems);
    },
  };
}
