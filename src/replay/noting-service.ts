import type { ServiceConfig } from '../config/config.ts';
import type { Notification, Outcome } from '../model.ts';
import { createService, type ServiceDeps } from '../services/registry.ts';
import { recipientFault } from '../services/schema.ts';
import { schemaOf } from '../services/schemas.ts';
import type { SendContext, Service } from '../services/service.ts';

/** What a service would have sent. */
export interface Noted {
  notification: Notification;
  deliveryId: string;
}

interface Deps extends ServiceDeps {
  note(noted: Noted): void;
  /** Whether recipients are paced now. */
  isPaced(): boolean;
}

/**
 * A service as it is configured, with its way to write values, its pace and the recipients that it refuses, which
 * connects to nothing: what it is given to send it notes.
 */
export function createNotingService(source: ServiceConfig, deps: Deps): ReturnType<typeof createService> {
  const { service: real, problems } = createService(source, deps);
  const schema = schemaOf(source.type);
  if (!real || !schema) return { problems };
  const { pace, mention, ...others } = real;

  async function send(
    notification: Notification,
    recipient: string,
    { deliveryId }: SendContext,
  ): Promise<Outcome> {
    const fault =
      schema && recipientFault(schema.recipient, recipient, source.settings as Record<string, unknown>);
    if (fault) {
      const error = `${JSON.stringify(recipient)} ${fault.what}. ${fault.fix}`;
      return { status: 'rejected', reason: 'invalid_recipient', error, scope: 'recipient' };
    }
    deps.note({ notification, deliveryId });
    return { status: 'sent' };
  }

  const service: Service = {
    ...others,
    // Nobody is looked up: who would be mentioned stands as it is written.
    ...(mention ? { mention: (address: string) => (/^[#!@]/.test(address) ? address : `@${address}`) } : {}),
    send,
  };
  if (pace) Object.defineProperty(service, 'pace', { get: () => (deps.isPaced() ? pace : undefined) });
  return { service, problems };
}
