import { kindOfTemplates } from '../config/template-kinds.ts';
import type { Outcome } from '../model.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import type { Template } from '../templates/template.ts';
import { withArgocd } from './argocd.ts';
import { formatted } from './formatted.ts';
import { type CommandIo, exitCode } from './io.ts';
import { configOf, requireNamed } from './loaded-config.ts';
import type { TemplateNotifyOptions } from './options.ts';
import {
  type Address,
  newDeliveryId,
  parseAddress,
  type RenderContext,
  rendered,
  renderFor,
  serviceFor,
} from './rendering.ts';
import { openSource } from './source.ts';
import { printable } from './table.ts';

const attemptTimeout = 30_000;

/**
 * `herald template notify`: one attempt per recipient, each whatever became of the others. `console` prints the
 * notification with the sections of all services, as in argocd-notifications.
 */
export async function notify(options: TemplateNotifyOptions, io: CommandIo): Promise<number> {
  const addresses = options.recipients.map(parseAddress);
  const source = openSource(options.source, io);
  try {
    const loaded = await source.config(addresses.every(isConsole) ? 'given' : 'needed');
    const config = configOf(loaded, options.source.secretName);
    const template = requireNamed<Template>(config, 'template', options.template, io);
    const application = await source.application(options.application, kindOfTemplates([template], config));
    const appProject = (await source.appProject(application)) ?? {};
    return await withArgocd({ config, loaded, source, options: options.source }, io, async (argocd) => {
      const context: RenderContext = { config, loaded, application, appProject, argocd, io };
      let failed = 0;
      for (const address of addresses) {
        if (isConsole(address)) {
          const { shown, isBroken } = await renderFor(address, [template], context);
          io.stdout(printable(formatted(shown, 'yaml')));
          if (isBroken) failed += 1;
        } else if (!(await sendTo(address, template, context))) failed += 1;
      }
      return failed === 0 ? exitCode.ok : exitCode.negative;
    });
  } finally {
    await source.close();
  }
}

function isConsole({ service }: Address): boolean {
  return service === 'console';
}

async function sendTo(address: Address, template: Template, context: RenderContext): Promise<boolean> {
  const service = serviceFor(address.service, context);
  try {
    const { notification, isBroken } = await rendered(address, [template], service, context);
    const outcome = await withTimeLimit(attemptTimeout, undefined, (signal) =>
      service.send(notification, address.recipient, { deliveryId: newDeliveryId(), signal }),
    );
    context.io.stderr(printable(`${reportOf(`${address.service}:${address.recipient}`, outcome)}\n`));
    return outcome.status === 'sent' && !isBroken;
  } finally {
    await service.close();
  }
}

function reportOf(recipient: string, outcome: Outcome): string {
  switch (outcome.status) {
    case 'sent':
      return `Sent to ${recipient}${outcome.degraded === undefined ? '' : `, but not as the template describes (${outcome.degraded})`}`;
    case 'retry':
      return `Not sent to ${recipient}: ${outcome.error} (${outcome.reason}; the bridge would try again)`;
    case 'rejected':
      return `Not sent to ${recipient}: ${outcome.error} (${outcome.reason})`;
  }
}
