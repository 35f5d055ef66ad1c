import { isApplicationSet } from '../application-set.ts';
import type { Lookup } from '../argocd/lookup.ts';
import { renderWithRepo } from '../argocd/rendering.ts';
import type { Clock } from '../clock.ts';
import type { ActiveConfig } from '../configurations/configurations.ts';
import type { Shares } from '../configurations/shares.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Delivery, JsonObject, Notification } from '../model.ts';
import { presentationOf, type Service } from '../services/service.ts';
import { createAllowance } from '../templates/gotemplate/run.ts';
import { renderNotice } from '../templates/render-notice.ts';
import type { Template } from '../templates/template.ts';
import { templateVars } from '../templates/vars.ts';
import { fieldsOf } from './log-fields.ts';
import { withLives } from './send-context.ts';

export interface RenderingDeps {
  /** The AppProject of an Application, as it is now. */
  project(application: { namespace: string; project: string }): JsonObject | undefined;
  /** Who answers the `repo` functions of templates; nobody: their values are empty. */
  repo?(active: ActiveConfig): Lookup | undefined;
  shares: Shares;
  metrics: Metrics;
  log: Logger;
  clock: Pick<Clock, 'now'>;
}

export type Rendered = { ok: true; notification: Notification } | { ok: false; error: string };

/** What a step of a template counts for beside one of a condition, which takes longer. */
const templateStep = 0.25;

/**
 * Renders deliveries: what a service is given, or an error that shows nothing secret. `isFirst`: as if nothing had been
 * sent of it before.
 */
export function createRendering(deps: RenderingDeps) {
  const { shares, metrics, log } = deps;

  return async (
    delivery: Delivery,
    active: ActiveConfig,
    service: Service,
    signal: AbortSignal,
    isFirst = true,
  ): Promise<Rendered> => {
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
    const notice = { ...delivery, alerts: withLives(delivery, active.config.triggers) };
    const input = {
      app,
      notice,
      appProject: deps.project(delivery.alerts[0].application) ?? {},
      context: active.config.context,
      ...(active.secrets ? { secrets: active.secrets } : {}),
      serviceType: delivery.destination.service,
      recipient: delivery.destination.recipient,
      now: deps.clock.now(),
      ...(mention ? { mention } : {}),
    };
    const rendered = await renderWithRepo(
      // The functions ask about the sources of an Application, which an ApplicationSet has not.
      isApplicationSet(app) ? undefined : deps.repo?.(active),
      app,
      (repo) => {
        const allowance = createAllowance();
        const { steps } = allowance;
        const result = renderNotice(templates, templateVars({ ...input, repo }), notice, {
          ...presentationOf(service),
          allowance,
          context: active.config.context,
          isFirst,
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
  };
}
