import type { JsonObject, Outcome } from '../../src/model.ts';
import type { SendContext } from '../../src/services/service.ts';
import { startService } from './start-service.ts';

export type Alert = NonNullable<SendContext['alert']>;

export interface Sending {
  message?: string | undefined;
  section?: JsonObject | undefined;
  recipient?: string | undefined;
  /** Of an attempt at delivery `d1`, unless this says another. */
  context?: { [Name in keyof SendContext]?: SendContext[Name] | undefined } | undefined;
  deps?: Parameters<typeof startService>[2];
}

/** What comes of one attempt by a service that is made for it and closed after it. */
export async function sendOnce(
  type: string,
  options: JsonObject,
  { message = 'm', section, recipient = '', context = {}, deps }: Sending,
): Promise<Outcome> {
  const service = startService(type, options, deps);
  const given = Object.entries(context).filter(([, value]) => value !== undefined);
  const outcome = await service.send({ message, ...(section && { section }) }, recipient, {
    deliveryId: 'd1',
    signal: AbortSignal.timeout(600_000),
    ...Object.fromEntries(given),
  });
  await service.close();
  return outcome;
}

/** An alert as its first message tells of it. */
export const firing: Alert = {
  key: 'alert-1',
  state: 'firing',
  reason: 'first',
  severity: 'critical',
  since: Date.parse('2026-11-28T06:00:00.700Z'),
  isFollowUp: false,
  isSilent: false,
};
