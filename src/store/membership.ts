/**
 * The living processes that share a store. One of them leads: it watches Applications and decides what is to be
 * notified; all of them send. Leading is a matter of the store alone, with the store's clock: while it is away nobody
 * else can begin to lead, and what a process that led before still writes is fenced off by the term of its successor.
 */
export interface Membership {
  /**
   * Says that this process lives for the next `ttl` milliseconds. Takes the lead, with a new term, where nobody holds
   * it, its holder has let its time pass, or this is the first beat of a process on its holder's host; whoever holds it
   * keeps it, with the same term.
   */
  beat(member: Member, ttl: number, isFirst: boolean): Promise<Lead>;
  /** Ends the membership, and the lead if it is held, so that another may lead at once. */
  leave(member: Member): Promise<void>;
  /** Who leads, for whoever looks in; undefined: nobody does. */
  leader(): Promise<Leader | undefined>;
}

export interface Leader {
  host: string;
  term: number;
}

export interface Member {
  /** Unique to this process. */
  id: string;
  /** The pod, or the machine: a process that starts there follows one that has ended there. */
  host: string;
}

/** Who leads, as the store says to one that beats. */
export interface Lead {
  isLeader: boolean;
  /** Of the leader. */
  term: number;
  /** Living processes, this one included. */
  members: number;
}
