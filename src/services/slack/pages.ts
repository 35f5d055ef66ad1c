import { z } from 'zod';
import type { SlackAnswer, SlackCall } from './client.ts';

/** Slack answered something else than its documentation says. */
export class UnreadablePage extends Error {}

/** So far a search goes; what lies beyond stays unknown. */
const mostPages = 10;

const Paging = z.object({
  has_more: z.boolean().optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).nullish(),
});

/**
 * Reads the pages of a method with cursors until `pick` finds something. `complete` says whether all were read.
 * Throws what `failureOf` understands, and UnreadablePage.
 */
export async function searchPages<T>(
  call: SlackCall,
  request: { method: string; form: Readonly<Record<string, string>>; signal: AbortSignal },
  pick: (page: SlackAnswer) => T | undefined,
): Promise<{ found?: T; complete: boolean }> {
  let cursor = '';
  for (let page = 0; page < mostPages; page += 1) {
    const form = cursor === '' ? request.form : { ...request.form, cursor };
    const answer = await call(request.method, form, request.signal);
    const found = pick(answer);
    if (found !== undefined) return { found, complete: true };
    const paging = parsePage(Paging, answer);
    cursor = paging.response_metadata?.next_cursor ?? '';
    if (cursor === '') return { complete: paging.has_more !== true };
  }
  return { complete: false };
}

export function parsePage<T>(schema: z.ZodType<T>, answer: SlackAnswer): T {
  const { data, error } = schema.safeParse(answer);
  if (data === undefined)
    throw new UnreadablePage('an answer of Slack is not as documented', { cause: error });
  return data;
}
