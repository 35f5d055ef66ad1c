import { randomUUID } from 'node:crypto';
import type { Lookup } from '../argocd/lookup.ts';
import { renderWithRepo } from '../argocd/rendering.ts';
import { backoffDelay } from '../delivery/backoff.ts';
import type { Fairness, Party } from '../delivery/fairness.ts';
import type { Pacing } from '../delivery/pacing.ts';
import type { DeliveryProcessor, DeliveryQueue, JobResult } from '../delivery/queue.ts';
import type { AttemptMark, Ledger, Settlement } from '../episodes/ledger.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Delivery, JsonObject, Notification, Outcome } from '../model.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { presentationOf, type Service } from '../services/service.ts';
import { createAllowance } from '../templates/gotemplate/run.ts';
import { renderNotification } from '../templates/render.ts';
import type { Template } from '../templates/template.ts';
import { templateVars } from '../templates/vars.ts';
import type { ActiveConfig, Configurations } from './configurations.ts';
import { createDeparture } from './departure.ts';
import { createShares } from './shares.ts';

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
  /** `open`: its episode has not ended meanwhile. */
  onSent(delivery: Delivery, open: boolean): void;
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

export type Attempt = Parameters<DeliveryProcessor>[0];

/** What a step of a template counts for beside one of a condition, which takes longer. */
const templateStep = 0.25;
/**
 * What an attempt has sent may still be on its way for so long after it has failed without a clear answer: also the
 * time before the end of its mark in which nothing leaves any more.
 */
const settling = 2_000;

/**
 * Handles one job of the queue: pace, render, mark, send, settle; ARCHITECTURE.md has the states. The queue is
 * at-least-once and may hand a job to two processes: the mark in the ledger lets one of them send. Where an earlier
 * attempt has left its mark, the service is told to look whether that one has arrived.
 */
export function createDeliver(deps: Deps, options: Options): DeliveryProcessor {
  const { ledger, queue, configurations, pacing, metrics, log } = deps;
  /** Deliveries whose fate is known but could not be written yet: tried again, they are settled and not sent again. */
  const decided = new Map<string, Settlement>();
  const shares = createShares(deps.now);

  return async (attempt) => {
    const { delivery } = attempt;
    const settlement = decided.get(delivery.id);
    if (settlement) return settle(delivery, settlement, true);
    const active = configurations.get(delivery.configNamespace);
    const service = active?.services.get(delivery.destination.service);
    if (!active || !service) {
      const error = `service ${delivery.destination.service} is not configured`;
      return settleRejected(delivery, { reason: 'service_not_configured', error, scope: 'service' });
    }
    // A tenant whose templates have used up its share waits, and its turn of a recipient's pace with it.
    const wait = shares.wait(active);
    if (wait > 0) return { status: 'deferred', at: deps.now() + wait };
    const place = await deps.fairness.enter(partiesOf(delivery, options.controllerNamespace));
    if ('at' in place) return { status: 'deferred', at: place.at };
    try {
      return await deliver(attempt, active, service);
    } finally {
      place.leave();
    }
  };

  async function deliver(attempt: Attempt, active: ActiveConfig, service: Service): Promise<JobResult> {
    const { delivery } = attempt;
    const slot = reserve(service, attempt);
    if (slot > deps.now()) return { status: 'paced', slot };

    const rendered = await render(attempt, active, service);
    if (!rendered.ok) {
      return settleRejected(delivery, { reason: 'template', error: rendered.error, scope: 'notification' });
    }
    const begun = await begin(delivery.id);
    if ('result' in begun) return begun.result;
    return conclude(attempt, service, begun, await send(attempt, service, rendered.notification, begun));
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
    if (first.status === 'begun') return { mark, departure };
    // One that is behind others is queued when its turn comes.
    if (first.status !== 'unclear') return { result: { status: 'done' } };
    const { earlier } = first;
    // One that is further ahead than any attempt lasts was made before the clock was set back.
    const isUnderWay = earlier.until > now && earlier.until <= now + 2 * options.attemptTimeout;
    if (isUnderWay) return { result: { status: 'paced', slot: earlier.until } };
    const second = { ...mark, since: earlier.since };
    const again = departureOf(id, second);
    const { status } = await ledger.begin(id, second, earlier);
    if (status === 'begun') {
      return { mark: second, departure: again, earlier: { since: earlier.since, until: earlier.until } };
    }
    // Another process was quicker.
    return { result: status === 'unclear' ? { status: 'paced', slot: second.until } : { status: 'done' } };
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
    const input = {
      app: delivery.snapshot,
      appProject: deps.project(delivery.application) ?? {},
      context: active.config.context,
      ...(active.secrets ? { secrets: active.secrets } : {}),
      serviceType: delivery.destination.service,
      recipient: delivery.destination.recipient,
      now: deps.now(),
      ...(mention ? { mention } : {}),
    };
    const rendered = await renderWithRepo(
      deps.repo?.(active),
      delivery.snapshot,
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
        ...(earlier ? { earlier } : {}),
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

  /** Where this fails the mark stands until its time is over, and then the service is asked. */
  async function release(id: string, mark: AttemptMark, unclearUntil: number | undefined): Promise<void> {
    try {
      if (unclearUntil === undefined) await ledger.abandon(id, mark);
      else if (unclearUntil < mark.until) await ledger.begin(id, { ...mark, until: unclearUntil }, mark);
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
  function countFailed({ trigger, destination }: Delivery): void {
    metrics.deliveries.inc({ trigger, service: destination.service, succeeded: 'false' });
  }

  /** `isRepeated`: an earlier call of ours may have done it, and its answer was lost. */
  async function settle(delivery: Delivery, settlement: Settlement, isRepeated = false): Promise<JobResult> {
    decided.set(delivery.id, settlement);
    const { settled, open, next } = await ledger.settle(delivery.id, settlement);
    decided.delete(delivery.id);
    if (next) await enqueue(next);
    // Otherwise another process has settled it, and told of it.
    if (!settled && !isRepeated) return { status: 'done' };
    const { trigger, destination } = delivery;
    const labels = { trigger, service: destination.service };
    metrics.settled.inc({ outcome: settlement.status === 'sent' ? 'sent' : 'given_up' });
    if (settlement.status === 'sent') {
      metrics.deliveries.inc({ ...labels, succeeded: 'true' });
      deps.onSent(delivery, open);
    } else {
      metrics.givenUp.inc(labels);
      deps.onParked(delivery, settlement);
    }
    return { status: 'done' };
  }

  async function enqueue(next: Delivery): Promise<void> {
    try {
      await queue.add([next]);
    } catch (error) {
      log.warn({ ...fieldsOf(next), err: error }, 'Could not queue what comes next: the sweeper will');
    }
  }
}

/** An attempt that may be made: its mark, and whether an earlier one may have arrived. */
interface Begun {
  mark: AttemptMark;
  departure: ReturnType<typeof createDeparture>;
  earlier?: { since: number; until: number };
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
function partiesOf(
  { configNamespace, application, destination }: Delivery,
  controllerNamespace: string,
): Party[] {
  const service = { key: JSON.stringify([configNamespace, destination.service]), share: 0.5 };
  const { namespace } = application;
  return namespace === controllerNamespace ? [service] : [service, { key: namespace, share: 1 }];
}

/** What logs say of a delivery. */
export function fieldsOf(delivery: Delivery): Record<string, string> {
  const { application, destination } = delivery;
  return {
    delivery: delivery.id,
    application: `${application.namespace}/${application.name}`,
    trigger: delivery.trigger,
    destination: `${destination.service}:${destination.recipient}`,
  };
}
