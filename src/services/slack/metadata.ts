import type { Logger } from '../../log.ts';
import type { ServiceState } from '../service.ts';
import type { Failure } from './errors.ts';
import type { Form } from './message.ts';

/** The delivery id as message metadata of Slack, which takes no scope: by it a message is found again. */
export interface Metadata {
  /** The field of the form; none where it is switched off, or Slack refuses it. */
  fields(deliveryId: string): Form;
  /** Slack refused the field, as it does of a user's token. */
  refused(failure: Failure): Promise<void>;
  /** Why messages may stand there without; undefined where all have it. Throws what the state throws. */
  missing(): Promise<string | undefined>;
}

interface Deps {
  name: string;
  state: ServiceState;
  log: Logger;
  now(): number;
  enabled: boolean;
}

const event = 'herald_delivery';
/** Milliseconds until it is tried again: the token may be another one. */
const tryAgainAfter = 86_400_000;
/** Seconds: longer than any delivery is retried. */
const notedFor = 7 * 86_400;

export function createMetadata({ name, state, log, now, enabled }: Deps): Metadata {
  const key = `slack/${name}/without-metadata`;
  let refusedUntil = 0;
  return {
    fields(deliveryId) {
      if (!enabled || now() < refusedUntil) return {};
      return { metadata: JSON.stringify({ event_type: event, event_payload: { delivery: deliveryId } }) };
    },
    async refused({ reason }) {
      if (now() < refusedUntil) return;
      refusedUntil = now() + tryAgainAfter;
      log.warn({ service: name, reason }, 'Slack refuses message metadata');
      // A restart forgets it, but not the messages that went out since.
      await state.set(key, { refused: true }, notedFor);
    },
    async missing() {
      if (!enabled) return 'metadata_off';
      const isRefused = now() < refusedUntil || (await state.get(key)) !== undefined;
      return isRefused ? 'metadata_refused' : undefined;
    },
  };
}

/** The delivery id that `metadata` of a message carries, as Slack's history gives it. */
export function deliveryIdOf(metadata: { event_type: string; event_payload: Record<string, unknown> }) {
  return metadata.event_type === event ? metadata.event_payload.delivery : undefined;
}
