import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Dispatcher, request } from 'undici';
import { isObject } from '../../json.ts';
import type { Json } from '../../model.ts';
import { type Departure, departing } from '../../net/departure.ts';
import { withTimeLimit } from '../../net/time-limit.ts';
import { retryAfterOf } from '../http.ts';
import { defaultRetryAfter, NotSlack, RateLimited, Refused } from './errors.ts';
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
 * One attempt a call, and no queue of the client's own: a 429 never pauses other channels. Slack's client library takes
 * neither a signal nor a dispatcher, and writes each request three times for a log that nobody reads.
 */
export function createSlackCall(
  { token, apiURL }: Pick<SlackOptions, 'token' | 'apiURL'>,
  deps: { dispatcher: Dispatcher; timeout: number; now: () => number },
): SlackCall {
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'gzip',
    authorization: `Bearer ${token}`,
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'herald',
  };

  async function call(
    ...[method, form, signal, departure]: Parameters<SlackCall>
  ): Promise<SlackAnswer> {
    const dispatcher = departure ? deps.dispatcher.compose(departing(departure)) : deps.dispatcher;
    const received = await request(`${apiURL}${method}`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(form).toString(),
      dispatcher,
      signal,
    });
    const { statusCode } = received;
    const retryAfter = retryAfterOf(headerOf(received, 'retry-after'), deps.now());
    if (statusCode === 200) return answerOf(await textOf(received), retryAfter);
    await received.body.dump();
    if (statusCode === 429) throw new RateLimited(retryAfter ?? defaultRetryAfter);
    throw new NotSlack(statusCode, retryAfter);
  }

  return (method, form, outer, departure) =>
    withTimeLimit(deps.timeout, outer, (signal) => call(method, form, signal, departure));
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
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

function answerOf(text: string, retryAfter: number | undefined): SlackAnswer {
  const answer = parsed(text);
  if (isObject(answer) && answer.ok === true) return answer as SlackAnswer;
  throw new Refused(isObject(answer) ? answer : {}, retryAfter);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
