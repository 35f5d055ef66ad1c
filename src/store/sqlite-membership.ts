import type { Membership } from './membership.ts';
import type { SqliteStore } from './store.ts';

interface Lead {
  term: number;
  member: string;
  host: string;
}

/**
 * Membership in the embedded store, which one process at a time has open: a new process leads at once, and nobody's
 * time runs out.
 */
export function createSqliteMembership(store: SqliteStore): Membership {
  const read = store.prepare('SELECT term, member, host FROM lead');
  const update = store.prepare('UPDATE lead SET term = ?, member = ?, host = ?');
  const current = () => read.get() as unknown as Lead;

  return {
    async beat({ id, host }, _ttl, isFirst) {
      const lead = await store.read(current);
      if (lead.member === id) return { isLeader: true, term: lead.term, members: 1 };
      if (!isFirst && lead.member !== '') return { isLeader: false, term: lead.term, members: 1 };
      return store.write(() => {
        const term = current().term + 1;
        update.run(term, id, host);
        return { isLeader: true, term, members: 1 };
      });
    },
    async leave({ id }) {
      await store.write(() => {
        const { term, member, host } = current();
        if (member === id) update.run(term, '', host);
      });
    },
    async leader() {
      const { term, member, host } = await store.read(current);
      // A process that was killed has not left: whether one has the directory open says its lock.
      const isOver = store.owner !== undefined && store.owner() === undefined;
      return member === '' || isOver ? undefined : { term, host };
    },
  };
}
