import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type FetchFunction, LogLevel, WebClient } from '@slack/web-api';
import { type Dispatcher, request } from 'undici';
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
  /** Those that make no call now. */
  const idle: Caller[] = [];

  function createCaller(): Caller {
    // Not fetch: what it wraps around each request and answer costs more than both.
    const fetch: FetchFunction = async (url, init) => {
      const { signal, departure } = caller.call ?? {};
      const dispatcher = departure ? deps.dispatcher.compose(departing(departure)) : deps.dispatcher;
      const received = await request(url as string, {
        method: 'POST',
        headers: { ...(init?.headers as Record<string, string>), 'accept-encoding': 'gzip' },
        body: init?.body as string,
        dispatcher,
        ...(signal ? { signal } : {}),
      });
      if (received.statusCode !== 429) return answerOf(received, await textOf(received));
      await received.body.dump();
      const retryAfter = textOfHeader(received.headers['retry-after']);
      throw new RateLimited(retryAfterOf(retryAfter, deps.now()) ?? defaultRetryAfter);
    };
    const client = new WebClient(options.token, {
      slackApiUrl: options.apiURL,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: noLog,
      fetch,
    });
    const caller: Caller = { client };
    return caller;
  }

  async function make(call: Call, method: string, form: Record<string, string>): Promise<SlackAnswer> {
    const caller = idle.pop() ?? createCaller();
    caller.call = call;
    try {
      return (await caller.client.apiCall(method, form)) as SlackAnswer;
    } finally {
      delete caller.call;
      idle.push(caller);
    }
  }

  return (method, form, outer, departure) =>
    withTimeLimit(deps.timeout, outer, (signal) =>
      make({ signal, ...(departure ? { departure } : {}) }, method, form),
    );
}

interface Call {
  signal: AbortSignal;
  departure?: Departure;
}

/** A client, which takes no signal with a call: so it makes one at a time. Making a client costs a tenth of a millisecond. */
interface Caller {
  client: WebClient;
  call?: Call;
}

/** Characters of an answer: a page of a channel's history has some hundred kilobytes. */
const longestAnswer = 16 * 1024 * 1024;

/** As text, which may be a thousand times as long as what came over the wire. */
async function textOf({ headers, body }: Dispatcher.ResponseData): Promise<string> {
  // What breaks off on the way ends the unpacking, too.
  const stream: Readable =
    headers['content-encoding'] === 'gzip' ? pipeline(body, createGunzip(), () => undefined) : body;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop ends the connection.
    if (text.length > longestAnswer) throw new Error(`an answer of more than ${longestAnswer} characters`);
  }
  return text + decoder.decode();
}

/**
 * What the client reads of a Response. The global `Headers` would bring Node's own copy of undici with it, before the
 * first message.
 */
function answerOf(
  { statusCode: status, statusText, headers }: Dispatcher.ResponseData,
  text: string,
): Awaited<ReturnType<FetchFunction>> {
  const read = {
    status,
    statusText,
    headers: {
      get: (name: string) => textOfHeader(headers[name]),
      entries: () => Object.entries(headers).map(([name, value]) => [name, textOfHeader(value)]),
    },
    url: '',
    text: async () => text,
  };
  return read as unknown as Awaited<ReturnType<FetchFunction>>;
}

/** One that was sent several times is read as one, as Headers do it. */
function textOfHeader(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}
