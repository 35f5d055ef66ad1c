import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { AttemptMark, Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { Delivery } from '../model.ts';
import { createDeparture } from './departure.ts';
import { type JobResult, notBefore } from './queue.ts';

/** An attempt that may be made: its mark, and that of an earlier one that may have arrived. */
export interface Begun {
  delivery: Delivery;
  mark: AttemptMark;
  departure: ReturnType<typeof createDeparture>;
  earlier?: AttemptMark;
}

/** What becomes of the job where no attempt may be made now. */
export interface NotBegun {
  result: JobResult;
}

/** The marks of attempts in the ledger: of however many processes that have the same job, one makes the attempt. */
export interface Marks {
  /** Marks the attempt. */
  begin(id: string): Promise<Begun | NotBegun>;
  /** Marks anew an attempt that has not sent anything after a second, so that it has its time to send. */
  renew(begun: Begun): Promise<Begun | NotBegun>;
  /** The attempt was not made: what was marked before stands again, or nothing. */
  withdraw(begun: Begun): Promise<void>;
  /** The attempt was made in vain; `unclear`: or with a message that may still be on its way. */
  release(begun: Begun, unclear: boolean): Promise<void>;
}

/**
 * What an attempt has sent may still be on its way for so long after it has failed without a clear answer: also the
 * time before the end of its mark in which nothing leaves any more.
 */
const settling = 2_000;

/** Milliseconds after which an attempt that has not sent yet is marked anew. */
const renewAfter = 1_000;

const done: NotBegun = { result: { status: 'done' } };

/** `attemptTimeout`: milliseconds for one attempt, until what it has sent has arrived. */
export function createMarks(
  { ledger, clock, log }: { ledger: Pick<Ledger, 'begin' | 'abandon'>; clock: Clock; log: Logger },
  { attemptTimeout }: { attemptTimeout: number },
): Marks {
  /** To be made before its mark is written. */
  function departureOf(id: string, mark: AttemptMark): Begun['departure'] {
    const isOurs = async () => (await ledger.begin(id, mark, mark)).status === 'begun';
    return createDeparture({ mark, settling, isOurs, now: clock.now });
  }

  /** Where this fails the mark stands until its time is over, and then the service is asked. */
  async function noted(id: string, write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      log.warn({ delivery: id, err: error }, 'Could not note how an attempt ended');
    }
  }

  return {
    async begin(id) {
      const now = clock.now();
      const mark: AttemptMark = { since: now, until: now + attemptTimeout, by: randomUUID() };
      const departure = departureOf(id, mark);
      const first = await ledger.begin(id, mark);
      if (first.status === 'begun') return { delivery: first.delivery, mark, departure };
      // One that is behind others is queued when its turn comes.
      if (first.status !== 'unclear') return done;
      const { earlier } = first;
      // One that is further ahead than any attempt lasts was made before the clock was set back.
      const isUnderWay = earlier.until > now && earlier.until <= now + 2 * attemptTimeout;
      if (isUnderWay) return { result: notBefore(earlier.until) };
      const second = { ...mark, since: earlier.since };
      const again = departureOf(id, second);
      const { status } = await ledger.begin(id, second, earlier);
      if (status === 'begun') return { delivery: first.delivery, mark: second, departure: again, earlier };
      // Another process was quicker.
      return status === 'unclear' ? { result: notBefore(second.until) } : done;
    },
    async renew(begun) {
      const { mark, delivery } = begun;
      const now = clock.now();
      if (now <= mark.until - attemptTimeout + renewAfter) return begun;
      const renewed = { ...mark, until: now + attemptTimeout };
      const departure = departureOf(delivery.id, renewed);
      const { status } = await ledger.begin(delivery.id, renewed, mark);
      if (status === 'begun') return { ...begun, mark: renewed, departure };
      // Another process has taken it over.
      return status === 'unclear' ? { result: notBefore(renewed.until) } : done;
    },
    withdraw({ delivery: { id }, mark, earlier }) {
      return noted(id, () => (earlier ? ledger.begin(id, earlier, mark) : ledger.abandon(id, mark)));
    },
    async release({ delivery: { id }, mark }, unclear) {
      if (!unclear) return noted(id, () => ledger.abandon(id, mark));
      const until = clock.now() + settling;
      if (until < mark.until) await noted(id, () => ledger.begin(id, { ...mark, until }, mark));
    },
  };
}
