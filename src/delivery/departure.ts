import type { AttemptMark } from '../ledger/ledger.ts';
import type { Departure } from '../net/departure.ts';

interface Options {
  mark: AttemptMark;
  /** Milliseconds before the mark is over, in which what has left may arrive: nothing leaves in them. */
  settling: number;
  /** Whether the mark still stands, as the ledger has it. */
  isOurs(): Promise<boolean>;
  /** Unix milliseconds. */
  now(): number;
}

/** Milliseconds for which a mark that was seen to stand is not asked for again. */
const confirmedFor = 1_000;

/**
 * Until when requests of an attempt may leave, counted from its mark: a process that was stopped, or suspended with its
 * machine, must not send what another has taken over. Two clocks are asked, since each can stand still or be set.
 * To be made before the mark is written.
 */
export function createDeparture({ mark, settling, isOurs, now }: Options): Departure & { left(): number } {
  const begun = performance.now();
  const time = mark.until - settling - now();
  let confirmed = begun;
  const left = () => Math.max(0, Math.min(mark.until - settling - now(), time - (performance.now() - begun)));
  return {
    /** Milliseconds. */
    left,
    isOpen: () => left() > 0,
    async confirm() {
      if (performance.now() - confirmed < confirmedFor) return true;
      const asked = performance.now();
      const isStanding = await isOurs();
      if (isStanding) confirmed = asked;
      return isStanding;
    },
  };
}
