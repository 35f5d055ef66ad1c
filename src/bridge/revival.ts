import { type Clock, pause } from '../clock.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import type { ConfigurationMemory } from '../configurations/configuration-memory.ts';
import type { ConfigChange } from '../configurations/configurations.ts';
import { reviveParked } from '../delivery/revive.ts';
import type { Logger } from '../log.ts';
import type { Opening } from './opening.ts';

interface Deps {
  opened: Promise<Pick<Awaited<Opening['opened']>, 'ledger' | 'queue'>>;
  /** Which configuration parked deliveries were tried with last, by whatever process. */
  memory: ConfigurationMemory;
  signal: AbortSignal;
  clock: Clock;
  log: Logger;
}

interface Options {
  /** Milliseconds after which what was parked is news no more. */
  maxAge: number;
  /** Milliseconds after which an attempt that was under way at the change is over. */
  attempts: number;
}

/**
 * Tries parked deliveries again after a change of the configuration that may have ended the reason: at once, and once
 * more for what another attempt was under way with. Never rejects.
 */
export function createRevival(
  { opened, memory, signal, clock, log }: Deps,
  { maxAge, attempts }: Options,
): (snapshot: ConfigSnapshot, change: ConfigChange) => Promise<void> {
  return async (snapshot, change) => {
    try {
      const { ledger, queue } = await opened;
      // At the start everything is new to this process; another may have tried with it before.
      if (!(await memory.isNew(snapshot))) return;
      await reviveParked({ ledger, queue, log }, change, clock.now() - maxAge);
      await memory.remember(snapshot);
      await pause(clock, attempts, signal);
      if (signal.aborted) return;
      await reviveParked({ ledger, queue, log }, change, clock.now() - maxAge);
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'Could not try parked deliveries again');
    }
  };
}
