import type { Membership } from './membership.ts';
import type { PostgresStore } from './store.ts';

export function createPostgresMembership(_store: PostgresStore, _options: { deadline: number }): Membership {
  throw new Error('later');
}
