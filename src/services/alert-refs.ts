/**
 * Backends that messages are sent to: for each type a schema (`<type>-schema.ts`) and, where Herald sends to it, an
 * implementation (`<type>.ts`), listed in `schemas.ts` and `registry.ts`. It may import the ground alone.
 */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../model.ts';
import type { ImplementationDeps } from './implementation.ts';
import type { SendContext } from './service.ts';

export type AlertContext = NonNullable<SendContext['alert']>;

/** What a service answered to the first messages of an alert: ids by which it is edited, answered or resolved. */
export interface AlertRefs {
  /** Of what the recipient was told of the alert. undefined where nothing is known, also where the store is away. */
  find(recipient: string, alert: AlertContext | undefined): Promise<JsonObject | undefined>;
  /** Keeps it, for 90 days. The message has been sent: that it cannot be kept is a line of the log. */
  remember(recipient: string, alert: AlertContext | undefined, ref: JsonObject): Promise<void>;
}

/** Seconds. */
const keptFor = 90 * 24 * 60 * 60;

/** In the state of the services of a configuration, so that another process goes on with it. */
export function createAlertRefs(
  { state, name, log }: Pick<ImplementationDeps, 'state' | 'name' | 'log'>,
  type: string,
): AlertRefs {
  const keyOf = (recipient: string, { key }: AlertContext) =>
    `${type}/${name}/alert/${hashOf(JSON.stringify([recipient, key]))}`;
  return {
    async find(recipient, alert) {
      if (!alert?.isFollowUp) return undefined;
      try {
        return await state.get(keyOf(recipient, alert));
      } catch (error) {
        log.warn({ service: name, error: String(error) }, 'What was sent of an alert cannot be read');
        return undefined;
      }
    },
    async remember(recipient, alert, ref) {
      if (alert === undefined) return;
      try {
        await state.set(keyOf(recipient, alert), ref, keptFor);
      } catch (error) {
        log.warn({ service: name, error: String(error) }, 'What was sent of an alert cannot be kept');
      }
    },
  };
}

/** A key of at most so many characters, the same for the same text. */
export function shortKey(text: string, longest: number): string {
  return text.length > longest ? hashOf(text) : text;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
