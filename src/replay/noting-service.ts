import type { ServiceConfig } from '../config/config.ts';
import { isObject } from '../json.ts';
import type { Notification, Outcome } from '../model.ts';
import type { Fields, OptionsOf } from '../services/fields.ts';
import { recipientFault, renderingOf } from '../services/schema.ts';
import { schemaOf } from '../services/schemas.ts';
import type { SendContext, Service } from '../services/service.ts';

interface Deps {
  /** Takes what the service would have sent; `delivery` is its id. */
  note(delivery: string, notification: Notification): void;
  /** Whether recipients are paced now. */
  isPaced(): boolean;
}

/**
 * A service as it is configured, with its way to write values, its pace and the recipients that it refuses, which
 * connects to nothing: what it is given to send it notes. Where it refers to a Secret that is not known, it writes as one
 * without options does. Undefined: there is no such type.
 */
export function createNotingService(source: ServiceConfig, deps: Deps): Service | undefined {
  const { name, type, options, settings } = source;
  const schema = schemaOf(type);
  if (!schema) return undefined;
  const { pace, mentions, recipient: recipients } = schema;
  const known = settings as OptionsOf<Fields> | undefined;

  async function send(
    notification: Notification,
    recipient: string,
    { deliveryId }: SendContext,
  ): Promise<Outcome> {
    const fault = recipientFault(recipients, recipient, known ?? (isObject(options) ? options : {}));
    if (fault) {
      const error = `${JSON.stringify(recipient)} ${fault.what}. ${fault.fix}`;
      return { status: 'rejected', reason: 'invalid_recipient', error, scope: 'recipient' };
    }
    deps.note(deliveryId, notification);
    return { status: 'sent' };
  }

  return {
    ...renderingOf(schema, name, known),
    ...(mentions ? { mention } : {}),
    get pace() {
      return deps.isPaced() ? pace : undefined;
    },
    send,
    close: () => Promise.resolve(),
  } as Service;
}

/** Nobody is looked up: who would be mentioned stands as it is written. */
function mention(address: string): string {
  return /^[#!@]/.test(address) ? address : `@${address}`;
}
