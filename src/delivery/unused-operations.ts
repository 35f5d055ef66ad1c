import type { IQueueBackend } from 'bullmq';

/** Operations of BullMQ that Herald has no use for. A new one of BullMQ's is a type error until it is sorted. */
const unused = [
  'addFlow',
  'addJobScheduler',
  'addLog',
  'changeDelay',
  'changePriority',
  'cleanJobsByState',
  'clearLogs',
  'deleteDeduplicationKey',
  'drain',
  'forQueue',
  'getClientList',
  'getCountsPerPriority',
  'getDeduplicationJobId',
  'getDependencies',
  'getDependencyCounts',
  'getIgnoredChildrenFailures',
  'getJobLogs',
  'getJobScheduler',
  'getJobSchedulerData',
  'getJobSchedulersCount',
  'getJobSchedulersRange',
  'getMetrics',
  'getProcessedChildrenValues',
  'getQueueMeta',
  'getQueueMetaField',
  'getQueueMetaFields',
  'getRateLimitTtl',
  'hasQueueMetaField',
  'isFinished',
  'isJobInState',
  'isJobScheduler',
  'isMaxed',
  'moveJobFromActiveToWait',
  'moveToWaitingChildren',
  'obliterate',
  'paginate',
  'parseNodeKey',
  'pause',
  'publishEvent',
  'readEvents',
  'removeChildDependency',
  'removeDeduplicationKey',
  'removeDeprecatedPriorityKey',
  'removeJobScheduler',
  'removeOrphanedJobs',
  'removeQueueMetaFields',
  'removeRateLimitKey',
  'removeUnprocessedChildren',
  'retryFinishedJob',
  'retryFinishedJobs',
  'setRateLimit',
  'trimEvents',
  'updateJobSchedulerNextMillis',
  'updateProgress',
] as const satisfies readonly (keyof IQueueBackend)[];

type Unused = Pick<IQueueBackend, (typeof unused)[number]>;
export type UsedOperations = Omit<IQueueBackend, keyof Unused>;

/** They say that they are not there. */
export function refusals(): Unused {
  const entries = unused.map((operation) => [
    operation,
    () => {
      throw new Error(
        `The embedded store does not do what BullMQ calls ${operation}: Herald has no use for it`,
      );
    },
  ]);
  return Object.fromEntries(entries) as Unused;
}
