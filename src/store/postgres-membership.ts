import { withDeadline } from './deadline.ts';
import type { Membership } from './membership.ts';
import type { PostgresStore } from './store.ts';

/** Membership in PostgreSQL; the functions are in schema.ts. */
export function createPostgresMembership(
  { pool, clock }: PostgresStore,
  { deadline }: { deadline: number },
): Membership {
  return {
    async beat({ id, host }, ttl, isFirst) {
      const beaten = pool.query<{ leads: boolean; term: string; members: number }>(
        'SELECT leads, term, members FROM herald.beat($1, $2, $3, $4)',
        [id, host, Math.trunc(ttl), isFirst],
      );
      const { rows } = await withDeadline(beaten, deadline, 'Saying that this process lives', clock);
      const [row] = rows;
      if (!row) throw new Error('herald.beat answers one row');
      return { isLeader: row.leads, term: Number(row.term), members: row.members };
    },
    async leave({ id }) {
      await withDeadline(pool.query('SELECT herald.leave($1)', [id]), deadline, 'Leaving', clock);
    },
    async leader() {
      const asking = pool.query<{ host: string; term: string }>(
        "SELECT host, term FROM herald.lead WHERE member <> '' AND expires_at >= clock_timestamp()",
      );
      const { rows } = await withDeadline(asking, deadline, 'Asking who leads', clock);
      const [row] = rows;
      return row && { host: row.host, term: Number(row.term) };
    },
  };
}
