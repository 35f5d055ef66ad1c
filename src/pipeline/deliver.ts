import type { Lookup } from '../argocd/lookup.ts';
import { renderWithRepo } from '../argocd/rendering.ts';
import { backoffDelay } from '../delivery/backoff.ts';
import type { Pacing } from '../delivery/pacing.ts';
import type { DeliveryProcessor, JobResult } from '../delivery/queue.ts';
import type { Ledger, Settlement } from '../episodes/ledger.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Delivery, JsonObject, Notification, Outcome } from '../model.ts';
import type { Service } from '../services/service.ts';
import { renderNotification } from '../templates/render.ts';
import type { Template } from '../templates/template.ts';
import { templateVars } from '../templates/vars.ts';
import type { ActiveConfig, Configurations } from './configurations.ts';

interface Deps {
  ledger: Pick<Ledger, 'isPending' | 'settle'>;
  configurations: Configurations;
  pacing: Pacing;
  /** The AppProject of an Application, as it is now. */
  project(application: { namespace: string; project: string }): JsonObject | undefined;
  /** Who answers the `repo` functions of templates; nobody: their values are empty. */
  repo?(active: ActiveConfig): Lookup | undefined;
  /** Told of deliveries that are parked, once each. */
  onParked(delivery: Delivery, settlement: Exclude<Settlement, { status: 'sent' }>): void;
  onSent(delivery: Delivery): void;
  metrics: Metrics;
  log: Logger;
  now(): number;
}

interface Options {
  /** Milliseconds after which a delivery that cannot be sent is given up and parked. */
  maxAge: number;
  /** Milliseconds for one attempt. */
  attemptTimeout: number;
}

export type Attempt = Parameters<DeliveryProcessor>[0];

/**
 * Handles one job of the queue: pace, render, send, settle. At-least-once: the queue may hand out a job again after
 * a crash, so the ledger is asked first whether the delivery is still to be done.
 */
export function createDeliver(deps: Deps, options: Options): DeliveryProcessor {
  const { ledger, configurations, pacing, metrics, log } = deps;
  /** Deliveries whose fate is known but could not be written yet: tried again, they are settled and not sent again. */
  const decided = new Map<string, Settlement>();

  return async (attempt) => {
    const { delivery } = attempt;
    const settlement = decided.get(delivery.id);
    if (settlement) return settle(delivery, settlement);
    if (!(await ledger.isPending(delivery.id))) return { status: 'done' };
    const active = configurations.get(delivery.configNamespace);
    const service = active?.services.get(delivery.destination.service);
    if (!active || !service) {
      return settleRejected(
        delivery,
        'service_not_configured',
        `service ${delivery.destination.service} is not configured`,
      );
    }
    const slot = reserve(service, attempt);
    if (slot > deps.now()) return { status: 'paced', slot };

    const rendered = await render(attempt, active, service);
    if (!rendered.ok) return settleRejected(delivery, 'template', rendered.error);
    return conclude(attempt, service, await send(attempt, service, rendered.notification));
  };

  /** When this attempt may run, Unix milliseconds. */
  function reserve(service: Service, { delivery, slot }: Attempt): number {
    return service.pace ? pacing.reserve(paceKey(delivery), deps.now(), service.pace, slot) : 0;
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
    const { type: serviceType, jsonFields, filterValue, mention } = service;
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
      (repo) =>
        renderNotification(templates, templateVars({ ...input, repo }), {
          serviceType,
          jsonFields,
          template: (name) => active.config.templates.get(name),
          ...(filterValue ? { filterValue } : {}),
        }),
      signal,
    );
    if (rendered.ok) {
      for (const warning of rendered.warnings)
        log.warn({ ...fieldsOf(delivery), ...warning }, 'Template is questionable');
      return rendered;
    }
    metrics.renderErrors.inc({ template: rendered.template });
    return { ok: false, error: `template ${rendered.template}, ${rendered.field}: ${rendered.error}` };
  }

  async function send(attempt: Attempt, service: Service, notification: Notification): Promise<Outcome> {
    const { delivery, signal } = attempt;
    const timeout = AbortSignal.timeout(options.attemptTimeout);
    return service.send(notification, delivery.destination.recipient, {
      deliveryId: delivery.id,
      signal: AbortSignal.any([signal, timeout]),
    });
  }

  async function conclude(
    { delivery, attempt, queuedAt }: Attempt,
    service: Service,
    outcome: Outcome,
  ): Promise<JobResult> {
    const now = deps.now();
    const labels = { service: delivery.destination.service };
    if (outcome.status === 'sent') {
      metrics.outcomes.inc({
        ...labels,
        outcome: outcome.degraded ? 'degraded' : 'sent',
        reason: outcome.degraded ?? '',
      });
      metrics.deliveryLatency.observe(labels, Math.max(0, now - delivery.observedAt) / 1000);
      const { degraded: reason, error } = outcome;
      if (reason && error)
        log.warn({ ...fieldsOf(delivery), reason, error }, 'Sent, but not as the template describes');
      else log.info({ ...fieldsOf(delivery), ...(reason ? { reason } : {}) }, 'Sent');
      return settle(delivery, { status: 'sent', at: now });
    }
    if (outcome.status === 'rejected') return settleRejected(delivery, outcome.reason, outcome.error);

    metrics.outcomes.inc({ ...labels, outcome: 'retry', reason: outcome.reason });
    if (outcome.retryAfter !== undefined && service.pace)
      pacing.penalise(paceKey(delivery), now + outcome.retryAfter);
    const { reason, error, retryAfter } = outcome;
    const at = now + Math.max(retryAfter ?? 0, backoffDelay(attempt));
    if (at - queuedAt > options.maxAge) {
      return settleParked(delivery, { status: 'expired', at: now, reason, error });
    }
    log.info({ ...fieldsOf(delivery), reason, error, attempt, wait: at - now }, 'Not sent, will retry');
    return { status: 'retry', at };
  }

  function settleRejected(delivery: Delivery, reason: string, error: string): Promise<JobResult> {
    return settleParked(delivery, { status: 'rejected', at: deps.now(), reason, error });
  }

  function settleParked(
    delivery: Delivery,
    settlement: Exclude<Settlement, { status: 'sent' }>,
  ): Promise<JobResult> {
    const { status: outcome, reason } = settlement;
    metrics.outcomes.inc({ service: delivery.destination.service, outcome, reason });
    return settle(delivery, settlement);
  }

  async function settle(delivery: Delivery, settlement: Settlement): Promise<JobResult> {
    decided.set(delivery.id, settlement);
    await ledger.settle(delivery.id, settlement);
    decided.delete(delivery.id);
    const { trigger, destination } = delivery;
    const succeeded = String(settlement.status === 'sent');
    metrics.deliveries.inc({ trigger, service: destination.service, succeeded });
    if (settlement.status === 'sent') deps.onSent(delivery);
    else deps.onParked(delivery, settlement);
    return { status: 'done' };
  }
}

function paceKey(delivery: Delivery): string {
  const { service, recipient } = delivery.destination;
  return JSON.stringify([delivery.configNamespace, service, recipient]);
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
