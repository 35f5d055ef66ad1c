import { type FetchFunction, LogLevel, WebClient } from '@slack/web-api';
import { type Dispatcher, Response, fetch as undiciFetch } from 'undici';
import { type Departure, departing } from '../../net/departure.ts';
import { withTimeLimit } from '../../net/time-limit.ts';
import { retryAfterOf } from '../http.ts';
import { defaultRetryAfter, RateLimited } from './errors.ts';
import type { SlackOptions } from './schema.ts';

/** Posts the fields of a form to a method of Slack's Web API. Throws what `failureOf` understands. */
export type SlackCall = (
  method: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
  departure?: Departure,
) => Promise<SlackAnswer>;

/** What is read of answers. Lists of messages and of channels are checked where they are read. */
export interface SlackAnswer {
  ts?: string;
  channel?: string;
  message?: unknown;
  user?: { id?: unknown };
  messages?: unknown;
  channels?: unknown;
  usergroups?: unknown;
  response_metadata?: unknown;
}

const silent = () => {};
/** The client's own log would repeat what outcomes say, and with request bodies. */
const noLog = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  setLevel: silent,
  setName: silent,
  getLevel: () => LogLevel.ERROR,
};

/**
 * One attempt a call: no retries and no queue of the client's own. A 429 never pauses other channels, and one
 * without a valid Retry-After, which the client answers with an untyped error, waits the default.
 */
export function createSlackCall(
  options: Pick<SlackOptions, 'token' | 'apiURL'>,
  deps: { dispatcher: Dispatcher; timeout: number; now: () => number },
): SlackCall {
  const call = async (
    method: string,
    form: Record<string, string>,
    signal: AbortSignal,
    departure: Departure | undefined,
  ) => {
    const dispatcher = departure ? deps.dispatcher.compose(departing(departure)) : deps.dispatcher;
    const fetch: FetchFunction = async (url, init) => {
      const response = await undiciFetch(url, {
        ...(init as Parameters<typeof undiciFetch>[1]),
        dispatcher,
        signal,
      });
      if (response.status !== 429) {
        const { status, statusText } = response;
        // Not the global one, which is of a second copy of undici: 13 MiB.
        return new Response(await textOf(response.body), {
          status,
          statusText,
          headers: [...response.headers],
        }) as unknown as Awaited<ReturnType<FetchFunction>>;
      }
      await response.body?.cancel();
      throw new RateLimited(
        retryAfterOf(response.headers.get('retry-after'), deps.now()) ?? defaultRetryAfter,
      );
    };
    // A client for each call, because it takes no signal; making one costs a tenth of a millisecond.
    const client = new WebClient(options.token, {
      slackApiUrl: options.apiURL,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: noLog,
      fetch,
    });
    return client.apiCall(method, form) as Promise<SlackAnswer>;
  };
  return (method, form, outer, departure) =>
    withTimeLimit(deps.timeout, outer, (signal) => call(method, form, signal, departure));
}

/** Characters of an answer: a page of a channel's history has some hundred kilobytes. */
const longestAnswer = 16 * 1024 * 1024;

/** As text, which may be a thousand times as long as what came over the wire. */
async function textOf(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop cancels the body.
    if (text.length > longestAnswer) throw new Error(`an answer of more than ${longestAnswer} characters`);
  }
  return text + decoder.decode();
}
