import { orAborted } from '../aborted.ts';
import { isObject } from '../json.ts';
import type { Json } from '../model.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { type Asked, callFailure, createApi, type Failure, type Refusal, unreadable } from './api.ts';
import { cutText, utf8Bytes } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import { createCredentials } from './gcppubsub/credentials.ts';
import { serviceAccountKeyIn } from './gcppubsub/service-account-key.ts';
import { type gcppubsub, topicOf } from './gcppubsub-schema.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import { createScrub } from './secrets.ts';
import type { SendContext } from './service.ts';

/** Bytes of a text: a request has at most 10 MB, and the text is a third longer in it. */
const longestText = 7_000_000;
/** Bytes of an attribute. */
const longestAttribute = 1_024;
/** Milliseconds until the message must be published; credentials that are not there by then are not waited for. */
const timeout = 8_000;
/** The same in every attempt of a delivery, for subscribers who want it once. */
const deliveryAttribute = 'herald-delivery-id';

/** A message on the topic that is the recipient, or else the option. Pub/Sub knows no message again. */
export const pubSubService: Implementation<OptionsOf<(typeof gcppubsub)['options']>> = (options, deps) => {
  const key = serviceAccountKeyIn(options.key);
  const scrubKey = createScrub([key?.key]);
  const api = createApi(
    { ...deps, scrub: (text) => scrubKey(deps.scrub(text)) },
    {
      noun: 'topic',
      judge: (answer) => (answer.status < 300 && !hasIds(answer) ? unreadable() : undefined),
      refusal,
      statuses: {
        401: { mend: 'Check the key' },
        403: { mend: 'Give the account the role Pub/Sub Publisher' },
      },
    },
  );
  const closing = new AbortController();
  const credentials = createCredentials({
    key,
    keyFile: options.keyFile,
    send: (request) => deps.http.send(request, closing.signal),
  });

  /** Where to publish, and who asks. */
  async function target(topic: string): Promise<{ url: string; headers: Record<string, string> }> {
    const path = `/v1/${topic}:publish`;
    const emulator = process.env.PUBSUB_EMULATOR_HOST;
    if (emulator) return { url: `http://${emulator}${path}`, headers: {} };
    const host = await credentials.hostOf('pubsub');
    return { url: `https://${host}${path}`, headers: await credentials.headers(`https://${host}/`) };
  }

  async function publish(topic: string, message: object, context: SendContext): Promise<Asked> {
    const until = deps.now() + timeout;
    try {
      const { url, headers } = await withTimeLimit(timeout, context.signal, async (signal) => {
        const work = target(topic);
        await orAborted(work, signal);
        signal.throwIfAborted();
        return work;
      });
      const request = {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ messages: [message] }),
        timeout: Math.max(1, until - deps.now()),
      };
      return await api.ask(request, context);
    } catch (error) {
      return { ok: false, failure: withoutCredentials(error, context.signal) };
    }
  }

  return {
    async send({ message, section }, recipient, context) {
      const topic = topicOf(options.project, recipient || options.topic);
      const reject = (reason: string, detail: string, scope: 'recipient' | 'service') =>
        api.outcome({ ok: false, failure: { kind: 'rejected', reason, detail, scope } }, recipient, context);
      if (topic === undefined) {
        const detail = 'was not called: neither the subscription nor the service names a topic. Set topic';
        return reject('invalid_recipient', detail, 'recipient');
      }
      if (key === undefined && deps.connection.addresses !== undefined) {
        const detail = 'was not called: a tenant publishes with a key of its own. Set key: $gcp-key';
        return reject('no_credentials', detail, 'service');
      }
      if (context.signal.aborted) {
        const failure = {
          kind: 'retry',
          reason: 'aborted',
          detail: 'was not called: the attempt was aborted',
        } as const;
        return api.outcome({ ok: false, failure }, recipient, context);
      }
      const body = {
        data: Buffer.from(cutText(message.toWellFormed(), longestText, utf8Bytes)).toString('base64'),
        attributes: { ...attributesOf(section?.['attributes']), [deliveryAttribute]: context.deliveryId },
      };
      return api.outcome(await publish(topic, body, context), recipient || options.topic, context);
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
};

function attributesOf(value: Json | undefined): Record<string, string> {
  const texts = Object.entries(isObject(value) ? value : {}).flatMap(([name, text]): [string, string][] =>
    typeof text === 'string' ? [[name, cutText(text.toWellFormed(), longestAttribute, utf8Bytes)]] : [],
  );
  return Object.fromEntries(texts);
}

function hasIds(answer: HttpAnswer): boolean {
  const json = answer.json();
  return isObject(json) && Array.isArray(json['messageIds']);
}

/** Google names what is missing: the right to one topic, or the API for the whole project. */
function refusal(answer: HttpAnswer): Refusal {
  const json = answer.json();
  const error = isObject(json) ? json['error'] : undefined;
  if (!isObject(error) || typeof error['message'] !== 'string') return {};
  const isOfTopic = error['status'] === 'PERMISSION_DENIED' && !answer.text.includes('SERVICE_DISABLED');
  return { text: error['message'], ...(isOfTopic && { scope: 'recipient' }) };
}

/** Why nobody was asked to publish: no file, a key that Google does not take, nobody who gives out tokens. */
function withoutCredentials(error: unknown, signal: AbortSignal): Failure {
  const { message, name } = error instanceof Error ? error : { message: String(error), name: '' };
  const what = `has published nothing, since there are no credentials: ${message}`;
  const status = (error as { status?: unknown } | undefined)?.status;
  if (
    !signal.aborted &&
    (isOfFile(error) || (typeof status === 'number' && status < 500 && status !== 429))
  ) {
    const detail = `${what}. Set key, or keyFile, or give Herald's ServiceAccount one of Google's`;
    return { kind: 'rejected', reason: 'no_credentials', detail, scope: 'service' };
  }
  if (!signal.aborted && name === 'TimeoutError') return { kind: 'retry', reason: 'timeout', detail: what };
  const failure = callFailure(error, signal);
  if (failure.kind === 'rejected') return failure;
  const detail = signal.aborted ? failure.detail : what;
  return { kind: 'retry', reason: failure.reason, detail };
}

/** It is not there, is no JSON, or holds a key that is none: nothing was asked. */
function isOfFile(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(?:ENOENT|EACCES|EISDIR|ERR_OSSL|ERR_CRYPTO)/.test(code) ||
    error instanceof SyntaxError ||
    /^The (?:incoming JSON|file)/.test(error.message)
  );
}
