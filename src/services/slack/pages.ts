import { z } from 'zod';
import type { SlackAnswer } from './client.ts';

/** Slack answered something else than its documentation says. */
export class UnreadablePage extends Error {}

const Paging = z.object({
  has_more: z.boolean().optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).nullish(),
});

/** Where a method with cursors goes on after an answer. Throws UnreadablePage. */
export function nextPage(answer: SlackAnswer): { cursor: string; hasMore: boolean } {
  const paging = parsePage(Paging, answer);
  const cursor = paging.response_metadata?.next_cursor ?? '';
  return { cursor, hasMore: cursor !== '' || paging.has_more === true };
}

export function parsePage<T>(schema: z.ZodType<T>, answer: SlackAnswer): T {
  const { data, error } = schema.safeParse(answer);
  if (data === undefined)
    throw new UnreadablePage('an answer of Slack is not as documented', { cause: error });
  return data;
}
