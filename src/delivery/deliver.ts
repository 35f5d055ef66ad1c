import type { Clock } from '../clock.ts';
import type { ActiveConfig, Configurations } from '../configurations/configurations.ts';
import { createShares } from '../configurations/shares.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Delivery, Notification, Outcome } from '../model.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import type { Service } from '../services/service.ts';
import { backoffDelay } from './backoff.ts';
import type { Fairness, Party } from './fairness.ts';
import { fieldsOf } from './log-fields.ts';
import { type Begun, createMarks } from './marks.ts';
import type { Pacing } from './pacing.ts';
import { type DeliveryProcessor, type JobResult, notBefore } from './queue.ts';
import { createRendering, type RenderingDeps } from './rendering.ts';
import { alertContext, isFollowUp } from './send-context.ts';
import { createSettling, type SettlingDeps } from './settle.ts';

interface Deps extends Omit<RenderingDeps, 'shares'>, SettlingDeps {
  ledger: Pick<Ledger, 'begin' | 'abandon' | 'settle' | 'parkedAmong' | 'discard'>;
  configurations: Configurations;
  pacing: Pacing;
  /** Keeps places of the worker for those whose services answer. */
  fairness: Fairness;
  /** Processes that send; each takes its share of a recipient's pace. */
  members(): number;
  clock: Clock;
}

interface Options {
  /** Milliseconds after which a delivery that cannot be sent is given up and parked. */
  maxAge: number;
  /** Milliseconds for one attempt, until what it has sent has arrived. */
  attemptTimeout: number;
  /** Whose Applications are the operator's own. */
  controllerNamespace: string;
}

type Job = Parameters<DeliveryProcessor>[0];

/** `isFirst`: nothing has arrived of what it tells. */
type Attempt = Begun & { isFirst: boolean };

/**
 * Handles one job of the queue: mark, pace, render, send, settle; ARCHITECTURE.md has the states. The queue is
 * at-least-once and may hand a job to two processes: the mark in the ledger lets one of them go on, and comes with the
 * delivery. Where an earlier attempt has left its mark, the service is told to look whether that one has arrived.
 */
export function createDeliver(deps: Deps, options: Options): DeliveryProcessor {
  const { configurations, fairness, pacing, metrics, log, clock } = deps;
  const shares = createShares(clock.now);
  const marks = createMarks(deps, options);
  const render = createRendering({ ...deps, shares });
  const settling = createSettling(deps);

  return async (job) => {
    const settled = settling.repeat(job.id);
    if (settled) return settled;
    const begun = await marks.begin(job.id);
    if ('result' in begun) return begun.result;
    const { delivery } = begun;
    const root = await parkedRoot(begun);
    const isEnd = delivery.ongoing?.state === 'resolved';
    if (root && isEnd && !root.mayHaveArrived) return settling.forgo(delivery);
    const active = configurations.get(delivery.configNamespace);
    const service = active?.services.get(delivery.destination.service);
    if (!active || !service) {
      const error = `service ${delivery.destination.service} is not configured`;
      return reject(begun, { reason: 'service_not_configured', error, scope: 'service' });
    }
    // A tenant whose templates have used up its share waits, and its turn of a recipient's pace with it.
    const wait = shares.wait(active);
    if (wait > 0) return putOff(begun, clock.now() + wait);
    const place = await fairness.enter(delivery.id, partiesOf(delivery, options.controllerNamespace));
    if ('at' in place) return putOff(begun, place.at);
    try {
      return await deliver(job, active, service, {
        ...begun,
        isFirst: (root !== undefined && !isEnd) || !isFollowUp(delivery),
      });
    } finally {
      place.leave();
    }
  };

  /** The first message of what the delivery goes on with, where it was given up. */
  async function parkedRoot(begun: Begun): Promise<{ mayHaveArrived: boolean } | undefined> {
    const { delivery } = begun;
    if (!isFollowUp(delivery) || !delivery.ongoing) return undefined;
    try {
      return (await deps.ledger.parkedAmong([delivery.ongoing.root]))[0];
    } catch (error) {
      await marks.withdraw(begun);
      throw error;
    }
  }

  function reject({ delivery, earlier }: Begun, rejection: Parameters<typeof settling.reject>[1]) {
    return settling.reject(delivery, earlier ? { ...rejection, mayHaveArrived: true } : rejection);
  }

  async function putOff(begun: Begun, at: number): Promise<JobResult> {
    await marks.withdraw(begun);
    return notBefore(at);
  }

  async function deliver(
    job: Job,
    active: ActiveConfig,
    service: Service,
    begun: Attempt,
  ): Promise<JobResult> {
    const { delivery, isFirst } = begun;
    const slot = reserve(service, delivery, job.waited);
    if (slot > clock.now()) return putOff(begun, slot);
    const rendered = await render(delivery, active, service, job.signal, isFirst);
    if (!rendered.ok) {
      return reject(begun, { reason: 'template', error: rendered.error, scope: 'notification' });
    }
    const renewed = await marks.renew(begun);
    if ('result' in renewed) return renewed.result;
    const timely = { ...renewed, isFirst };
    return conclude(job, service, timely, await send(job, service, rendered.notification, timely));
  }

  /** When this attempt may run, Unix milliseconds. */
  function reserve(service: Service, delivery: Delivery, waited: boolean): number {
    if (!service.pace) return 0;
    const members = Math.max(1, deps.members());
    const { perSecond, burst } = service.pace;
    const share = { perSecond: perSecond / members, burst: Math.max(1, burst / members) };
    return pacing.reserve(paceKey(delivery), clock.now(), share, waited);
  }

  function send(
    { signal }: Job,
    service: Service,
    notification: Notification,
    { delivery, earlier, departure, isFirst }: Attempt,
  ): Promise<Outcome> {
    return withTimeLimit(
      departure.left(),
      signal,
      (limited) =>
        service.send(notification, delivery.destination.recipient, {
          deliveryId: delivery.id,
          signal: limited,
          departure,
          ...alertContext(delivery, isFirst),
          ...(earlier ? { earlier: { since: earlier.since, until: earlier.until } } : {}),
        }),
      clock,
    );
  }

  async function conclude(
    { attempt }: Job,
    service: Service,
    begun: Attempt,
    outcome: Outcome,
  ): Promise<JobResult> {
    const { delivery } = begun;
    const now = clock.now();
    const labels = { service: delivery.destination.service };
    if (outcome.status === 'sent') {
      const { degraded: reason, error, earlier } = outcome;
      metrics.outcomes.inc({ ...labels, outcome: reason ? 'degraded' : 'sent', reason: reason ?? '' });
      metrics.deliveryLatency.observe(labels, Math.max(0, now - delivery.observedAt) / 1000);
      if (earlier) metrics.unclearAttempts.inc({ ...labels, found: earlier });
      const fields = { ...fieldsOf(delivery), ...(earlier ? { earlier } : {}) };
      if (reason && error) log.warn({ ...fields, reason, error }, 'Sent, but not as the template describes');
      else log.info({ ...fields, ...(reason ? { reason } : {}) }, 'Sent');
      const superseded = begun.isFirst && isFollowUp(delivery) ? delivery.ongoing?.root : undefined;
      return settling.settle(delivery, { status: 'sent', at: now }, superseded);
    }
    if (outcome.status === 'rejected') return reject(begun, outcome);

    metrics.outcomes.inc({ ...labels, outcome: 'retry', reason: outcome.reason });
    settling.countFailed(delivery);
    if (outcome.retryAfter !== undefined && outcome.pauses === undefined && service.pace)
      pacing.penalise(paceKey(delivery), now + outcome.retryAfter);
    const { reason, error, retryAfter, unclear = false } = outcome;
    const at = now + Math.max(retryAfter ?? 0, backoffDelay(attempt));
    if (at - delivery.observedAt > options.maxAge) {
      metrics.outcomes.inc({ ...labels, outcome: 'expired', reason });
      const expired = { status: 'expired', at: now, reason, error } as const;
      return settling.settle(delivery, unclear ? { ...expired, mayHaveArrived: true } : expired);
    }
    await marks.release(begun, unclear);
    log.info({ ...fieldsOf(delivery), reason, error, attempt, wait: at - now }, 'Not sent, will retry');
    return { status: 'later', at, counts: true };
  }
}

function paceKey(delivery: Delivery): string {
  const { service, recipient } = delivery.destination;
  return JSON.stringify([delivery.configNamespace, service, recipient]);
}

/**
 * A service that hangs leaves places to the others of its namespace, and a tenant with whatever services to other
 * tenants. The operator's services are bounded each on its own.
 */
function partiesOf({ configNamespace, alerts, destination }: Delivery, controllerNamespace: string): Party[] {
  const service = { key: JSON.stringify([configNamespace, destination.service]), share: 0.5 };
  const { namespace } = alerts[0].application;
  return namespace === controllerNamespace ? [service] : [service, { key: namespace, share: 1 }];
}
