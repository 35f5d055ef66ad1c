import { z } from 'zod';
import type { HttpClient } from '../http.ts';
import type { SlackOptions } from './schema.ts';

/** What Slack says of a token. */
export type InspectedToken =
  | { ok: true; team: string; user: string; scopes: string[] }
  /** `error`: Slack's word, such as `invalid_auth`; or that it does not answer. */
  | { ok: false; error: string };

export interface InspectedChannel {
  id: string;
  name: string;
  isArchived: boolean;
  isMember: boolean;
}

const AuthTest = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  team: z.string().optional(),
  user: z.string().optional(),
});

const ConversationsList = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  channels: z
    .array(
      z.object({
        id: z.string(),
        name: z.string().optional(),
        is_archived: z.boolean().optional(),
        is_member: z.boolean().optional(),
      }),
    )
    .optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).nullish(),
});

type Asked = Pick<SlackOptions, 'token' | 'apiURL'>;

/** Workspaces with more channels are not looked through. */
const mostPages = 20;
/** Milliseconds. */
const patience = 10_000;

/** Asks `auth.test`, which needs no scope, and reads the scopes beside the answer. Sends nothing to anybody. */
export async function inspectToken(http: HttpClient, options: Asked): Promise<InspectedToken> {
  try {
    const answer = await call(http, options, 'auth.test', {});
    const parsed = AuthTest.safeParse(answer.json());
    if (!parsed.success) return { ok: false, error: `HTTP ${answer.status}, and no answer of Slack's API` };
    const { ok, error, team = '', user = '' } = parsed.data;
    if (!ok) return { ok: false, error: error ?? 'unknown_error' };
    const scopes = (answer.header('x-oauth-scopes') ?? '').split(',').map((scope) => scope.trim());
    return { ok: true, team, user, scopes: scopes.filter((scope) => scope !== '') };
  } catch (error) {
    return { ok: false, error: `no answer: ${(error as Error).message}` };
  }
}

/** The channels of these types that the app can see; undefined where there are too many, or it may not list them. */
export async function listChannels(
  http: HttpClient,
  options: Asked,
  types: readonly ('public_channel' | 'private_channel')[],
): Promise<InspectedChannel[] | undefined> {
  if (types.length === 0) return undefined;
  const channels: InspectedChannel[] = [];
  let cursor = '';
  try {
    for (let page = 0; page < mostPages; page += 1) {
      const answer = await call(http, options, 'conversations.list', {
        types: types.join(','),
        limit: '999',
        ...(cursor === '' ? {} : { cursor }),
      });
      const parsed = ConversationsList.safeParse(answer.json());
      if (!parsed.success || !parsed.data.ok) return undefined;
      for (const { id, name = '', is_archived: isArchived = false, is_member: isMember = false } of parsed
        .data.channels ?? [])
        channels.push({ id, name, isArchived, isMember });
      cursor = parsed.data.response_metadata?.next_cursor ?? '';
      if (cursor === '') return channels;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

function call(
  http: HttpClient,
  { apiURL, token }: Asked,
  method: string,
  form: Record<string, string>,
): ReturnType<HttpClient['send']> {
  return http.send(
    {
      method: 'POST',
      url: new URL(method, apiURL.endsWith('/') ? apiURL : `${apiURL}/`).href,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
      timeout: patience,
    },
    new AbortController().signal,
  );
}
