/** The product's own way from a ConfigMap to a service's answer. */
import { PassThrough } from 'node:stream';
import { parseConfig } from '../../../src/config/parse-config.ts';
import { createLog } from '../../../src/log.ts';
import type { JsonObject, Notification, Outcome } from '../../../src/model.ts';
import { createService } from '../../../src/services/registry.ts';
import { presentationOf, type Service } from '../../../src/services/service.ts';
import { renderNotification } from '../../../src/templates/render.ts';
import type { Template } from '../../../src/templates/template.ts';
import { templateVars } from '../../../src/templates/vars.ts';
import type { Authorities } from '../../internet/authority.ts';
import { createMemoryState } from '../../services/memory-state.ts';
import { type Fixtures, fixedRepo } from '../fixtures.ts';
import type { ExpectedStep, Seen } from './difference.ts';
import type { ServiceCase } from './vectors.ts';

/** One attempt of the delivery with this id. The services are made once for all the steps of a case, as the engine's are. */
export interface Sender {
  send(step: ExpectedStep, deliveryId: string): Promise<Omit<Seen, 'requests'> & { retryAfter?: number }>;
  close(): Promise<void>;
}

type Answer = Awaited<ReturnType<Sender['send']>>;

export function openServices(
  vector: ServiceCase,
  { fixtures, authorities }: { fixtures: Fixtures; authorities: Authorities },
): Sender {
  const name = vector.name ?? vector.service;
  const key = ['service', vector.service, ...(vector.name === undefined ? [] : [vector.name])].join('.');
  const templates = Object.entries(vector.templates).map(([each, text]) => [`template.${each}`, text]);
  const config = parseConfig({
    configMap: { [key]: vector.options ?? '', ...Object.fromEntries(templates) },
    secret: vector.secrets,
  });
  const problem = (where: string) =>
    config.problems.find((each) => each.severity === 'error' && each.key === where);
  const destination = vector.to ?? name;
  const source = config.services.get(destination);
  const made = source && createService(source, depsOf(vector, authorities));

  async function send(step: ExpectedStep, deliveryId: string): Promise<Answer> {
    const refused = problem(key);
    if (refused) return { result: 'problem:service', error: `${refused.what}. ${refused.fix}` };
    for (const each of step.send) {
      const broken = problem(`template.${each}`);
      if (broken) return { result: 'problem:template', error: broken.what };
      if (!config.templates.has(each)) return { result: 'no-template' };
    }
    if (source === undefined || made === undefined) return { result: 'no-service' };
    if (made.service === undefined) {
      return { result: 'problem:service', error: made.problems.map(({ what }) => what).join('; ') };
    }
    const rendered = render(
      step.send.map((each) => config.templates.get(each) as Template),
      varsOf(step, vector, fixtures, destination),
      made.service,
      (each) => config.templates.get(each),
    );
    if ('error' in rendered) return { result: 'render', error: rendered.error };
    const signal = AbortSignal.timeout(600_000);
    return answerOf(await made.service.send(rendered, step.recipient, { deliveryId, signal }));
  }

  return {
    send,
    async close() {
      await made?.service?.close();
    },
  };
}

function depsOf({ certs = {} }: ServiceCase, authorities: Authorities) {
  return {
    log: createLog({ level: 'silent', format: 'json' }),
    state: createMemoryState(),
    stream: new PassThrough().resume(),
    now: () => Date.now(),
    certificatesOf: (host: string) => (certs[host] === undefined ? undefined : authorities.other),
  };
}

function varsOf(step: ExpectedStep, { secrets }: ServiceCase, fixtures: Fixtures, serviceType: string) {
  const app = fixtures.apps[step.varsRef ?? ''] ?? (step.vars?.app as JsonObject | undefined) ?? {};
  const inline = step.vars ?? {};
  return templateVars({
    app,
    appProject: (step.vars === undefined ? fixtures.appProject : (inline.appProject ?? {})) as JsonObject,
    context: (step.vars === undefined ? fixtures.context : (inline.context ?? {})) as Record<string, string>,
    secrets: step.vars === undefined ? { ...fixtures.secrets, ...secrets } : {},
    serviceType,
    recipient: step.recipient,
    now: Date.now(),
    repo: fixedRepo(fixtures, app),
  });
}

function render(
  templates: readonly Template[],
  vars: ReturnType<typeof templateVars>,
  service: Service,
  template: (name: string) => Template | undefined,
): Notification | { error: string } {
  const result = renderNotification(templates, vars, {
    ...presentationOf(service),
    template,
  });
  return result.ok ? result.notification : { error: result.error };
}

function answerOf(outcome: Outcome): Answer {
  switch (outcome.status) {
    case 'sent':
      return { result: 'sent' };
    case 'retry': {
      const { reason, error, retryAfter } = outcome;
      return { result: `retry:${reason}`, error, ...(retryAfter === undefined ? {} : { retryAfter }) };
    }
    case 'rejected':
      return { result: `rejected:${outcome.scope}`, error: `${outcome.reason}: ${outcome.error}` };
  }
}
