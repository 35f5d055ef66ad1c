import { hash } from 'node:crypto';
import type { ServiceState } from '../service.ts';

/**
 * Ids of channels by the recipient that was posted to, as Slack's answers tell them: reading a channel takes its id,
 * and recipients are mostly names. Durable in the service's state.
 */
export interface Channels {
  /** Writes rarely: what is stored is known in memory. */
  remember(recipient: string, id: string): Promise<void>;
  /** Throws what the state throws. */
  find(recipient: string): Promise<string | undefined>;
}

const mostKnown = 10_000;

export function createChannels(
  state: ServiceState,
  {
    service,
    ttl,
    now,
  }: {
    service: string;
    /** Seconds. */
    ttl: number;
    now: () => number;
  },
): Channels {
  /** What is stored, the least used first. */
  const stored = new Map<string, { id: string; refreshAt: number }>();
  const keyOf = (recipient: string) => `slack/${service}/channel/${hash('sha256', recipient).slice(0, 32)}`;

  return {
    async remember(recipient, id) {
      if (isChannelId(recipient)) return;
      const known = stored.get(recipient);
      const isStored = known !== undefined && known.id === id && now() < known.refreshAt;
      if (!isStored) await state.set(keyOf(recipient), { id }, ttl);
      stored.delete(recipient);
      stored.set(recipient, isStored ? known : { id, refreshAt: now() + (ttl * 1_000) / 2 });
      const [oldest] = stored.keys();
      if (stored.size > mostKnown && oldest !== undefined) stored.delete(oldest);
    },
    async find(recipient) {
      if (isChannelId(recipient)) return recipient;
      const known = stored.get(recipient)?.id ?? (await state.get(keyOf(recipient)))?.id;
      return typeof known === 'string' && isChannelId(known) ? known : undefined;
    },
  };
}

/** Of a channel, a private one or a direct message; names of channels have no capital letters. */
function isChannelId(text: string): boolean {
  return /^[CDG][A-Z0-9_-]+$/.test(text);
}
