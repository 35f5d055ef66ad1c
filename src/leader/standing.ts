import { type Clock, pause } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import { settledWithin } from '../store/deadline.ts';
import type { Member, Membership } from '../store/membership.ts';

/** What a process does while it leads. */
export interface Term {
  /** Why it cannot go on, once it cannot; until then it never settles. */
  readonly over: Promise<string>;
  /** Ends it, within `deadline` milliseconds. */
  stop(deadline: number): Promise<void>;
}

/**
 * The part of a process among the replicas that share a store: it says that it lives, and begins and ends terms as it
 * comes to lead and ceases to. While the store does not answer, everything stays as it is: nobody else can begin.
 */
export interface Standing {
  /** Runs until `stop`. */
  start(): void;
  isLeader(): boolean;
  /** Whether the store has said who leads. */
  isKnown(): boolean;
  /** Processes that share the store, as far as is known; at least 1. */
  members(): number;
  /** Ends the term, then leaves, so that another may lead at once. */
  stop(deadline: number): Promise<void>;
}

interface Deps {
  membership: Pick<Membership, 'beat' | 'leave'>;
  member: Member;
  begin(term: number): Promise<Term>;
  /** Another process leads: told after a term, and before the first. */
  standBy(): Promise<void>;
  metrics: Pick<Metrics, 'setReplicas'>;
  log: Logger;
  clock: Clock;
}

interface Options {
  /** Milliseconds without a sign of life after which another process may lead. @defaultValue 6000 */
  ttl?: number;
  /** Milliseconds between signs of life. @defaultValue 1500 */
  interval?: number;
}

/** Of the time to stop, for the term. */
const termPart = 0.8;
/** Milliseconds for a term that is over: nothing of it will be written. */
const overDeadline = 5_000;

export function createStanding(deps: Deps, { ttl = 6_000, interval = 1_500 }: Options = {}): Standing {
  const { membership, member, metrics, log, clock } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;
  let current: { number: number; term: Term } | undefined;
  let members = 1;
  let isFirst = true;
  let failing = false;
  /** What a term can no more be sure of, the next one takes from the ledger, under another number. */
  let over: { number: number; reason: string } | undefined;

  async function end(reason: string): Promise<void> {
    const ended = current;
    current = undefined;
    if (!ended) return;
    log.warn({ term: ended.number, reason }, 'Does not lead any more');
    await ended.term.stop(overDeadline);
    await deps.standBy();
  }

  async function beat(): Promise<void> {
    if (over) {
      if (current?.number === over.number) await end(over.reason);
      await membership.leave(member);
      over = undefined;
    }
    const standing = await membership.beat(member, ttl, isFirst);
    if (isFirst && !standing.isLeader) await deps.standBy();
    isFirst = false;
    members = Math.max(1, standing.members);
    if (current && !(standing.isLeader && standing.term === current.number))
      await end('another process leads');
    if (standing.isLeader && !current && !signal.aborted) {
      log.info({ term: standing.term, members }, 'Leads');
      current = { number: standing.term, term: await deps.begin(standing.term) };
      void current.term.over.then((reason) => {
        over = { number: standing.term, reason };
      });
    } else if (!standing.isLeader && !current) {
      log.debug({ term: standing.term, members }, 'Stands by');
    }
    metrics.setReplicas({ members, isLeader: current !== undefined });
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await beat();
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted)
          log.warn({ err: error }, 'Store does not answer: the lead stays as it is');
        failing = true;
      }
      await pause(clock, interval, signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    isLeader: () => current !== undefined,
    isKnown: () => !isFirst,
    members: () => members,
    async stop(deadline) {
      stopping.abort();
      await current?.term.stop(deadline * termPart);
      current = undefined;
      const leaving = Promise.resolve(running).then(() => membership.leave(member));
      if (await settledWithin(leaving, deadline * (1 - termPart), clock)) await leaving;
    },
  };
}
