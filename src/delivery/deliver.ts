import { randomUUID } from 'node:crypto';
import type { Lookup } from '../argocd/lookup.ts';
import { renderWithRepo } from '../argocd/rendering.ts';
import type { ActiveConfig, Configurations } from '../configurations/configurations.ts';
import { createShares } from '../configurations/shares.ts';
import type { AttemptMark, Ledger, Settlement } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Delivery, DeliveryFacts, JsonObject, Notification, Outcome } from '../model.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { presentationOf, type Service } from '../services/service.ts';
import { createAllowance } from '../templates/gotemplate/run.ts';
import { renderNotification } from '../templates/render.ts';
import type { Template } from '../templates/template.ts';
import { templateVars } from '../templates/vars.ts';
import { backoffDelay } from './backoff.ts';
import { createDeparture } from './departure.ts';
import type { Fairness, Party } from './fairness.ts';
import type { Pacing } from './pacing.ts';
import type { DeliveryProcessor, DeliveryQueue, JobResult } from './queue.ts';

interface Deps {
  ledger: Pick<Ledger, 'begin' | 'abandon' | 'settle'>;
  queue: Pick<DeliveryQueue, 'add'>;
  configurations: Configurations;
  pacing: Pacing;
  /** Keeps places of the worker for those whose services answer. */
  fairness: Fairness;
  /** Processes that send; each takes its share of a recipient's pace. */
  members(): number;
  /** The AppProject of an Application, as it is now. */
  project(application: { namespace: string; project: string }): JsonObject | undefined;
  /** Who answers the `repo` functions of templates; nobody: their values are empty. */
  repo?(active: ActiveConfig): Lookup | undefined;
  /** Told of deliveries that are parked, once each. */
  onParked(delivery: Delivery, settlement: ParkedSettlement): void;
  onSent(delivery: Delivery): void;
  metrics: Metrics;
  log: Logger;
  now(): number;
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

/** A job, and what is to be sent. */
interface Attempt extends Job {
  delivery: Delivery;
}

/** What a step of a template counts for beside one of a condition, which takes longer. */
const templateStep = 0.25;
/**
 * What an attempt has sent may still be on its way for so long after it has failed without a clear answer: also the
 * time before the end of its mark in which nothing leaves any more.
 */
const settling = 2_000;

/** Milliseconds after which an attempt that has not sent yet is marked anew, so that it has its time to send. */
const renewAfter = 1_000;

/**
 * Handles one job of the queue: mark, pace, render, send, settle; ARCHITECTURE.md has the states. The queue is
 * at-least-once and may hand a job to two processes: the mark in the ledger lets one of them go on, and comes with the
 * delivery. Where an earlier attempt has left its mark, the service is told to look whether that one has arrived.
 */
export function createDeliver(deps: Deps, options: Options): DeliveryProcessor {
  const { ledger, queue, configurations, pacing, metrics, log } = deps;
  /** Deliveries whose fate is known but could not be written yet: tried again, they are settled and not sent again. */
  const decided = new Map<string, { delivery: Delivery; settlement: Settlement }>();
  const shares = createShares(deps.now);

  return async (job) => {
    const known = decided.get(job.id);
    if (known) return settle(known.delivery, known.settlement, true);
    const begun = await begin(job.id);
    if ('result' in begun) return begun.result;
    const { delivery } = begun;
    const active = configurations.get(delivery.configNamespace);
    const service = active?.services.get(delivery.destination.service);
    if (!active || !service) {
      const error = `service ${delivery.destination.service} is not configured`;
      return settleRejected(delivery, { reason: 'service_not_configured', error, scope: 'service' });
    }
    // A tenant whose templates have used up its share waits, and its turn of a recipient's pace with it.
    const wait = shares.wait(active);
    if (wait > 0) return putOff(begun, { status: 'deferred', at: deps.now() + wait });
    const place = await deps.fairness.enter(partiesOf(delivery, options.controllerNamespace));
    if ('at' in place) return putOff(begun, { status: 'deferred', at: place.at });
    try {
      return await deliver({ ...job, delivery }, active, service, begun);
    } finally {
      place.leave();
    }
  };

  async function deliver(
    attempt: Attempt,
    active: ActiveConfig,
    service: Service,
    begun: Begun,
  ): Promise<JobResult> {
    const { delivery } = attempt;
    const slot = reserve(service, attempt);
    if (slot > deps.now()) return putOff(begun, { status: 'paced', slot });
    const rendered = await render(attempt, active, service);
    if (!rendered.ok) {
      return settleRejected(delivery, { reason: 'template', error: rendered.error, scope: 'notification' });
    }
    const timely = await inTime(begun);
    if ('result' in timely) return timely.result;
    return conclude(attempt, service, timely, await send(attempt, service, rendered.notification, timely));
  }

  /** When this attempt may run, Unix milliseconds. */
  function reserve(service: Service, { delivery, slot }: Attempt): number {
    if (!service.pace) return 0;
    const members = Math.max(1, deps.members());
    const { perSecond, burst } = service.pace;
    const share = { perSecond: perSecond / members, burst: Math.max(1, burst / members) };
    return pacing.reserve(paceKey(delivery), deps.now(), share, slot);
  }

  /** The mark of the attempt that may be made now, or why there is none. */
  async function begin(id: string): Promise<Begun | { result: JobResult }> {
    const now = deps.now();
    const mark: AttemptMark = { since: now, until: now + options.attemptTimeout, by: randomUUID() };
    const departure = departureOf(id, mark);
    const first = await ledger.begin(id, mark);
    if (first.status === 'begun') return { delivery: first.delivery, mark, departure };
    // One that is behind others is queued when its turn comes.
    if (first.status !== 'unclear') return { result: { status: 'done' } };
    const { earlier } = first;
    // One that is further ahead than any attempt lasts was made before the clock was set back.
    const isUnderWay = earlier.until > now && earlier.until <= now + 2 * options.attemptTimeout;
    if (isUnderWay) return { result: { status: 'paced', slot: earlier.until } };
    const second = { ...mark, since: earlier.since };
    const again = departureOf(id, second);
    const { status } = await ledger.begin(id, second, earlier);
    if (status === 'begun') return { delivery: first.delivery, mark: second, departure: again, earlier };
    // Another process was quicker.
    return { result: status === 'unclear' ? { status: 'paced', slot: second.until } : { status: 'done' } };
  }

  /** Nothing was sent: what was marked before this is marked again, or nothing. */
  async function putOff({ delivery: { id }, mark, earlier }: Begun, result: JobResult): Promise<JobResult> {
    await noted(id, () => (earlier ? ledger.begin(id, earlier, mark) : ledger.abandon(id, mark)));
    return result;
  }

  /** What has taken long to render is marked anew, unless another process has taken it over. */
  async function inTime(begun: Begun): Promise<Begun | { result: JobResult }> {
    const { mark, delivery } = begun;
    const now = deps.now();
    if (now <= mark.until - options.attemptTimeout + renewAfter) return begun;
    const renewed = { ...mark, until: now + options.attemptTimeout };
    const departure = departureOf(delivery.id, renewed);
    const { status } = await ledger.begin(delivery.id, renewed, mark);
    if (status === 'begun') return { ...begun, mark: renewed, departure };
    return { result: status === 'unclear' ? { status: 'paced', slot: renewed.until } : { status: 'done' } };
  }

  function departureOf(id: string, mark: AttemptMark): Begun['departure'] {
    const isOurs = async () => (await ledger.begin(id, mark, mark)).status === 'begun';
    return createDeparture({ mark, settling, isOurs, now: deps.now });
  }

  async function render(
    { delivery, signal }: Attempt,
    active: ActiveConfig,
    service: Service,
  ): Promise<{ ok: true; notification: Notification } | { ok: false; error: string }> {
    const templates: Template[] = [];
    for (const name of delivery.templates) {
      const template = active.config.templates.get(name);
      if (!template) {
        metrics.renderErrors.inc({ template: name });
        return { ok: false, error: `template ${name} is not configured` };
      }
      templates.push(template);
    }
    const { mention } = service;
    const [app] = delivery.snapshots;
    const input = {
      app,
      appProject: deps.project(delivery.alerts[0].application) ?? {},
      context: active.config.context,
      ...(active.secrets ? { secrets: active.secrets } : {}),
      serviceType: delivery.destination.service,
      recipient: delivery.destination.recipient,
      now: deps.now(),
      ...(mention ? { mention } : {}),
    };
    const rendered = await renderWithRepo(
      deps.repo?.(active),
      app,
      (repo) => {
        const allowance = createAllowance();
        const { steps } = allowance;
        const result = renderNotification(templates, templateVars({ ...input, repo }), {
          ...presentationOf(service),
          allowance,
          template: (name) => active.config.templates.get(name),
        });
        shares.spend(active, (steps - Math.max(allowance.steps, 0)) * templateStep);
        return result;
      },
      signal,
    );
    if (rendered.ok) {
      for (const warning of rendered.warnings)
        log.warn({ ...fieldsOf(delivery), ...warning }, 'Template is questionable');
      return rendered;
    }
    metrics.renderErrors.inc({ template: rendered.template });
    const error = active.scrub(rendered.error);
    return { ok: false, error: `template ${rendered.template}, ${rendered.field}: ${error}` };
  }

  async function send(
    { delivery, signal }: Attempt,
    service: Service,
    notification: Notification,
    { earlier, departure }: Begun,
  ): Promise<Outcome> {
    return withTimeLimit(departure.left(), signal, (limited) =>
      service.send(notification, delivery.destination.recipient, {
        deliveryId: delivery.id,
        signal: limited,
        departure,
        ...(earlier ? { earlier: { since: earlier.since, until: earlier.until } } : {}),
      }),
    );
  }

  async function conclude(
    { delivery, attempt }: Attempt,
    service: Service,
    { mark }: Begun,
    outcome: Outcome,
  ): Promise<JobResult> {
    const now = deps.now();
    const labels = { service: delivery.destination.service };
    if (outcome.status === 'sent') {
      const { degraded: reason, error, earlier } = outcome;
      metrics.outcomes.inc({ ...labels, outcome: reason ? 'degraded' : 'sent', reason: reason ?? '' });
      metrics.deliveryLatency.observe(labels, Math.max(0, now - delivery.observedAt) / 1000);
      if (earlier) metrics.unclearAttempts.inc({ ...labels, found: earlier });
      const fields = { ...fieldsOf(delivery), ...(earlier ? { earlier } : {}) };
      if (reason && error) log.warn({ ...fields, reason, error }, 'Sent, but not as the template describes');
      else log.info({ ...fields, ...(reason ? { reason } : {}) }, 'Sent');
      return settle(delivery, { status: 'sent', at: now });
    }
    if (outcome.status === 'rejected') return settleRejected(delivery, outcome);

    metrics.outcomes.inc({ ...labels, outcome: 'retry', reason: outcome.reason });
    countFailed(delivery);
    if (outcome.retryAfter !== undefined && outcome.pauses === undefined && service.pace)
      pacing.penalise(paceKey(delivery), now + outcome.retryAfter);
    const { reason, error, retryAfter, unclear } = outcome;
    const at = now + Math.max(retryAfter ?? 0, backoffDelay(attempt));
    if (at - delivery.observedAt > options.maxAge) {
      metrics.outcomes.inc({ ...labels, outcome: 'expired', reason });
      return settle(delivery, { status: 'expired', at: now, reason, error });
    }
    await release(delivery.id, mark, unclear ? now + settling : undefined);
    log.info({ ...fieldsOf(delivery), reason, error, attempt, wait: at - now }, 'Not sent, will retry');
    return { status: 'retry', at };
  }

  /** An attempt that was made: certainly in vain, or with a message that may still be on its way for so long. */
  async function release(id: string, mark: AttemptMark, unclearUntil: number | undefined): Promise<void> {
    if (unclearUntil === undefined) await noted(id, () => ledger.abandon(id, mark));
    else if (unclearUntil < mark.until)
      await noted(id, () => ledger.begin(id, { ...mark, until: unclearUntil }, mark));
  }

  /** Where this fails the mark stands until its time is over, and then the service is asked. */
  async function noted(id: string, write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      log.warn({ delivery: id, err: error }, 'Could not note how an attempt ended');
    }
  }

  function settleRejected(
    delivery: Delivery,
    { reason, error, scope }: Pick<Rejection, 'reason' | 'error' | 'scope'>,
  ): Promise<JobResult> {
    const { service } = delivery.destination;
    metrics.outcomes.inc({ service, outcome: 'rejected', reason });
    countFailed(delivery);
    return settle(delivery, { status: 'rejected', at: deps.now(), reason, error, scope });
  }

  /** As argocd-notifications counts: each attempt that failed, whatever becomes of the delivery. */
  function countFailed({ alerts, destination }: Delivery): void {
    metrics.deliveries.inc({ trigger: alerts[0].trigger, service: destination.service, succeeded: 'false' });
  }

  /** `isRepeated`: an earlier call of ours may have done it, and its answer was lost. */
  async function settle(delivery: Delivery, settlement: Settlement, isRepeated = false): Promise<JobResult> {
    decided.set(delivery.id, { delivery, settlement });
    const { settled, next } = await ledger.settle(delivery.id, settlement);
    decided.delete(delivery.id);
    if (next) await enqueue(next);
    // Otherwise another process has settled it, and told of it.
    if (!settled && !isRepeated) return { status: 'done' };
    const { alerts, destination } = delivery;
    const labels = { trigger: alerts[0].trigger, service: destination.service };
    metrics.settled.inc({ outcome: settlement.status === 'sent' ? 'sent' : 'given_up' });
    if (settlement.status === 'sent') {
      metrics.deliveries.inc({ ...labels, succeeded: 'true' });
      deps.onSent(delivery);
    } else {
      metrics.givenUp.inc(labels);
      deps.onParked(delivery, settlement);
    }
    return { status: 'done' };
  }

  async function enqueue(next: string): Promise<void> {
    try {
      await queue.add([next]);
    } catch (error) {
      log.warn({ delivery: next, err: error }, 'Could not queue what comes next: the sweeper will');
    }
  }
}

/** An attempt that may be made: its mark, and that of an earlier one that may have arrived. */
interface Begun {
  delivery: Delivery;
  mark: AttemptMark;
  departure: ReturnType<typeof createDeparture>;
  earlier?: AttemptMark;
}

type Rejection = Extract<Outcome, { status: 'rejected' }>;
type ParkedSettlement = Exclude<Settlement, { status: 'sent' }>;

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

/** What logs say of a delivery. */
export function fieldsOf({ id, alerts, destination }: DeliveryFacts): Record<string, string> {
  const [{ application, trigger }] = alerts;
  return {
    delivery: id,
    application: `${application.namespace}/${application.name}`,
    trigger,
    destination: `${destination.service}:${destination.recipient}`,
  };
}
