import { stringify } from 'node:querystring';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Dispatcher, request } from 'undici';
import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../model.ts';
import { type Departure, departing } from '../../net/departure.ts';
import { withTimeLimit } from '../../net/time-limit.ts';
import { retryAfterOf } from '../http.ts';
import { defaultRetryAfter, HttpRefusal, RateLimited, Refusal, Unreadable } from './errors.ts';
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

/**
 * One attempt a call: no retries, no redirects and no queue. A 429 pauses nothing but the message that met it, and one
 * without a valid Retry-After waits the default.
 */
export function createSlackCall(
  { token, apiURL }: Pick<SlackOptions, 'token' | 'apiURL'>,
  deps: { dispatcher: Dispatcher; timeout: number; now: () => number },
): SlackCall {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/x-www-form-urlencoded',
    'accept-encoding': 'gzip',
    'user-agent': 'herald',
  };

  async function call(
    method: string,
    form: Readonly<Record<string, string>>,
    signal: AbortSignal,
    departure: Departure | undefined,
  ): Promise<SlackAnswer> {
    const received = await request(`${apiURL}${method}`, {
      method: 'POST',
      headers,
      body: stringify(form),
      dispatcher: departure ? deps.dispatcher.compose(departing(departure)) : deps.dispatcher,
      signal,
    });
    const { statusCode: status, body } = received;
    const retryAfter = retryAfterOf(headerOf(received, 'retry-after'), deps.now());
    // Slack says everything else with 200.
    if (status !== 200) {
      await body.dump();
      if (status === 429) throw new RateLimited(retryAfter ?? defaultRetryAfter);
      throw new HttpRefusal(status, retryAfter);
    }
    const answer = parsed(await textOf(received));
    if (answer.ok !== true) throw new Refusal(answer, retryAfter);
    return answer;
  }

  return (method, form, outer, departure) =>
    withTimeLimit(deps.timeout, outer, (signal) => call(method, form, signal, departure));
}

function parsed(text: string): JsonObject {
  let answer: Json;
  try {
    answer = JSON.parse(text) as Json;
  } catch (error) {
    throw new Unreadable({ cause: error });
  }
  if (!isObject(answer)) throw new Unreadable();
  return answer;
}

/** Characters of an answer: a page of a channel's history has some hundred kilobytes. */
const longestAnswer = 16 * 1024 * 1024;

/** As text, which may be a thousand times as long as what came over the wire. */
async function textOf(received: Dispatcher.ResponseData): Promise<string> {
  const isPacked = headerOf(received, 'content-encoding') === 'gzip';
  const { body } = received;
  if (!isPacked && Number(headerOf(received, 'content-length')) <= longestAnswer) return await body.text();
  // What breaks off on the way ends the unpacking, too.
  const stream: Readable = isPacked ? pipeline(body, createGunzip(), () => undefined) : body;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop ends the connection.
    if (text.length > longestAnswer) throw new Error(`an answer of more than ${longestAnswer} characters`);
  }
  return text + decoder.decode();
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
